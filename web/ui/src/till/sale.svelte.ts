import { Operation } from '$lib/api/operation.svelte'
import type { SaleAnswer, SaleBody, SaleLine, Tender, TenderKind } from '$lib/api/types'
import { mulDiv } from '$lib/decimal'
import { money } from '$lib/format'
import { me } from '$lib/session.svelte'
import { Line, unreadableFault, type Fault, type KeptLine } from './line.svelte'
import type { Till } from './till.svelte'

export const TENDERS = ['cash', 'card', 'mobile'] as const satisfies TenderKind[]
export type MoneyTender = (typeof TENDERS)[number]

/** Hundredths below ten: 128.57 in cash is 128.50. */
const SMALLEST_COINS = 10

export type SaleDraft = Omit<SaleBody, 'occurred_at'>

const NOTHING_TYPED = { cash: null, card: null, mobile: null } as Record<MoneyTender, number | null>
const ALL_READABLE = { points: '', worth: '', received: '', cash: '', card: '', mobile: '' }

/** A bill as session storage keeps it. */
export interface KeptSale {
  lines: KeptLine[]
  tender: MoneyTender
  parts: Record<MoneyTender, number | null>
  received: number | null
  wantedPoints: number | null
  unreadable: typeof ALL_READABLE
  withoutCard: boolean
}

/** The bill that is being typed. */
export class Sale {
  lines = $state([new Line()])
  /** The tender that takes what the others leave. */
  tender = $state<MoneyTender>('cash')
  /** What was typed for each of the others. */
  parts = $state({ ...NOTHING_TYPED })
  /** Cash that the customer has handed over. */
  received = $state<number | null>(null)
  /** Cash without its smallest coins (抹零): kept for the next bill, because a till works one way all day. */
  roundOff = $state(false)
  /** Points the cashier was asked to use, before rounding to the program's step. */
  wantedPoints = $state<number | null>(null)
  /** Texts of the fields below the lines that are no numbers. */
  unreadable = $state({ ...ALL_READABLE })
  /** Book for the customer although the card on the counter can't be used. */
  withoutCard = $state(false)
  /** The sum beyond the chain's limit that the cashier has said is meant. */
  meant = $state<number | null>(null)
  readonly post = new Operation<SaleAnswer>()

  constructor(readonly till: Till) {}

  get total(): number {
    return this.lines.reduce((sum, line) => sum + (line.amount ?? 0), 0)
  }

  /** Would anything be lost if this bill were cleared? */
  get typed(): boolean {
    const figures = [this.received, this.wantedPoints, ...Object.values(this.parts)]
    const texts = Object.values(this.unreadable)
    return this.lines.some((line) => !line.blank) || figures.some((figure) => figure !== null) || texts.some((text) => text !== '')
  }

  /** What must be put right before this bill can be booked. */
  get faults(): Fault[] {
    const digits = me().chain.minor_units
    const { points, worth, received } = this.unreadable
    const found = [
      ...this.lines.flatMap((line, i) => line.faults(i + 1, digits)),
      ...unreadableFault(0, 'points-to-use', points, 0),
      ...unreadableFault(0, 'points-money', worth, digits),
      ...unreadableFault(0, 'received', received, digits),
      ...TENDERS.flatMap((kind) => unreadableFault(0, `tender-${kind}`, this.unreadable[kind], digits)),
    ]
    if (this.rest < 0) found.push({ line: 0, name: 'tender', text: money(-this.rest), digits, why: 'over' })
    else if (this.change !== null && this.change < 0) found.push({ line: 0, name: 'received', text: money(-this.change), digits, why: 'short' })
    return found
  }

