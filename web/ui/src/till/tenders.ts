import type { Tender } from '$lib/api/types'
import { money } from '$lib/format'
import { t } from '$lib/i18n/index.svelte'

const text = ({ kind, amount }: Tender) => `${t(`tender-${kind}`)} ${money(amount)}`

/** What comes out of the drawer or goes back to a card, for people: "现金 ¥78.50". */
export function moneyText(tenders: Tender[]): string {
  return tenders.filter(({ kind }) => kind !== 'points').map(text).join(' · ')
}

/** All tenders, money first. */
export function tendersText(tenders: Tender[]): string {
  const points = tenders.filter(({ kind }) => kind === 'points').map(text)
  return [moneyText(tenders), ...points].filter((part) => part !== '').join(' · ')
}
