import { call } from '$lib/api/client'
import { Operation } from '$lib/api/operation.svelte'
import type { ContractListed, CountOutcome, CountedAnswer, Lending, Page, Problem, StockOutcome, TickAnswer } from '$lib/api/types'
import { plainText } from '$lib/decimal'

/** What became of a number that was scanned. */
export interface Told {
  /** How-manieth one. */
  n: number
  number: string
  /** null: it was refused. */
  outcome: StockOutcome | CountOutcome | null
  double: boolean
  refused: Problem | null
  /** Whose number it is, once that is known. */
  contract?: ContractListed
  /** Who has it, by the books. */
  loan?: Lending
}

const REMEMBERED = 30

/** Takes numbers one after the other, as fast as they are scanned. What came while the line was down waits for its turn. */
export class Ticker {
  /** Not answered yet, the next one first. */
  queue = $state.raw<string[]>([])
  /** Newest first. */
  told = $state.raw<Told[]>([])
  readonly operation = new Operation<TickAnswer | CountedAnswer>()
  #count = 0
  #busy = false

  /** `items`: where numbers are sent; `ontold` hears of each answer, `onidle` when nothing waits any more. */
  constructor(
    readonly items: string,
    readonly ontold: (told: Told) => void,
    readonly onidle: () => void,
  ) {}

  /** A number as it was scanned, or nothing. Either tries again what is stuck. */
  scan(text: string): void {
    const number = plainText(text).trim()
    if (number !== '') this.queue = [...this.queue, number]
    void (this.operation.outcomeUnknown ? this.retry() : this.#run())
  }

  async retry(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    this.#settle(await this.operation.retry())
    this.#busy = false
    await this.#run()
  }

  async #run(): Promise<void> {
    if (this.#busy || this.operation.outcomeUnknown || this.queue.length === 0) return
    this.#busy = true
    while (this.queue[0] !== undefined && !this.operation.outcomeUnknown) {
      this.#settle(await this.operation.submit(this.items, { number: this.queue[0] }))
    }
    this.#busy = false
    if (this.queue.length === 0) this.onidle()
  }

  #settle(answer: TickAnswer | CountedAnswer | null): void {
    if (this.operation.outcomeUnknown) return
    const [scanned = '', ...rest] = this.queue
    this.queue = rest
    const refused = answer === null ? this.operation.problem : null
    const told: Told = { n: ++this.#count, number: answer?.number ?? scanned, outcome: answer?.outcome ?? null, double: answer?.double ?? false, refused }
    this.told = [told, ...this.told].slice(0, REMEMBERED)
    this.ontold(told)
    if (answer !== null && answer.outcome !== 'unknown' && this.items.startsWith('/stock-takes/')) void this.#learn(told)
  }

  /** What it is that lies there. Nothing depends on it: without an answer the number alone is shown. */
  async #learn(told: Told): Promise<void> {
    try {
      const found = await call<Page<ContractListed>>(`/contracts?limit=50&number=${encodeURIComponent(told.number)}`)
      const contract = found.items.find(({ number }) => number === told.number)
      if (contract === undefined) return
      this.#put(told.n, { contract })
      if (told.outcome !== 'lent_found') return
      const [loan] = (await call<Page<Lending>>(`/lendings?limit=1&open=true&contract_id=${contract.id}`)).items
      if (loan) this.#put(told.n, { loan })
    } catch {
      // The number stands there all the same.
    }
  }

  #put(n: number, more: Partial<Told>): void {
    this.told = this.told.map((one) => (one.n === n ? { ...one, ...more } : one))
  }
}
