import type { SaleLine } from '$lib/api/types'
import { readDecimal, type Unreadable } from '$lib/decimal'

/** Something of the bill that can't be booked as it was typed. */
export interface Fault {
  /** From 1; 0 for what isn't part of a line. */
  line: number
  /** Message that names the field. */
  name: string
  /** What was typed, or the money that is too much or too little. */
  text: string
  digits: number
  why: Unreadable | 'zero' | 'over' | 'short'
}

/** The fault of a field whose text is no number. */
export function unreadableFault(line: number, name: string, text: string, digits: number): Fault[] {
  const why = readDecimal(text, digits)
  return typeof why === 'string' ? [{ line, name, text, digits, why }] : []
}

/** A line as session storage keeps it. */
export type KeptLine = Pick<Line, 'sku' | 'category' | 'quantity' | 'discount' | 'amount' | 'unreadable'>

export class Line {
  sku = $state('')
  category = $state('')
  quantity = $state<number | null>(1000)
  discount = $state<number | null>(null)
  /** What is paid for the line, after the discount. */
  amount = $state<number | null>(null)
  /** What was typed into a field and is no such number: a line of which anything is typed is never left out. */
  unreadable = $state({ quantity: '', discount: '', amount: '' })

  static of(kept: KeptLine): Line {
    return Object.assign(new Line(), kept)
  }

  get blank(): boolean {
    const figures = this.amount === null && this.discount === null && Object.values(this.unreadable).every((text) => text === '')
    return figures && this.sku.trim() === '' && this.category.trim() === ''
  }

  /** Why this line can't be booked as it stands. */
  faults(line: number, digits: number): Fault[] {
    const { quantity, discount, amount } = this.unreadable
    const none = !this.blank && (this.quantity === 0 || (this.quantity === null && quantity === ''))
    const zero: Fault[] = none ? [{ line, name: 'line-quantity', text: '', digits: 3, why: 'zero' }] : []
    return [
      ...zero,
      ...unreadableFault(line, 'line-quantity', quantity, 3),
      ...unreadableFault(line, 'line-discount', discount, digits),
      ...unreadableFault(line, 'line-amount', amount, digits),
    ]
  }

  body(): SaleLine | null {
    const { amount, quantity } = this
    if (amount === null || quantity === null || quantity === 0) return null
    const discount = this.discount ?? 0
    const sku = this.sku.trim()
    return { sku, category: this.category.trim(), quantity, amount, list_amount: amount + discount, discount, attributes: {} }
  }

  kept(): KeptLine {
    const { sku, category, quantity, discount, amount, unreadable } = this
    return { sku, category, quantity, discount, amount, unreadable: { ...unreadable } }
  }
}
