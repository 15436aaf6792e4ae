import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle'
import type { Text } from '$lib/api/types'

export const LOCALES = ['zh-CN', 'en'] as const
export type Locale = (typeof LOCALES)[number]

const STORAGE_KEY = 'cardea.locale'

const files = import.meta.glob<string>('/locales/*/*.ftl', { query: '?raw', import: 'default', eager: true })

function bundle(locale: Locale): FluentBundle {
  const result = new FluentBundle(locale, { useIsolating: false })
  for (const [path, source] of Object.entries(files)) {
    if (path.startsWith(`/locales/${locale}/`)) result.addResource(new FluentResource(source))
  }
  return result
}

const bundles: Record<Locale, FluentBundle> = { 'zh-CN': bundle('zh-CN'), en: bundle('en') }

function stored(): Locale {
  return localStorage.getItem(STORAGE_KEY) === 'en' ? 'en' : 'zh-CN'
}

const state = $state({ locale: stored() })
document.documentElement.lang = state.locale

export function locale(): Locale {
  return state.locale
}

export function setLocale(next: Locale): void {
  state.locale = next
  localStorage.setItem(STORAGE_KEY, next)
  document.documentElement.lang = next
}

export function hasText(id: string): boolean {
  return bundles[state.locale].hasMessage(id)
}

/** The text of a message in the language of the page. */
export function t(id: string, args?: Record<string, FluentVariable>): string {
  const current = bundles[state.locale]
  const pattern = current.getMessage(id)?.value
  return pattern == null ? id : current.formatPattern(pattern, args)
}

/** The page's language out of a pair that the server sends. */
export function say(text: Text): string {
  return state.locale === 'en' ? text.en : text.zh
}
