// What a chain's journals are about, as it says itself.
import { call } from '$lib/api/client'
import type { CategoryRule, JournalCategories } from '$lib/api/types'
import { may } from '$lib/session.svelte'

let known = $state.raw<CategoryRule[]>([])
let learning: Promise<void> | null = null

/** Asks for the categories, once, or again after they were changed. Without them lists are shown nevertheless. */
export function learnCategories(anew = false): Promise<void> {
  if (!may('journal.read')) return Promise.resolve()
  if (learning === null || anew) {
    learning = call<JournalCategories>('/journal-categories').then(
      ({ value }) => void (known = value.categories),
      () => void (learning = null),
    )
  }
  return learning
}

/** All of them, for filters. */
export const categories = (): CategoryRule[] => known

/** What people may write about now; `record` is written by the system when a record moves. `kept` is there though archived. */
export const writable = (kept?: string): CategoryRule[] =>
  known.filter(({ code, active }) => code === kept || (active && code !== 'record'))
