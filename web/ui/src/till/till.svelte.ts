import { call } from '$lib/api/client'
import { everything } from '$lib/api/listing.svelte'
import type { Card, PointsTender, Program, RedemptionAnswer, ReturnAnswer, SaleAnswer, Store } from '$lib/api/types'
import { businessDate } from '$lib/format'
import { proposeReceipt, rememberReceipt } from '$lib/receipts'
import { me } from '$lib/session.svelte'

const PLACE_KEY = 'cardea.till'

export type Outcome =
  | { kind: 'sale'; answer: SaleAnswer; display: string | null }
  | { kind: 'return'; answer: ReturnAnswer }
  | { kind: 'redemption'; answer: RedemptionAnswer }
  | { kind: 'card'; card: Card; text: 'issued' | 'replaced' }

interface Place {
  storeId: string
  name: string
}

/** What the parts of the till page share: where it stands, whose card lies on the counter, what was booked last. */
export class Till {
  storeId = $state('')
  name = $state('')
  receipt = $state('')
  card = $state.raw<Card | null>(null)
  outcome = $state.raw<Outcome | null>(null)
  programs = $state.raw<Program[]>([])

  constructor() {
    const place = storedPlace()
    const stores = me().stores
    const known = stores.find((store) => store.id === place?.storeId) ?? stores[0]
    this.storeId = known?.id ?? ''
    this.name = place?.name ?? 'T1'
    this.proposeReceipt()
  }

  get store(): Store | undefined {
    return me().stores.find((store) => store.id === this.storeId)
  }

  get usable(): boolean {
    return this.card !== null && this.card.state === 'active' && this.card.blocks.length === 0
  }

  /** Points that can be spent now. */
  get available(): number {
    return this.card?.balances.find((balance) => balance.asset === 'points')?.available ?? 0
  }

  /** How points pay in the program of the card; null: they don't. */
  get pointsTender(): PointsTender | null {
    return this.programs.find((program) => program.id === this.card?.program_id)?.tender ?? null
  }

  setPlace(storeId: string, name: string): void {
    this.storeId = storeId
    this.name = name
    localStorage.setItem(PLACE_KEY, JSON.stringify({ storeId, name } satisfies Place))
    this.proposeReceipt()
  }

  proposeReceipt(): void {
    this.receipt = proposeReceipt(this.storeId, this.name, businessDate())
  }

  receiptUsed(receipt: string): void {
    rememberReceipt(this.storeId, this.name, businessDate(), receipt)
    this.proposeReceipt()
  }

  /** The next customer. */
  clear(): void {
    this.card = null
    this.outcome = null
    this.proposeReceipt()
  }

  finish(outcome: Outcome): void {
    this.outcome = outcome
    void this.reload()
  }

  /** Fetches the card anew: after a booking, and when the language changes (the server words the name). */
  async reload(): Promise<void> {
    const id = this.card?.id
    if (id === undefined) return
    const fresh = await call<Card>(`/cards/${id}`).catch(() => null)
    if (fresh !== null && this.card?.id === id) this.card = fresh
  }

  async load(): Promise<void> {
    this.programs = await everything<Program>('/programs')
  }
}

function storedPlace(): Place | null {
  try {
    return JSON.parse(localStorage.getItem(PLACE_KEY) ?? 'null') as Place | null
  } catch {
    return null
  }
}
