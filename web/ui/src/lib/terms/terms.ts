// Texts that members accept, as both the till and head office show them.
import { call } from '$lib/api/client'
import type { Page, Problem, TermsKind, TermsListed, TermsVersion } from '$lib/api/types'

export const TERMS_KINDS = ['membership', 'stored_value', 'privacy', 'marketing'] as const satisfies TermsKind[]

/** The languages in which texts are written here; the interface takes others too. */
export const TERMS_LANGUAGES = ['zh-CN', 'en'] as const

/** The version of a kind that holds; null: none has been published. */
export async function latestTerms(kind: TermsKind): Promise<TermsListed | null> {
  const { items } = await call<Page<TermsListed>>(`/terms?kind=${kind}&limit=1`)
  return items[0] ?? null
}

/** A version with its text; it never changes. */
export const readTerms = (id: string): Promise<TermsVersion> => call<TermsVersion>(`/terms/${id}`)

/** The texts that a refusal demands to be accepted, beside those that were demanded before. */
export function demandedBy(problem: Problem | null, before: TermsKind[]): TermsKind[] {
  if (problem?.code !== 'terms_not_accepted') return before
  const kinds = (problem.errors ?? []).map(({ pointer }) => pointer.split('/')[2] as TermsKind)
  return [...before, ...kinds.filter((kind) => !before.includes(kind))]
}

/** What is sent of texts that were accepted at the counter; nothing where none were. */
export const acceptedAtTheCounter = (ids: string[]) => (ids.length === 0 ? {} : { accepted_terms: ids.map((terms_id) => ({ terms_id, channel: 'till' as const })) })
