// Texts that members accept, as both the till and head office show them.
import { call } from '$lib/api/client'
import type { Page, TermsKind, TermsListed, TermsVersion } from '$lib/api/types'

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
