import { formatDecimal } from '$lib/decimal'
import { count } from '$lib/format'
import { me } from '$lib/session.svelte'

/** What a file is held against, in this order. */
export const FIGURES = ['memberships', 'points', 'principal', 'bonus', 'sessions'] as const
export type Figure = (typeof FIGURES)[number]
export type Totals = Record<Figure, number | null>

const isMoney = (name: Figure): boolean => name === 'principal' || name === 'bonus'

export const digitsOf = (name: Figure, minorUnits: number): number => (isMoney(name) ? minorUnits : 0)

/** Money in the currency's decimals, everything else as it is counted. */
export const shownTotal = (name: Figure, total: number): string =>
  isMoney(name) ? formatDecimal(total, me().chain.minor_units) : count(total)
