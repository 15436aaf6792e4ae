import type { BlankState, CardBatch, CardCount, CardKind, Program } from '$lib/api/types'
import { date } from '$lib/format'
import { say, t } from '$lib/i18n/index.svelte'
import { choices, learn, nameOf } from '$lib/resource/names.svelte'
import { me } from '$lib/session.svelte'
import { STORES } from '../contracts/contract'

export { STAFF, STORES } from '../contracts/contract'
export const PROGRAMS = { path: '/programs', read: 'program.read' }
export const BATCHES = { path: '/card-batches', read: 'card_stock.read' }

export const KINDS = ['customer', 'anonymous', 'temporary', 'employee', 'supplier'] as const satisfies CardKind[]
export const STATES = ['in_stock', 'in_transit', 'issued', 'lost', 'damaged', 'void'] as const satisfies BlankState[]

/** What the pages show names of. */
export function learnNames(): void {
  for (const list of [STORES, PROGRAMS, BATCHES]) learn(list)
}

/** A place: a store, or HQ. */
export const place = (store: string | null | undefined): string => (store == null ? t('stock-hq') : nameOf(STORES, store))

export const programOf = (id: string): string => {
  const found = choices(PROGRAMS).find((one) => one.id === id) as Program | undefined
  return found ? say(found.name) : nameOf(PROGRAMS, id)
}

/** Places at which somebody may act: any with HQ for who works for the chain, otherwise the own stores. */
export function places(chain: boolean): { id: string; name: string }[] {
  if (!chain) return me().stores
  return choices(STORES).map((one) => ({ id: one.id, name: nameOf(STORES, one.id) }))
}

export const batchName = (id: string | null | undefined): string => (id == null ? '' : nameOf(BATCHES, id))
export const range = ({ first, last }: { first: number; last: number }): string => (first === last ? String(first) : `${first}–${last}`)
export const about = (batch: CardBatch): string =>
  [programOf(batch.program_id), t(`kind-${batch.kind}`), batch.valid_through ? t('batch-through', { day: date(batch.valid_through) }) : ''].filter((one) => one !== '').join(' · ')

/** A body's place: HQ isn't named. */
export const at = (name: 'store_id' | 'from_store_id' | 'to_store_id', store: string) => (store === '' ? {} : { [name]: store })

/** What of a count isn't as the books say. */
export const differences = ({ missing, surplus, found_again, unknown }: CardCount['counts']): number => missing + surplus + found_again + unknown
