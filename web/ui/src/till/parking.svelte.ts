import { me } from '$lib/session.svelte'
import { uuid7 } from '$lib/uuid7'
import type { KeptSale, Sale } from './sale.svelte'
import type { Till } from './till.svelte'

const STORAGE_KEY = 'cardea.parked'

/** A bill that waits for its customer to come back. Of the member only ids and the name as the till shows it. */
export interface Parked {
  id: string
  /** Chain, store and till: receipts are counted per till. */
  place: string
  receipt: string
  display: string | null
  cardId: string | null
  customerId: string | null
  total: number
  sale: KeptSale
  /** The lines stayed on the till, only the member left it. */
  memberOnly: boolean
}

/** Bills put aside, in this tab's session storage, so that a reload loses none. */
export class Parking {
  #all = $state.raw<Parked[]>(stored())

  constructor(
    readonly till: Till,
    readonly sale: Sale,
  ) {}

  /** Those of this till, oldest first. */
  get bills(): Parked[] {
    return this.#all.filter(({ place }) => place === this.#place)
  }

  get last(): Parked | undefined {
    return this.bills.at(-1)
  }

  /** Puts aside what is on the till, if anything was typed. */
  put(memberOnly = false): void {
    const { till, sale } = this
    const { card, customer } = till
    this.leaveNoMember()
    if (!sale.typed || (memberOnly && till.display === null)) return
    const parked: Parked = {
      id: uuid7(),
      place: this.#place,
      receipt: till.receipt,
      display: till.display,
      cardId: card?.id ?? null,
      customerId: customer?.id ?? null,
      total: sale.total,
      sale: sale.kept(),
      memberOnly,
    }
    this.#keep([...this.#all, parked])
  }

  remove(parked: Parked): void {
    this.#keep(this.#all.filter(({ id }) => id !== parked.id))
  }

  /** A member without lines belongs to the bill on the till: with that it goes. */
  leaveNoMember(): void {
    this.#keep(this.#all.filter((parked) => !parked.memberOnly || parked.place !== this.#place))
  }

  /** Is the receipt kept for a bill that waits? */
  holds(receipt: string): boolean {
    return this.bills.some((parked) => !parked.memberOnly && parked.receipt === receipt)
  }

  get #place(): string {
    return [me().chain.id, this.till.storeId, this.till.name].join('/')
  }

  #keep(all: Parked[]): void {
    this.#all = all
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(all))
  }
}

function stored(): Parked[] {
  try {
    return JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? '[]') as Parked[]
  } catch {
    return []
  }
}
