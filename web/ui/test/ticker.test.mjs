import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { runnerImport } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
Object.assign(globalThis, { localStorage: { getItem: () => null }, sessionStorage: { getItem: () => null }, document: { documentElement: {} } })
const options = { root, configFile: false, logLevel: 'error', plugins: [svelte({ configFile: false })], resolve: { alias: { $lib: `${root}src/lib` } } }
const { Ticker } = (await runnerImport(`${root}src/hq/originals/ticker.svelte.ts`, options)).module

/** A server that hears of each tick, and answers it unless the line is down. */
function server() {
  const heard = []
  const state = { down: false, heard }
  globalThis.fetch = async (path, { method, headers, body }) => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    if (method !== 'POST') return Response.json({ items: [], next: null })
    const { number } = JSON.parse(body)
    heard.push([number, headers['Idempotency-Key']])
    if (state.down) throw new TypeError('no network')
    if (number === 'X') return Response.json({ type: 'about:blank', code: 'field_invalid', status: 422, title: 'no', detail: 'no' }, { status: 422 })
    return Response.json({ number, outcome: number.startsWith('JX') ? 'found' : 'unknown', double: false })
  }
  return state
}

/** A ticker, and a promise of its next idleness. */
function ticker() {
  let idle
  const one = new Ticker('/stock-takes/take/items', () => {}, () => idle())
  return { one, next: () => new Promise((resolve) => (idle = resolve)) }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

test('d_con_4_numbers_that_come_faster_than_answers_are_taken_in_their_order', async () => {
  const { heard } = server()
  const { one, next } = ticker()
  const done = next()
  for (const number of ['JX-1', ' JX-2 ', '', 'Z-9', 'X', 'JX-1']) one.scan(number)
  assert.deepEqual(one.queue.length, 5, 'nothing is lost, and nothing that is nothing waits')
  await done
  assert.deepEqual(heard.map(([number]) => number), ['JX-1', 'JX-2', 'Z-9', 'X', 'JX-1'])
  assert.equal(new Set(heard.map(([, key]) => key)).size, 5, 'each is an operation of its own')
  assert.deepEqual(one.told.map(({ number, outcome, refused }) => [number, outcome, refused?.status]), [
    ['JX-1', 'found', undefined], ['X', null, 422], ['Z-9', 'unknown', undefined], ['JX-2', 'found', undefined], ['JX-1', 'found', undefined],
  ])
})

test('d_con_4_a_number_without_an_answer_is_sent_again_under_its_key', async () => {
  const state = server()
  const { one, next } = ticker()
  state.down = true
  one.scan('JX-1')
  await settled()
  one.scan('JX-2')
  await settled()
  assert.deepEqual([one.queue, one.told, one.operation.outcomeUnknown], [['JX-1', 'JX-2'], [], true], 'both wait')
  state.down = false
  const done = next()
  one.scan('')
  await done
  const keys = state.heard.filter(([number]) => number === 'JX-1').map(([, key]) => key)
  assert.deepEqual([keys.length, new Set(keys).size], [3, 1])
  assert.deepEqual(state.heard.map(([number]) => number), ['JX-1', 'JX-1', 'JX-1', 'JX-2'])
  assert.deepEqual(one.told.map(({ number }) => number), ['JX-2', 'JX-1'])
})
