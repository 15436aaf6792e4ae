import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { runnerImport } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const load = async (path) => (await runnerImport(`${root}src/lib/${path}`, { configFile: false, logLevel: 'error', resolve: { alias: { $lib: `${root}src/lib` } } })).module

const { parseDecimal, formatDecimal, mulDiv } = await load('decimal.ts')
const { scannedNumber } = await load('keys.ts')
const { uuid7 } = await load('uuid7.ts')
const { following, isAfter } = await load('receipts.ts')
const { pathOf } = await load('form/pointer.ts')
const { withDefaults } = await load('form/defaults.ts')
const { readJson } = await load('json.ts')
const { placed, readTime } = await load('messages.ts')
const { EXAMPLES, gatewayOf, mailOf, typedGateway, typedMail } = await load('../hq/messages/channel.ts')
const template = await load('../hq/contracts/template/template.ts')
const { toggled, withSteps } = await load('../hq/approvals/rules.ts')
const { read: readWindow, written: windowOf } = await load('../hq/campaigns/window.ts')
const { grouped, SAMPLE, standing, ticked } = await load('../hq/webhooks/webhook.ts')
const { blankRebate, percent, rebateBody, typedRebate, usualDays } = await load('../hq/contracts/rebates/rebate.ts')
const ladder = await load('../hq/ladder.ts')
const { blankLine, isBlank, lineTotal, sumOf } = await load('../hq/contracts/sums.ts')

test('a step of a ladder asks for a threshold or for conditions', () => {
  const steps = [{ id: 'vip', threshold: 0 }, { id: 'silver', threshold: 500_000 }, { id: 'gold', threshold: 400_000 }]
  const wrong = () => steps.map((_, i) => ladder.outOfOrder(steps, i))
  assert.deepEqual(wrong(), [false, false, true])
  ladder.addCondition(steps[1], 6)
  const paid = { measure: 'paid', window: { kind: 'rolling_months', months: 6 }, threshold: 500_000 }
  assert.deepEqual([steps[1].threshold, steps[1].conditions], [0, { join: 'all', of: [paid] }])
  assert.deepEqual(wrong(), [false, false, false], 'what rises is for the server to say')
  ladder.addCondition(steps[1])
  assert.equal(steps[1].conditions.of[1].measure, 'visits', 'one that it doesn’t ask for yet')
  steps[1].conditions.of[1].window = ladder.windowOf('since_enrolment')
  assert.deepEqual(steps[1].conditions.of[1].window, { kind: 'since_enrolment' })
  ladder.removeCondition(steps[1], 1)
  ladder.removeCondition(steps[1], 0)
  assert.deepEqual([steps[1].threshold, steps[1].conditions], [500_000, null])
})

test('decimal text becomes integers exactly', () => {
  const cases = [
    ['12.5', 2, 1250],
    ['12', 2, 1200],
    ['.5', 2, 50],
    ['0.10', 2, 10],
    ['1,234.56', 2, 123456],
    ['90071992547409.91', 2, 9007199254740991],
    ['90071992547409.92', 2, null],
    ['１２。５０', 2, 1250],
    ['\u202d12.5\u202c', 2, 1250],
    ['0.356', 3, 356],
    ['1.250', 2, 125],
    ['1.255', 2, null],
    ['12,34', 2, null],
    ['-1', 2, null],
    ['1e3', 2, null],
    ['.', 2, null],
    ['', 2, null],
    ['19', 0, 19],
    ['19.5', 0, null],
  ]
  for (const [text, digits, units] of cases) assert.equal(parseDecimal(text, digits), units, text)
})

test('integers become decimal text', () => {
  assert.equal(formatDecimal(1250, 2), '12.50')
  assert.equal(formatDecimal(5, 2), '0.05')
  assert.equal(formatDecimal(-5, 2), '-0.05')
  assert.equal(formatDecimal(1_200_000, 6, true), '1.2')
  assert.equal(formatDecimal(7, 0), '7')
  assert.equal(mulDiv(9007199254740991, 3, 3), 9007199254740991)
})

