// What the lines of a contract come to while they are typed: integers throughout, as the server counts.

/** A line as it is typed: figures may still be missing. */
export interface TypedLine {
  goods: string
  brand: string
  specification: string
  unit: string
  /** Thousandths. */
  quantity: number | null
  /** Minor units. */
  unit_price: number | null
  /** Parts per million. */
  tax_ppm: number | null
  tax_included: boolean
}

export interface Sum {
  amount: number
  tax: number
  total: number
}

/** n / d of what isn't negative, half up. */
function halfUp(n: bigint, d: bigint): bigint {
  return (2n * n + d) / (2n * d)
}

/** null while a figure is missing, or beyond what is counted. */
export function lineTotal({ quantity, unit_price, tax_ppm, tax_included }: TypedLine): Sum | null {
  if (quantity === null || unit_price === null || tax_ppm === null) return null
  const priced = halfUp(BigInt(quantity) * BigInt(unit_price), 1000n)
  const rate = BigInt(tax_ppm)
  const tax = halfUp(priced * rate, tax_included ? 1_000_000n + rate : 1_000_000n)
  const [amount, total] = tax_included ? [priced - tax, priced] : [priced, priced + tax]
  return total > BigInt(Number.MAX_SAFE_INTEGER) ? null : { amount: Number(amount), tax: Number(tax), total: Number(total) }
}

/** The sum of the lines that are complete. */
export function sumOf(lines: TypedLine[]): Sum {
  const totals = lines.map(lineTotal).filter((total) => total !== null)
  const all = (part: keyof Sum) => totals.reduce((sum, total) => sum + total[part], 0)
  return { amount: all('amount'), tax: all('tax'), total: all('total') }
}

export function blankLine(before?: TypedLine): TypedLine {
  const { tax_ppm, tax_included } = before ?? { tax_ppm: null, tax_included: true }
  return { goods: '', brand: '', specification: '', unit: '', quantity: null, unit_price: null, tax_ppm, tax_included }
}

/** Has nothing been typed into it? The rate is taken from the line before. */
export function isBlank({ goods, brand, specification, unit, quantity, unit_price }: TypedLine): boolean {
  return [goods, brand, specification, unit].every((text) => text.trim() === '') && quantity === null && unit_price === null
}
