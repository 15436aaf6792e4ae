import { call } from '$lib/api/client'
import { everything } from '$lib/api/listing.svelte'
import type { Bill, CancellationAnswer, Card, Customer, Page, PointsTender, Program, RedemptionAnswer, ReturnAnswer, SaleAnswer, Store } from '$lib/api/types'
import { businessDate } from '$lib/format'
import { following, isAfter, proposeReceipt, rememberReceipt } from '$lib/receipts'
import { t } from '$lib/i18n/index.svelte'
import { may, me } from '$lib/session.svelte'

const PLACE_KEY = 'cardea.till'

export type Outcome =
  | { kind: 'sale'; answer: SaleAnswer; receipt: string; change: number | null }
  | { kind: 'return'; answer: ReturnAnswer; receipt: string }
  | { kind: 'redemption'; answer: RedemptionAnswer }
  | { kind: 'cancellation'; answer: CancellationAnswer; receipt: string }
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
  /** Somebody of the archive who has no card yet: what they buy now may qualify them for one. */
  customer = $state.raw<Customer | null>(null)
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

  /** How whoever is served is called; null: nobody is known. */
  get display(): string | null {
    return this.card === null ? (this.customer?.display ?? null) : (this.card.customer?.display ?? t('anonymous'))
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
    void this.countOn()
  }

  /** Asked whether a receipt is kept for a bill that was put aside. */
  kept: (receipt: string) => boolean = () => false

  proposeReceipt(): void {
    let receipt = proposeReceipt(this.storeId, this.name, businessDate())
    while (this.kept(receipt)) receipt = following(receipt)
    this.receipt = receipt
  }

  /** A browser that hasn't counted this till's bills of today goes on after the last one that is booked. */
  async countOn(): Promise<void> {
    if (this.storeId === '' || !may('sale.read')) return
    const { storeId, name, receipt } = this
    const date = businessDate()
    const query = new URLSearchParams({ store_id: storeId, till: name, business_date: date, limit: '1' })
    const page = await call<Page<Bill>>(`/sales?${query}`).catch(() => null)
    const last = page?.items[0]?.receipt
    if (last === undefined || !isAfter(following(last), receipt)) return
    rememberReceipt(storeId, name, date, last)
    // What somebody has typed meanwhile stays.
    if (this.storeId === storeId && this.name === name && this.receipt === receipt) this.proposeReceipt()
  }

  receiptUsed(receipt: string): void {
    rememberReceipt(this.storeId, this.name, businessDate(), receipt)
    this.proposeReceipt()
  }

  /** The next customer. */
  clear(): void {
    this.card = null
    this.customer = null
    this.outcome = null
    this.proposeReceipt()
  }

  finish(outcome: Outcome): void {
    this.outcome = outcome
    void this.reload()
  }

  /** Fetches the card anew: after a booking, and when the language changes (the server words the name). */
  async reload(): Promise<void> {
    const { card, customer } = this
    if (card !== null) {
      const fresh = await call<Card>(`/cards/${card.id}`).catch(() => null)
      if (fresh !== null && this.card?.id === card.id) this.card = fresh
    } else if (customer !== null) {
      const fresh = await call<Customer>(`/customers/${customer.id}`).catch(() => null)
      if (fresh !== null && this.customer?.id === customer.id) this.customer = fresh
    }
  }

  async load(): Promise<void> {
    void this.countOn()
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