test('d_con_1_lines_are_counted_while_they_are_typed', () => {
  const line = (quantity, unit_price, tax_ppm, tax_included) => ({ ...blankLine(), goods: '洗发水', unit: '箱', quantity, unit_price, tax_ppm, tax_included })
  const cases = [
    [12_000, 268_00, 130_000, false, [3_216_00, 418_08, 3_634_08]],
    [100_000, 113_00, 130_000, true, [10_000_00, 1_300_00, 11_300_00]],
    [1_000, 1_00, 130_000, true, [88, 12, 1_00]],
    [500, 1, 0, false, [1, 0, 1]],
    [499, 1, 0, false, [0, 0, 0]],
    [1_000, 5, 100_000, false, [5, 1, 6]],
    [1_333, 2_99, 60_000, false, [3_99, 24, 4_23]],
    [1_000, 1_00, 1_000_000, true, [50, 50, 1_00]],
  ]
  for (const [quantity, price, ppm, included, [amount, tax, total]] of cases) {
    assert.deepEqual(lineTotal(line(quantity, price, ppm, included)), { amount, tax, total }, `${quantity} × ${price}`)
  }
  assert.equal(lineTotal(line(null, 1, 0, true)), null)
  assert.equal(lineTotal(line(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0, true)), null)
  assert.deepEqual(sumOf([line(12_000, 268_00, 130_000, false), line(1_000, 1_00, 130_000, true), line(1_000, null, 0, true)]), { amount: 3_216_88, tax: 418_20, total: 3_635_08 })
  const next = blankLine(line(1_000, 1_00, 130_000, false))
  assert.deepEqual([next.tax_ppm, next.tax_included, isBlank(next)], [130_000, false, true])
})

test('d_con_5_a_rebate_is_sent_as_it_was_agreed_on', () => {
  const agreed = { terms: { period: 'quarter', grading: 'whole', tiers: [{ from: 1_000_00, rate_ppm: 20_000 }, { from: 3_000_00, rate_ppm: 50_000 }] }, tax_ppm: 130_000 }
  assert.deepEqual(rebateBody(typedRebate(agreed)), agreed)
  const { tax_ppm: _, ...gross } = agreed
  assert.deepEqual(rebateBody(typedRebate(gross)), gross)
  assert.deepEqual([typedRebate(null), rebateBody(null)], [null, null])
  assert.deepEqual(rebateBody({ ...blankRebate(), tiers: [{ from: 0, rate_ppm: null }, { from: null, rate_ppm: null }] }).terms.tiers, [{ from: 0, rate_ppm: 0 }], 'a row in which nothing was typed is left out')
  assert.deepEqual([percent(20_000), percent(12_500), percent(1_000_000)], ['2%', '1.25%', '100%'])
})

const clause = (zh, more = {}) => ({ body: { zh, en: `${zh}!` }, ...more })
const written = { title: { zh: '合同', en: 'Contract' }, clauses: [clause('{parties}'), clause('甲', { heading: { zh: '质量', en: 'Quality' }, when: 'elements.quality' }), clause('乙', { heading: { zh: '价款', en: 'Price' } })], annexes: [{ zh: '价格表', en: 'Prices' }] }

test('d_con_2_a_template_is_sent_as_it_is_typed_and_read_back', () => {
  const typed = template.typedTemplate(written)
  assert.deepEqual(template.templateBody(typed), written)
  assert.deepEqual(template.numbers(typed.clauses), [0, 1, 2])
  assert.equal(new Set([...typed.clauses, ...typed.annexes].map(({ key }) => key)).size, 4)
  typed.clauses[1].heading = { zh: ' ', en: '' }
  typed.clauses[1].when = ''
  assert.deepEqual(Object.keys(template.templateBody(typed).clauses[1]), ['body'], 'no heading, no condition')
  typed.clauses[2].heading.en = ''
  assert.deepEqual(template.templateBody(typed).clauses[2].heading, { zh: '价款', en: '' }, 'half a heading is told to the server')
})

test('d_con_2_a_placeholder_is_put_at_the_caret_and_a_block_into_a_line_of_its_own', () => {
  const cases = [
    ['总价为。', 3, 3, 'amount', '总价为{amount}。', 11],
    ['总价为多少。', 3, 5, 'amount', '总价为{amount}。', 11],
    ['', 0, 0, 'lines', '{lines}', 7],
    ['如下：', 3, 3, 'lines', '如下：\n{lines}', 11],
    ['如下：\n', 4, 4, 'lines', '如下：\n{lines}', 11],
    ['前后', 1, 1, 'rebate', '前\n{rebate}\n后', 11],
    ['前\n\n后', 2, 2, 'parties', '前\n{parties}\n后', 11],
  ]
  for (const [text, from, to, name, next, caret] of cases) assert.deepEqual(template.inserted(text, from, to, name), { text: next, caret }, `${text} ${name}`)
})

