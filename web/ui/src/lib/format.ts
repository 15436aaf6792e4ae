import { locale, t } from '$lib/i18n/index.svelte'
import { formatDecimal } from './decimal'
import { me } from './session.svelte'

/** Money of the chain, from its minor units. */
export function money(units: number): string {
  const { currency, minor_units } = me().chain
  const decimal = formatDecimal(units, minor_units) as Intl.StringNumericLiteral
  const style = { style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: minor_units } as const
  return new Intl.NumberFormat(locale(), style).format(decimal)
}

export function count(value: number): string {
  return new Intl.NumberFormat(locale()).format(value)
}

export function signed(value: number): string {
  return new Intl.NumberFormat(locale(), { signDisplay: 'exceptZero' }).format(value)
}

/** A quantity in thousandths. */
export function quantity(thousandths: number): string {
  return formatDecimal(thousandths, 3, true)
}

export function instant(rfc3339: string): string {
  const options = { dateStyle: 'medium', timeStyle: 'short', timeZone: me().chain.time_zone } as const
  return new Intl.DateTimeFormat(locale(), options).format(new Date(rfc3339))
}

/** The time of day in the chain's zone. */
export function clock(rfc3339: string): string {
  const options = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: me().chain.time_zone } as const
  return new Intl.DateTimeFormat(locale(), options).format(new Date(rfc3339))
}

/** A day: 2026年12月1日, Dec 1, 2026. */
export function date(day: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeZone: 'UTC' }).format(Date.parse(day))
}

/** When something came into force; a program's first version counts for all bills, however old. */
export function since(rfc3339: string): string {
  return Date.parse(rfc3339) <= 0 ? t('from-the-start') : instant(rfc3339)
}

/** Today in the chain's zone, as YYYY-MM-DD. */
export function businessDate(now = new Date()): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: me().chain.time_zone }).format(now)
}

/** 90123456789012 → 9012 3456 7890 12 */
export function cardNumber(number: string): string {
  return number.replace(/(\d{4})(?=\d)/g, '$1 ')
}

/** The instant of a wall clock in the chain's zone: "2026-12-01T00:00" as a form field gives it. */
export function chainInstant(wallClock: string): string {
  const wanted = Date.parse(wallClock + 'Z')
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: me().chain.time_zone, dateStyle: 'short', timeStyle: 'medium' })
  const shownAt = (time: number) => Date.parse(clock.format(time).replace(' ', 'T') + 'Z')
  // Twice, because the offset at the first guess may be that of the other side of a clock change.
  let time = wanted - (shownAt(wanted) - wanted)
  time -= shownAt(time) - wanted
  return new Date(time).toISOString()
}
