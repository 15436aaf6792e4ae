import type { Locale } from '$lib/i18n/index.svelte'
import { localised } from './localise'

interface Node {
  title?: string
  const?: unknown
  oneOf?: Node[]
  items?: Node
  properties?: Record<string, Node>
}

/** A figure that differs. */
export interface Change {
  title: string
  from: string
  to: string
}

/** What differs between two configurations, in the words of the plugin's schema. */
export function changes(schema: unknown, before: Record<string, unknown>, after: Record<string, unknown>, names: string[], locale: Locale): Change[] {
  const { properties = {} } = localised(schema, locale) as Node
  return names.flatMap((name) => {
    const [from, to] = [before[name], after[name]].map((value) => shown(properties[name] ?? {}, value))
    return from === to ? [] : [{ title: properties[name]?.title ?? name, from: from ?? '', to: to ?? '' }]
  })
}

function shown(node: Node, value: unknown): string {
  if (value == null) return '—'
  if (Array.isArray(value)) return value.length === 0 ? '—' : value.map((item) => shown(node.items ?? {}, item)).join('、')
  if (typeof value === 'object') return Object.entries(value).map(([name, part]) => shown(node.properties?.[name] ?? {}, part)).join(' ')
  return node.oneOf?.find((one) => one.const === value)?.title ?? String(value)
}