test('d_con_2_clauses_move_by_one_and_stay_at_the_ends', () => {
  const cases = [[0, 1, 'bac'], [2, -1, 'acb'], [0, -1, 'abc'], [2, 1, 'abc'], [5, -1, 'abc']]
  for (const [at, by, next] of cases) assert.equal(template.moved(['a', 'b', 'c'], at, by).join(''), next, `${at} ${by}`)
})

test('d_con_2_what_was_refused_is_told_where_its_clause_stands_now', () => {
  const typed = template.typedTemplate(written)
  const [first, second, third] = typed.clauses.map(({ key }) => key)
  const fault = (pointer) => ({ pointer: `/template${pointer}`, code: 'field_invalid', detail: pointer })
  const wrong = template.refused(['/title/en', '/clauses/2/body/zh', '/clauses/1/when', '/annexes/0/en'].map(fault), typed)
  typed.clauses = template.moved(typed.clauses, 2, -1)
  assert.deepEqual(template.wrongClauses(wrong), [second, third])
  assert.equal(template.faultIn(wrong, 'clauses', third, '/body/zh'), '/clauses/2/body/zh')
  assert.equal(template.faultIn(wrong, 'clauses', first, '/body/zh'), undefined)
  assert.equal(template.faultIn(wrong, 'clauses', -1, '/body/zh'), undefined, 'a clause added since')
  assert.equal(template.faultIn(wrong, 'annexes', typed.annexes[0].key, '/en'), '/annexes/0/en')
  assert.deepEqual([template.faultOf(wrong, '/title/en'), template.faultOf(wrong, '/clauses')], ['/title/en', undefined], 'of the list itself nothing is wrong')
})

test('d_con_2_a_model_brings_only_the_fields_that_a_type_lacks', () => {
  const field = (name, kind) => ({ name, kind, label: { zh: name, en: name } })
  assert.deepEqual(template.lacking([field('vin', 'number')], [field('vin', 'text'), field('colour', 'text')]).map(({ name }) => name), ['colour'])
  const groups = template.placeholders(['name'], ['quality'], [field('vin', 'text')])
  const names = groups.flatMap(([, all]) => all)
  for (const name of ['amount', 'parties', 'own_party.name', 'other_party.name', 'elements.quality', 'values.vin']) assert.ok(names.includes(name), name)
  assert.ok(!template.conditions(groups).flatMap(([, all]) => all).includes('parties'))
  assert.ok(!template.placeholders([], [], []).some(([group]) => group === 'values'))
})

test('d_con_2_every_placeholder_has_a_text', () => {
  const known = new Set(messages('en').map((line) => line.split(': ')[1]))
  for (const name of [...template.PLAIN, ...template.BLOCKS]) assert.ok(known.has(`placeholder-${name}`), `missing: placeholder-${name}`)
})

test('d_con_3_steps_of_approval_follow_their_number_and_roles_keep_one_order', () => {
  const cases = [
    [[], 2, [['hq_admin'], ['hq_admin']]],
    [[['finance']], 2, [['finance'], ['hq_admin']]],
    [[['finance'], ['hq_admin']], 1, [['finance']]],
    [[['finance']], 0, []],
  ]
  for (const [steps, count, next] of cases) assert.deepEqual(withSteps(steps, count), next, `${steps} ${count}`)
  assert.deepEqual(toggled([['finance'], ['finance']], 0, 'hq_admin', true), [['hq_admin', 'finance'], ['finance']])
  assert.deepEqual(toggled([['hq_admin', 'finance']], 0, 'hq_admin', false), [['finance']])
  assert.deepEqual(toggled([['finance']], 0, 'finance', false), [[]], 'an empty step is refused by the server')
})

