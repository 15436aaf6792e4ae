// What the till's tests look at, out of one module graph: the session that `Sale` reads is the one they fill.
export { LiveQuote } from '../src/lib/api/quote.svelte'
export { readDecimal } from '../src/lib/decimal'
export { proposeReceipt, rememberReceipt } from '../src/lib/receipts'
export { session } from '../src/lib/session.svelte'
export { Parking } from '../src/till/parking.svelte'
export { Sale } from '../src/till/sale.svelte'
export { Till } from '../src/till/till.svelte'
