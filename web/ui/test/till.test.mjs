import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { runnerImport } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

/** As much of a browser as the modules of the till touch. */
const storage = () => {
  const kept = new Map()
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: (key) => kept.delete(key) }
}
Object.assign(globalThis, { localStorage: storage(), sessionStorage: storage(), document: { documentElement: {} } })

async function load(path) {
  const options = { root, configFile: false, logLevel: 'error', plugins: [svelte({ configFile: false })], resolve: { alias: { $lib: `${root}src/lib` } } }
  return (await runnerImport(`${root}${path}`, options)).module
}

const { LiveQuote, Parking, Sale, proposeReceipt, rememberReceipt, session, Till, readDecimal } = await load('test/till.ts')

session.me = {
  chain: { id: 'c', code: 'meili', currency: 'CNY', minor_units: 2, time_zone: 'Asia/Shanghai' },
  stores: [{ id: 'east', name: 'East' }],
  permissions: ['sale.post'],
}

/** A bill whose amounts are typed as in the form's fields. */
function bill(...amounts) {
  const sale = new Sale(new Till())
  sale.lines.pop()
  for (const text of amounts) {
    sale.addLine()
    const line = sale.lines.at(-1)
    const read = readDecimal(text, 2)
    if (typeof read === 'string') line.unreadable.amount = text
    else line.amount = read
  }
  return sale
}

test('s3: thousands and full-width digits are amounts', () => {
  const draft = bill('1,200', '１２').draft()
  assert.deepEqual(draft.lines.map((line) => line.amount), [1200_00, 12_00])
  assert.deepEqual(draft.tenders, [{ kind: 'cash', amount: 1212_00 }])
})

test('s3: what can\'t be read is said and blocks the bill; what is empty is left out', () => {
  const sale = bill('10', '12.345')
  assert.equal(sale.draft(), null, 'not booked at 10.00')
  assert.deepEqual(sale.faults, [{ line: 2, name: 'line-amount', text: '12.345', digits: 2, why: 'digits' }])
  assert.deepEqual([sale.lines[1].blank, bill('abc').typed], [false, true], 'nor is it nothing')
  assert.equal(bill('10', 'abc').faults[0].why, 'number')
  assert.equal(bill('10', '99999999999999.99').faults[0].why, 'size')
  const empty = bill('10', '')
  assert.deepEqual([empty.faults, empty.draft().lines.length], [[], 1])
  const points = bill('10')
  points.unreadable.points = '1.5'
  assert.deepEqual([points.draft(), points.faults[0].why], [null, 'digits'])
})

/** The server's answers, each when the test lets it go. */
function server() {
  const asked = []
  globalThis.fetch = (path, init) =>
    new Promise((resolve) => asked.push({ path, body: JSON.parse(init.body), answer: (body, status = 200) => resolve(new Response(JSON.stringify(body), { status })) }))
  return asked
}

test('s1: an Enter before the preview waits for it and asks at once', async () => {
  const asked = server()
  const quote = new LiveQuote()
  quote.want('/sales/quote', { amount: 50 })
  assert.equal(asked.length, 0, 'still listening for more')
  const settled = quote.settle()
  assert.equal(asked.length, 1, 'nobody waits for the silence after an Enter')
  asked[0].answer({ points_earned: 50 })
  assert.equal(await settled, true)
  assert.equal(quote.answer.points_earned, 50)
  assert.equal(await quote.settle(), true, 'what is on the screen needs no second question')
  assert.equal(asked.length, 1)
})

test('s1: no preview, or that of another bill, books nothing', async () => {
  const asked = server()
  const quote = new LiveQuote()
  quote.want('/sales/quote', { amount: 50 })
  const refused = quote.settle()
  asked[0].answer({ code: 'card_blocked', title: 'no' }, 409)
  assert.equal(await refused, false)
  quote.want('/sales/quote', { amount: 60 })
  const overtaken = quote.settle()
  quote.want('/sales/quote', { amount: 600 })
  asked[1].answer({ points_earned: 60 })
  assert.equal(await overtaken, false)
  quote.want('/sales/quote', null)
})

test('s2: a bill that was put aside comes back as it was, after a reload too', () => {
  const sale = bill('10', '12.345')
  const { till } = sale
  Object.assign(sale.lines[0], { sku: 'LIP', quantity: 2000 })
  Object.assign(till, { card: { id: 'card-1', customer: { display: 'Ms Wang' } }, receipt: '0007' })
  sale.choose('card')
  Object.assign(sale, { wantedPoints: 100, received: 50_00 })
  sale.parts.cash = 4_00
  const before = sale.kept()
  new Parking(till, sale).put()
  sale.clear()
  assert.equal(sale.typed, false)
  // A new page knows only what the session storage has.
  const after = new Parking(till, sale)
  const { receipt, display, cardId, memberOnly } = after.last
  assert.deepEqual({ receipt, display, cardId, memberOnly }, { receipt: '0007', display: 'Ms Wang', cardId: 'card-1', memberOnly: false })
  assert.ok(after.holds('0007') && !after.holds('0008'), 'its receipt is nobody else\'s')
  sale.restore(after.last.sale)
  assert.deepEqual(sale.kept(), before)
  assert.equal(sale.lines[1].unreadable.amount, '12.345')
  after.remove(after.last)
  assert.equal(new Parking(till, sale).last, undefined)
})

test('s2: a member who was dropped is remembered until the bill is settled; nothing typed is nothing to put aside', () => {
  const sale = bill('10')
  const { till } = sale
  const parking = new Parking(till, sale)
  parking.put(true)
  assert.equal(parking.last, undefined, 'nobody was there')
  till.card = { id: 'card-1', customer: { display: 'Ms Wang' } }
  parking.put(true)
  assert.ok(parking.last.memberOnly && !parking.holds(till.receipt))
  sale.clear()
  parking.put()
  assert.equal(parking.last, undefined)
})

test('the number of a bill that was overtaken is not given twice', () => {
  rememberReceipt('east', 'T9', '2026-11-28', '0006')
  rememberReceipt('east', 'T9', '2026-11-28', '0005')
  assert.equal(proposeReceipt('east', 'T9', '2026-11-28'), '0007')
})

test('s4: a sum is meant only as long as it stays the same', () => {
  const sale = bill('199', '100000000000')
  assert.equal(sale.draft().over_limit, undefined)
  sale.meant = sale.total
  assert.equal(sale.draft().over_limit, true)
  sale.lines[0].amount = 198_00
  assert.equal(sale.draft().over_limit, undefined)
})

test('several tenders: the chosen one takes the rest, cash tells its change', () => {
  const sale = bill('100.07')
  sale.parts.card = 30_00
  sale.parts.mobile = 20_00
  sale.roundOff = true
  assert.deepEqual([sale.rest, sale.rounding, sale.toPay], [50_00, 7, 100_00])
  sale.received = 100_00
  assert.equal(sale.change, 50_00)
  assert.deepEqual(sale.draft().tenders, [{ kind: 'cash', amount: 50_00 }, { kind: 'card', amount: 30_00 }, { kind: 'mobile', amount: 20_00 }])
  sale.received = 49_00
  assert.deepEqual([sale.draft(), sale.faults[0].why], [null, 'short'])
  sale.received = null
  sale.parts.card = 90_00
  assert.deepEqual([sale.draft(), sale.faults[0].why], [null, 'over'])
  sale.choose('card')
  assert.deepEqual([sale.rest, sale.rounding], [80_07, 0], 'what was typed for it gives way to the rest')
})