test('a statement begins with the year in which the contract holds last', () => {
  const cases = [
    ['2026-05-10', '2026-01-01', '2026-12-31', { from: '2026-01-01', to: '2026-05-10' }],
    ['2026-05-10', '2025-07-01', null, { from: '2026-01-01', to: '2026-05-10' }],
    ['2026-05-10', '2024-07-01', '2025-06-30', { from: '2025-01-01', to: '2025-06-30' }],
    ['2026-05-10', '2026-03-01', '2027-02-28', { from: '2026-03-01', to: '2026-05-10' }],
    ['2026-05-10', '2026-06-01', null, null],
  ]
  for (const [today, first, last, days] of cases) assert.deepEqual(usualDays(today, first, last), days, `${today} ${first}`)
})

test('channels of a kind stand in an order, each once', () => {
  const cases = [
    [[], 0, 'sms', ['sms']],
    [['mail'], 1, 'sms', ['mail', 'sms']],
    [['mail', 'sms', 'chat'], 0, 'chat', ['chat', 'sms', 'mail']],
    [['mail', 'sms'], 0, 'mail', ['mail', 'sms']],
    [['mail', 'sms', 'chat'], 0, null, ['sms', 'chat']],
    [['mail'], 0, null, []],
  ]
  for (const [order, place, channel, next] of cases) assert.deepEqual(placed(order, place, channel), next, `${order} ${place} ${channel}`)
})

test('a time of day is read as people type it', () => {
  const cases = [['9:00', '09:00'], ['21:30', '21:30'], ['2130', '21:30'], ['９：０５', '09:05'], [' 0:00 ', '00:00'], ['24:00', null], ['12:60', null], ['930', null], ['21', null], ['', null]]
  for (const [text, time] of cases) assert.equal(readTime(text), time, text)
})

test('a declaration that is no JSON is refused with its place', () => {
  assert.deepEqual(readJson('{"url": "https://a.example"}'), { value: { url: 'https://a.example' } })
  const cases = [
    ['{\n  "url": x\n}', 2, 10],
    ['{\n  "url": "a"', 2, 13],
    ['{"a": [1, 2,], "b": 1}', 1, 13],
    ['{"a": 1,}', 1, 9],
    ['{"a" 1}', 1, 6],
    ["{'a': 1}", 1, 2],
    ['{"a": "b\n"}', 1, 7],
    ['{"a": 01}', 1, 8],
    ['{"a": 1} x', 1, 10],
    ['', 1, 1],
  ]
  for (const [text, line, column] of cases) assert.deepEqual(readJson(text), { line, column }, text)
})

test('a channel is sent as it is typed, and read back', () => {
  const mail = { host: 'smtp.example.com', port: 465, security: 'tls', user: null, from_name: '美丽', from_address: 'shop@example.com', reply_to: null, unsubscribe_mail: null }
  assert.deepEqual(mailOf(typedMail(mail)), mail)
  assert.equal(mailOf({ ...typedMail(null), user: '  ', host: ' smtp ' }).user, null)
  for (const text of Object.values(EXAMPLES)) {
    const { gateway, sign } = gatewayOf({ text, sign: ' 美丽 ' })
    assert.deepEqual([gateway.url.startsWith('https://'), sign], [true, '美丽'])
    assert.equal(typedGateway({ gateway, sign }).text, text)
  }
})

test('the sample of a webhook is signed as it says', () => {
  const { secret, id, timestamp, body, signature } = SAMPLE
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  assert.equal(signature, `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`)
  const { type, timestamp: at } = JSON.parse(body)
  assert.deepEqual([type, Date.parse(at) / 1000], ['region.created', Number(timestamp)])
})

