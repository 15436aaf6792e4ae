import type { Schema } from '@sjsf/form'
import type { Locale } from '$lib/i18n/index.svelte'

interface Chinese {
  title?: string
  description?: string
}

/** The plugin's schema in the page's language: `x-zh` stands beside the English title and description. */
export function localised(schema: unknown, locale: Locale): Schema {
  return walk(schema, locale) as Schema
}

function walk(node: unknown, locale: Locale): unknown {
  if (Array.isArray(node)) return node.map((item) => walk(item, locale))
  if (typeof node !== 'object' || node === null) return node
  const copy: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(node)) copy[key] = walk(value, locale)
  const chinese = (node as { 'x-zh'?: Chinese })['x-zh']
  if (locale === 'zh-CN' && typeof chinese === 'object') Object.assign(copy, chinese)
  return copy
}
