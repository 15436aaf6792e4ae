import type { CountOutcome, Lending, Original, StockOutcome, StockTake } from '$lib/api/types'
import { businessDate } from '$lib/format'
import { t } from '$lib/i18n/index.svelte'

const MS_OF_DAY = 86_400_000

/** So many days later, as YYYY-MM-DD. */
export function later(day: string, days: number): string {
  return new Date(Date.parse(day) + days * MS_OF_DAY).toISOString().slice(0, 10)
}

/** How many days a paper has been away too long; 0: it hasn't. */
export function daysOver({ due_on, overdue }: Pick<Lending, 'due_on' | 'overdue'>): number {
  return overdue ? Math.round((Date.parse(businessDate()) - Date.parse(due_on)) / MS_OF_DAY) : 0
}

/** Where an original is, in a word, and the colour of it. */
export function whereabouts({ state, loan }: Original): { text: string; colour: string } {
  if (loan?.overdue) return { text: t('original-overdue', { days: daysOver(loan) }), colour: 'bad' }
  return { text: t(`original-${state}`), colour: { kept: 'good', lent: 'gold', missing: 'bad' }[state] }
}

/** Of originals, and of blank cards. */
const OUTCOMES: Record<StockOutcome | CountOutcome, string> = { found: 'good', missing: 'bad', unexpected: 'gold', surplus: 'gold', lent_found: 'gold', found_again: 'gold', unknown: 'bad', moved: '' }
export const outcomeColour = (outcome: StockOutcome | CountOutcome): string => OUTCOMES[outcome]

/** What in a stock-take isn't as the books say. */
export const differences = ({ missing, unexpected, lent_found, unknown }: StockTake['counts']): number => missing + unexpected + lent_found + unknown