test('d_cam_1_a_window_in_plain_parts_is_written_as_icalendar_and_read_back', () => {
  const plain = { starts_on: '2026-11-06', ends_on: '', repeat: 'weekly', weekdays: ['FR', 'MO'], month_days: [], from: '18:00', to: '22:00' }
  const cases = [
    [{}, 'DTSTART:20261106T180000\nDURATION:PT4H\nRRULE:FREQ=WEEKLY;BYDAY=MO,FR'],
    [{ ends_on: '2026-12-31', to: '02:30' }, 'DTSTART:20261106T180000\nDURATION:PT8H30M\nRRULE:FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20261231'],
    [{ repeat: 'monthly', month_days: [8, -1], from: '', to: '' }, 'DTSTART:20261106T000000\nDURATION:P1D\nRRULE:FREQ=MONTHLY;BYMONTHDAY=8,-1'],
    [{ repeat: 'daily', from: '18:00', to: '00:00' }, 'DTSTART:20261106T180000\nDURATION:PT6H\nRRULE:FREQ=DAILY'],
    [{ repeat: 'once', ends_on: '2026-11-08', from: '', to: '' }, 'DTSTART:20261106T000000\nDURATION:P3D'],
    [{ repeat: 'once', from: '09:00', to: '09:30' }, 'DTSTART:20261106T090000\nDURATION:PT30M'],
  ]
  for (const [change, text] of cases) {
    const window = windowOf({ ...plain, ...change })
    assert.equal(window, text)
    assert.equal(windowOf(readWindow(window)), text)
  }
  assert.deepEqual(readWindow(cases[0][1]).weekdays, ['MO', 'FR'])
  assert.equal(windowOf({ ...plain, weekdays: [] }), null)
  assert.equal(windowOf({ ...plain, to: '' }), null)
  assert.equal(windowOf({ ...plain, repeat: 'once', ends_on: '2026-11-01' }), null)
  for (const other of ['DTSTART:20261106T180000\nDURATION:PT4H\nRRULE:FREQ=MONTHLY;BYDAY=2FR', 'DTSTART:20261106T180000\nDURATION:P2D\nRRULE:FREQ=DAILY', 'x']) assert.equal(readWindow(other), null)
})

