import { Operation } from '$lib/api/operation.svelte'
import type { SaleAnswer, SaleBody, SaleLine, Tender, TenderKind } from '$lib/api/types'
import { mulDiv, readDecimal, type Unreadable } from '$lib/decimal'
import { me } from '$lib/session.svelte'
import type { Till } from './till.svelte'

export const TENDERS = ['cash', 'card', 'mobile'] as const satisfies TenderKind[]

/** Hundredths below ten: 128.57 in cash is 128.50. */
const SMALLEST_COINS = 10

/** A field of the bill that can't be booked as it was typed. */
export interface Fault {
  /** From 1; 0 for what isn't part of a line. */
  line: number
  field: 'quantity' | 'discount' | 'amount' | 'points'
  text: string
  why: Unreadable | 'zero'
}

const fault = (at: Omit<Fault, 'why'>, why: number | null | Unreadable): Fault[] => (typeof why === 'string' ? [{ ...at, why }] : [])

export class Line {
  sku = $state('')
  category = $state('')
  quantity = $state<number | null>(1000)
  discount = $state<number | null>(null)
  /** What is paid for the line, after the discount. */
  amount = $state<number | null>(null)

  /** What was typed into a field and is no such number: a line of which anything is typed is never left out. */
  unreadable = $state({ quantity: '', discount: '', amount: '' })

  get blank(): boolean {
    const figures = this.amount === null && this.discount === null && Object.values(this.unreadable).every((text) => text === '')
    return figures && this.sku.trim() === '' && this.category.trim() === ''
  }

  /** Why this line can't be booked as it stands. */
  faults(line: number, digits: number): Fault[] {
    const read = (['quantity', 'discount', 'amount'] as const).map((field) => {
      const text = this.unreadable[field]
      return fault({ line, field, text }, readDecimal(text, field === 'quantity' ? 3 : digits))
    })
    const none = !this.blank && (this.quantity === 0 || (this.quantity === null && this.unreadable.quantity === ''))
    if (none) read.push([{ line, field: 'quantity', text: '', why: 'zero' }])
    return read.flat()
  }

  body(): SaleLine | null {
    const { amount, quantity } = this
    const unreadable = Object.values(this.unreadable).some((text) => text !== '')
    if (unreadable || amount === null || quantity === null || quantity === 0) return null
    const discount = this.discount ?? 0
    const sku = this.sku.trim()
    return { sku, category: this.category.trim(), quantity, amount, list_amount: amount + discount, discount, attributes: {} }
  }
}

export type SaleDraft = Omit<SaleBody, 'occurred_at'>

/** The bill that is being typed. */
export class Sale {
  lines = $state([new Line()])
  tender = $state<(typeof TENDERS)[number]>('cash')
  /** Cash without its smallest coins (抹零): kept for the next bill, because a till works one way all day. */
  roundOff = $state(false)
  /** Points the cashier was asked to use, before rounding to the program's step. */
  wantedPoints = $state<number | null>(null)
  unreadablePoints = $state('')
  unreadableMoney = $state('')
  /** Book for the customer although the card on the counter can't be used. */
  withoutCard = $state(false)
  readonly post = new Operation<SaleAnswer>()

  constructor(readonly till: Till) {}

  get total(): number {
    return this.lines.reduce((sum, line) => sum + (line.amount ?? 0), 0)
  }

  /** What must be put right before this bill can be booked. */
  get faults(): Fault[] {
    const digits = me().chain.minor_units
    const points = fault({ line: 0, field: 'points', text: this.unreadablePoints }, readDecimal(this.unreadablePoints, 0))
    const money = fault({ line: 0, field: 'points', text: this.unreadableMoney }, readDecimal(this.unreadableMoney, digits))
    return [...this.lines.flatMap((line, i) => line.faults(i + 1, digits)), ...points, ...money]
  }

  /** The most points that this bill, this balance and the program allow. */
  get mostPoints(): number {
    const rate = this.till.pointsTender
    if (rate === null || !this.till.usable || rate.money <= 0) return 0
    const due = this.#rounds ? this.total - (this.total % SMALLEST_COINS) : this.total
    const share = mulDiv(due, rate.max_share_ppm, 1_000_000)
    const most = Math.min(this.till.available, mulDiv(share, rate.points, rate.money))
    return most - (most % Math.max(rate.step, 1))
  }

  /** What is really used: asked 1050, in steps of 100, is 1000. */
  get points(): number {
    const rate = this.till.pointsTender
    if (rate === null || this.wantedPoints === null) return 0
    const capped = Math.min(this.wantedPoints, this.mostPoints)
    return capped - (capped % Math.max(rate.step, 1))
  }

  get pointsMoney(): number {
    const rate = this.till.pointsTender
    return rate === null ? 0 : mulDiv(this.points, rate.money, rate.points)
  }

  set pointsMoney(money: number | null) {
    const rate = this.till.pointsTender
    if (rate !== null) this.wantedPoints = money === null ? null : mulDiv(money, rate.points, rate.money)
  }

  /** Can this bill be rounded? In cash, in a currency of hundredths. */
  get roundable(): boolean {
    return this.tender === 'cash' && me().chain.minor_units === 2 && (this.total - this.pointsMoney) % SMALLEST_COINS !== 0
  }

  /** What is let off. */
  get rounding(): number {
    return this.#rounds ? (this.total - this.pointsMoney) % SMALLEST_COINS : 0
  }

  get toPay(): number {
    return this.total - this.pointsMoney - this.rounding
  }

  get #rounds(): boolean {
    return this.roundOff && this.tender === 'cash' && me().chain.minor_units === 2
  }

  /** The request without its time; null while it isn't complete. */
  draft(): SaleDraft | null {
    const typed = this.lines.filter((line) => !line.blank)
    const lines = typed.map((line) => line.body())
    const { till } = this
    if (lines.length === 0 || lines.includes(null) || this.faults.length > 0 || this.total <= 0 || till.receipt.trim() === '') return null
    const both: Tender[] = [
      { kind: 'points', amount: this.pointsMoney },
      { kind: this.tender, amount: this.toPay },
    ]
    const tenders = both.filter((tender) => tender.amount > 0)
    return {
      store_id: till.storeId,
      member: this.#member(),
      source: 'till',
      till: till.name,
      receipt: till.receipt.trim(),
      lines: lines as SaleLine[],
      tenders,
      ...(this.rounding > 0 && { rounding: this.rounding }),
    }
  }

  addLine(): void {
    this.lines.push(new Line())
  }

  removeLine(index: number): void {
    this.lines.splice(index, 1)
    if (this.lines.length === 0) this.addLine()
  }

  usePoints(points: number | null): void {
    this.wantedPoints = points
    this.unreadablePoints = ''
    this.unreadableMoney = ''
  }

  nextTender(): void {
    this.tender = TENDERS[(TENDERS.indexOf(this.tender) + 1) % TENDERS.length] ?? 'cash'
  }

  clear(): void {
    this.lines = [new Line()]
    this.tender = 'cash'
    this.usePoints(null)
    this.withoutCard = false
    this.post.clear()
  }

  #member(): SaleBody['member'] {
    const { card, customer } = this.till
    if (card === null) return customer && { customer_id: customer.id }
    return this.withoutCard && card.customer ? { customer_id: card.customer.id } : { card: card.number }
  }
}
