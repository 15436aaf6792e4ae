// What the chain answers for: ages of what members have, names of what is counted.
import { formatDecimal } from '$lib/decimal'
import { count } from '$lib/format'
import { hasText, t } from '$lib/i18n/index.svelte'
import { me } from '$lib/session.svelte'
import type { Ages } from '$lib/api/types'

export const PROGRAMS = { path: '/programs', read: 'program.read' }
export const STORES = { path: '/stores', read: 'store.read' }
export const STAFF = { path: '/staff', read: 'staff.read' }

/** From the youngest to the oldest. */
export const AGES = ['up_to_3_months', 'up_to_6_months', 'up_to_12_months', 'older'] as const satisfies readonly (keyof Ages)[]

const isMoney = (asset: string): boolean => asset === 'principal' || asset === 'bonus'

/** Points, stored value, sessions of a service. */
export function assetName(asset: string): string {
  const [kind, service] = asset.split(':')
  const name = hasText(`asset-${kind}`) ? t(`asset-${kind}`) : asset
  return service === undefined ? name : `${name} ${service}`
}

/** A figure of an asset: value in the currency's decimals, everything else as it is counted. */
export function amountOf(asset: string, amount: number): string {
  return isMoney(asset) ? formatDecimal(amount, me().chain.minor_units) : count(amount)
}

/** A bar: where each part begins and how long it is, of a whole of 100. */
export function bars(figures: readonly number[]): { from: number; length: number }[] {
  const total = figures.reduce((sum, figure) => sum + Math.max(figure, 0), 0)
  let from = 0
  return figures.map((figure) => {
    const length = total === 0 ? 0 : (Math.max(figure, 0) * 100) / total
    const bar = { from, length }
    from += length
    return bar
  })
}

/** The first day of the month that a day lies in. */
export const monthOf = (day: string): string => `${day.slice(0, 8)}01`

/** The first day of a month so many months before one. */
export function monthBefore(month: string, months: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, number - 1 - months, 1)).toISOString().slice(0, 10)
}