test('topics of webhooks stand under headings, ticked ones in their order', () => {
  const source = readFileSync(`${root}../../core/domain/src/webhook.rs`, 'utf8')
  const all = [...source.split('TOPICS:')[1].split('];')[0].matchAll(/\(\s*"([a-z_]+\.[a-z_]+)"/g)].map(([, name]) => ({ name }))
  assert.ok(all.length >= 40)
  const groups = grouped([...all, { name: 'later.added' }])
  assert.deepEqual(groups.flatMap(([, own]) => own.map(({ name }) => name)).sort(), [...all.map(({ name }) => name), 'later.added'].sort())
  assert.deepEqual(groups.at(-1), ['other', [{ name: 'later.added' }]])
  assert.deepEqual(grouped(all).map(([group]) => group).includes('other'), false)
  const known = new Set(messages('en').map((line) => line.split(': ')[1]))
  for (const [group] of groups) assert.ok(known.has(`webhook-group-${group}`), `missing: webhook-group-${group}`)
  const four = ['a', 'b', 'c', 'd'].map((name) => ({ name }))
  assert.deepEqual(ticked(four, ['d'], ['b', 'd'], true), ['b', 'd'])
  assert.deepEqual(ticked(four, ['a', 'b', 'd'], ['b', 'c'], false), ['a', 'd'])
})

test('how an endpoint of webhooks stands', () => {
  const at = '2026-03-02T02:00:00Z'
  const cases = [
    [true, null, null, 'on'],
    [true, at, null, 'failing'],
    [false, null, null, 'off'],
    [false, at, null, 'off'],
    [false, at, at, 'stopped'],
  ]
  for (const [active, failing_since, off_at, how] of cases) assert.equal(standing({ active, failing_since, off_at }), how)
})

test('a scanned card is told from an amount', () => {
  assert.equal(scannedNumber('90000000871096'), '90000000871096')
  assert.equal(scannedNumber('12.5090000000871096'), '90000000871096')
  assert.equal(scannedNumber('90000000871097'), null)
  assert.equal(scannedNumber('9000000087109'), null)
})

test('keys are version 7 and rise with time', () => {
  assert.match(uuid7(), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.ok(uuid7(1_000) < uuid7(2_000))
  assert.equal(uuid7(0x0192_3456_789a).slice(0, 13), '01923456-789a')
})

test('receipts count up', () => {
  assert.equal(following('0009'), '0010')
  assert.equal(following('A-099'), 'A-100')
  assert.equal(following('9999'), '10000')
  assert.equal(following('A'), 'A-2')
  assert.ok(isAfter('0100', '0099'))
  assert.ok(!isAfter('0099', '0099'))
  assert.ok(!isAfter('B-0100', 'A-0099'))
})

test('JSON pointers become paths', () => {
  assert.deepEqual(pathOf('/steps/1/name~1zh'), ['steps', 1, 'name/zh'])
  assert.deepEqual(pathOf(''), [])
})

test('what a configuration leaves out is shown with the plugin\'s figure', () => {
  const schema = { properties: { a: { default: 1 }, b: { default: [] }, c: {}, d: { properties: { e: { default: 'x' } } } } }
  assert.deepEqual(withDefaults(schema, { a: 0, d: {} }), { a: 0, b: [], d: { e: 'x' } })
})

function messages(locale) {
  const folder = `${root}locales/${locale}/`
  return readdirSync(folder).sort().flatMap((name) => {
    const source = readFileSync(folder + name, 'utf8')
    return [...source.matchAll(/^([a-z][\w-]*) =/gm)].map(([, id]) => `${name}: ${id}`)
  })
}

test('both languages have the same messages, each once', () => {
  assert.deepEqual(messages('zh-CN').sort(), messages('en').sort())
  assert.equal(new Set(messages('en').map((line) => line.split(': ')[1])).size, messages('en').length)
})

test('every value of the API that the pages word has a text', () => {
  const known = new Set(messages('en').map((line) => line.split(': ')[1]))
  const { schemas } = JSON.parse(readFileSync(`${root}../../tests/snapshots/openapi.json`, 'utf8')).components
  const worded = {
    Role: 'role', CardState: 'state', Block: 'block', TenderKind: 'tender', FormOfAddress: 'address', Rounding: 'rounding', ReturnPolicy: 'policy',
    ContractState: 'contract-state', ContractStep: 'contract-step', Fulfilment: 'fulfilment', ApprovalState: 'approval-state', ApprovalKind: 'approval-kind', MilestoneKind: 'milestone', LookKind: 'look-kind', OriginalState: 'original', CustodyStep: 'custody', StockOutcome: 'outcome', RebatePeriod: 'rebate-period', Grading: 'rebate-grading', TermsKind: 'terms-kind', TermsOccasion: 'terms-occasion', AcceptanceChannel: 'acceptance-channel', DeliveryState: 'delivery-state',
  }
  for (const [schema, prefix] of Object.entries(worded)) {
    for (const value of schemas[schema].enum) assert.ok(known.has(`${prefix}-${value}`), `missing: ${prefix}-${value}`)
  }
})

test('every part of a contract and of its parties has a text', async () => {
  const known = new Set(messages('en').map((line) => line.split(': ')[1]))
  const source = readFileSync(`${root}src/hq/contracts/contract.ts`, 'utf8')
  const names = (table) => source.split(`const ${table}`)[1].split(/\] as const|\n\]/)[0].match(/'\w+'/g).map((name) => name.slice(1, -1))
  const { schemas } = JSON.parse(readFileSync(`${root}../../tests/snapshots/openapi.json`, 'utf8')).components
  assert.deepEqual(names('PARTY_FIELDS').sort(), Object.keys(schemas.Party.properties).sort())
  assert.equal(names('PARTS').length, schemas.Element.enum.length)
  for (const name of names('PARTS')) assert.ok(known.has(`element-${name}`), `missing: element-${name}`)
  for (const name of names('PARTY_FIELDS')) assert.ok(known.has(`party-${name}`), `missing: party-${name}`)
  for (let part = 1; part <= 11; part++) assert.ok(known.has(`contract-part-${part}`), `missing: contract-part-${part}`)
})

test('every field of the declared pages has a label, every choice a text', async () => {
  const known = new Set(messages('en').map((line) => line.split(': ')[1]))
  const described = JSON.parse(readFileSync(`${root}src/lib/api/resources.gen.json`, 'utf8'))
  const pages = readdirSync(`${root}src/hq/pages`).map((name) => readFileSync(`${root}src/hq/pages/${name}`, 'utf8')).join('\n')
  const declared = [...pages.matchAll(/name: '([\w-]+)',\s+path: '([^']+)',\s+read:/g)]
  assert.ok(declared.length >= 8)
  for (const [, name, path] of declared) {
    const { shown, filters, create = {}, change = {} } = described[path]
    // Of what is only read, machines have a part.
    const declaration = pages.split(`name: '${name}'`)[1].split('ResourcePage =')[0]
    const lists = [...declaration.matchAll(/(?:columns|fields): \[([^\]]*)\]/g)].flatMap(([, names]) => names.match(/\w+/g))
    const needed = new Set([...Object.keys(filters), ...lists])
    const fields = Object.entries(Object.assign({}, shown, filters, create, change))
    for (const [field, { label, choices = [] }] of fields) {
      const worded = [`${name}-${field}`, `field-${field}`].some((id) => known.has(id))
      assert.ok(worded || !needed.has(field), `no label: ${name} ${field}`)
      if (!worded) continue
      for (const choice of label ? choices : []) {
        assert.ok(known.has(`${label}-${choice}`), `no text: ${label}-${choice}`)
      }
    }
  }
})

