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

const { LiveQuote, Sale, session, Till, readDecimal } = await load('test/till.ts')

session.me = {
  chain: { code: 'meili', minor_units: 2, time_zone: 'Asia/Shanghai' },
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
  assert.deepEqual(sale.faults, [{ line: 2, field: 'amount', text: '12.345', why: 'digits' }])
  assert.equal(bill('10', 'abc').faults[0].why, 'number')
  assert.equal(bill('10', '99999999999999.99').faults[0].why, 'size')
  const empty = bill('10', '')
  assert.deepEqual([empty.faults, empty.draft().lines.length], [[], 1])
  const points = bill('10')
  points.unreadablePoints = '1.5'
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