  /** The most points that this bill, this balance and the program allow. */
  get mostPoints(): number {
    const rate = this.till.pointsTender
    if (rate === null || !this.till.usable || rate.money <= 0) return 0
    const due = this.#rounds ? this.total - ((this.total - this.#others) % SMALLEST_COINS) : this.total
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

  set pointsMoney(worth: number | null) {
    const rate = this.till.pointsTender
    if (rate !== null) this.wantedPoints = worth === null ? null : mulDiv(worth, rate.points, rate.money)
  }

  /** Can this bill be rounded? Where the rest is cash, in a currency of hundredths. */
  get roundable(): boolean {
    return this.tender === 'cash' && me().chain.minor_units === 2 && this.#coins > 0
  }

  /** What is let off. */
  get rounding(): number {
    return this.#rounds ? Math.max(this.#coins, 0) : 0
  }

  get toPay(): number {
    return this.total - this.pointsMoney - this.rounding
  }

  /** What the chosen tender takes; negative where the others are more than the bill. */
  get rest(): number {
    return this.toPay - this.#others
  }

  /** Money by tender. */
  paidBy(kind: MoneyTender): number {
    return kind === this.tender ? this.rest : (this.parts[kind] ?? 0)
  }

  /** What goes back out of the drawer; negative while too little was handed over, null while nobody has counted. */
  get change(): number | null {
    const cash = this.paidBy('cash')
    return this.received === null || cash <= 0 ? null : this.received - cash
  }

  get #rounds(): boolean {
    return this.roundOff && this.tender === 'cash' && me().chain.minor_units === 2
  }

  get #coins(): number {
    return (this.total - this.pointsMoney - this.#others) % SMALLEST_COINS
  }

  get #others(): number {
    return TENDERS.reduce((sum, kind) => sum + (kind === this.tender ? 0 : (this.parts[kind] ?? 0)), 0)
  }

  /** The request without its time; null while it isn't complete. */
  draft(): SaleDraft | null {
    const typed = this.lines.filter((line) => !line.blank)
    const lines = typed.map((line) => line.body())
    const { till } = this
    if (lines.length === 0 || lines.includes(null) || this.faults.length > 0) return null
    if (this.total <= 0 || till.receipt.trim() === '') return null
    const money: Tender[] = TENDERS.map((kind) => ({ kind, amount: this.paidBy(kind) }))
    const all: Tender[] = [{ kind: 'points', amount: this.pointsMoney }, ...money]
    return {
      store_id: till.storeId,
      member: this.#member(),
      source: 'till',
      till: till.name,
      receipt: till.receipt.trim(),
      lines: lines as SaleLine[],
      tenders: all.filter((tender) => tender.amount > 0),
      ...(this.rounding > 0 && { rounding: this.rounding }),
      ...(this.meant === this.total && { over_limit: true }),
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
    this.unreadable.points = ''
    this.unreadable.worth = ''
  }

  choose(tender: MoneyTender): void {
    this.tender = tender
    this.parts[tender] = null
    this.unreadable[tender] = ''
  }

  nextTender(): void {
    this.choose(TENDERS[(TENDERS.indexOf(this.tender) + 1) % TENDERS.length] ?? 'cash')
  }

  clear(): void {
    this.restore({
      lines: [new Line().kept()],
      tender: 'cash',
      parts: NOTHING_TYPED,
      received: null,
      wantedPoints: null,
      unreadable: ALL_READABLE,
      withoutCard: false,
    })
  }

  /** All that was typed. */
  kept(): KeptSale {
    const { tender, received, wantedPoints, withoutCard } = this
    const lines = this.lines.map((line) => line.kept())
    return { lines, tender, parts: { ...this.parts }, received, wantedPoints, unreadable: { ...this.unreadable }, withoutCard }
  }

  restore({ lines, parts, unreadable, ...rest }: KeptSale): void {
    this.lines = lines.map(Line.of)
    this.parts = { ...parts }
    this.unreadable = { ...unreadable }
    Object.assign(this, rest)
    this.meant = null
    this.post.clear()
  }

  #member(): SaleBody['member'] {
    const { card, customer } = this.till
    if (card === null) return customer && { customer_id: customer.id }
    return this.withoutCard && card.customer ? { customer_id: card.customer.id } : { card: card.number }
  }
}
