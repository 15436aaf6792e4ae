import type { RebateAgreement } from '$lib/api/types'
import { formatDecimal } from '$lib/decimal'

export const PERIODS = ['month', 'quarter', 'half_year', 'year'] as const satisfies RebateAgreement['terms']['period'][]
export const GRADINGS = ['whole', 'marginal'] as const satisfies RebateAgreement['terms']['grading'][]
export const MOST_TIERS = 20

/** A tier as it is typed: figures may still be missing. */
export interface TypedTier {
  /** Minor units. */
  from: number | null
  /** Parts per million. */
  rate_ppm: number | null
}

/** What was agreed on, as a form holds it. */
export interface TypedRebate {
  period: (typeof PERIODS)[number]
  grading: (typeof GRADINGS)[number]
  tax_ppm: number | null
  tiers: TypedTier[]
}

export const blankTier = (): TypedTier => ({ from: null, rate_ppm: null })
export const blankRebate = (): TypedRebate => ({ period: 'quarter', grading: 'whole', tax_ppm: null, tiers: [blankTier()] })

export function typedRebate(agreed: RebateAgreement | null | undefined): TypedRebate | null {
  if (agreed == null) return null
  const { period, grading, tiers } = agreed.terms
  return { period, grading, tax_ppm: agreed.tax_ppm ?? null, tiers: tiers.map((tier) => ({ ...tier })) }
}

/** As it is sent; rows in which nothing was typed are left out. */
export function rebateBody(typed: TypedRebate | null): RebateAgreement | null {
  if (typed === null) return null
  const tiers = typed.tiers.filter(({ from, rate_ppm }) => from !== null || rate_ppm !== null).map(({ from, rate_ppm }) => ({ from: from ?? 0, rate_ppm: rate_ppm ?? 0 }))
  return { terms: { period: typed.period, grading: typed.grading, tiers }, ...(typed.tax_ppm !== null && { tax_ppm: typed.tax_ppm }) }
}

/** 20000 → 2 % */
export const percent = (ppm: number): string => `${formatDecimal(ppm, 4, true)}%`

/** The days that a statement begins with: of the year in which the contract holds last, no later than today. */
export function usualDays(today: string, starts_on: string, last: string | null): { from: string; to: string } | null {
  if (starts_on > today) return null
  const to = last !== null && last < today ? last : today
  const year = `${to.slice(0, 4)}-01-01`
  return { from: starts_on > year ? starts_on : year, to }
}