test('every action that the audit log names has words, and no other has', () => {
  const folder = `${root}../../core/engine/src/`
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.rs') && !name.endsWith('tests.rs'))
  const sources = files.map((name) => readFileSync(folder + name, 'utf8'))
  const found = (pattern) => sources.flatMap((source) => [...source.matchAll(pattern)].map(([, name]) => name))
  const resources = found(/versioned!\(\w+ of \w+ as "(\w+)"/g).flatMap((name) => [`${name}.create`, `${name}.update`])
  const noted = [...found(/\.audit\(\s*"([a-z_]+\.[a-z_.]+)"/g), ...found(/\b(?:CHANGED: &'static str =|action:) "([a-z_]+\.[a-z_]+)"/g), ...resources]
  assert.ok(noted.length > 150)
  const known = new Set(messages('en').map((line) => line.split(': ')[1]))
  const message = (name) => `audit-action-${name.replaceAll('.', '-')}`
  for (const name of noted) assert.ok(known.has(message(name)), `missing: ${message(name)}`)
  // Some are chosen among several, and stand as plain texts in the sources.
  const texts = new Set([...found(/"([a-z_]+\.[a-z_]+)"/g), ...resources].map(message))
  const card = readFileSync(`${root}../../core/domain/src/card/operations.rs`, 'utf8')
  for (const [, name] of card.matchAll(/"([a-z_]+\.[a-z_]+)"/g)) texts.add(message(name))
  assert.deepEqual([...known].filter((id) => id.startsWith('audit-action-') && !texts.has(id)), [])
})

test('the navigation names every page once, under a heading with a text', async () => {
  const { GROUPS } = await load('../hq/pages/groups.ts')
  const known = new Set(messages('en').map((line) => line.split(': ')[1]))
  const sources = readdirSync(`${root}src/hq/pages`).map((name) => readFileSync(`${root}src/hq/pages/${name}`, 'utf8')).join('\n')
  const there = [...sources.matchAll(/\bdrawn\('([\w-]+)'|name: '([\w-]+)',\s+path:/g)].map(([, drawn, declared]) => drawn ?? declared)
  assert.ok(there.length >= 30)
  assert.deepEqual(GROUPS.flatMap(([, pages]) => pages).sort(), there.sort())
  for (const [group, pages] of GROUPS) for (const id of [`nav-${group}`, ...pages]) assert.ok(known.has(id), `missing: ${id}`)
})

test('every message that the pages name exists, and none is left over', () => {
  const known = new Set(messages('en').map((line) => line.split(': ')[1]))
  const sources = readdirSync(`${root}src`, { recursive: true }).filter((name) => /\.(svelte|ts)$/.test(name))
  const code = sources.map((name) => readFileSync(`${root}src/${name}`, 'utf8')).join('\n')
  const named = [...code.matchAll(/\bt\('([\w-]+)'/g)].map(([, id]) => id)
  // `t(`block-${block}`)` stands for all messages that begin and end so.
  const patterns = [...code.matchAll(/\b(?:t|hasText)\(`([^`]+)`/g)].map(([, text]) => new RegExp(`^${text.replace(/\$\{[^}]+\}/g, '[\\w-]+')}$`))
  const texts = new Set([...code.matchAll(/'([a-z][\w-]*)'/g)].map(([, id]) => id))
  for (const id of named) assert.ok(known.has(id), `missing: ${id}`)
  const idle = [...known].filter((id) => !texts.has(id) && !patterns.some((pattern) => pattern.test(id)))
  assert.deepEqual(idle, [])
})
