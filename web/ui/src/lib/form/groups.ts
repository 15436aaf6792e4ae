import { localised } from './localise'
import type { Locale } from '$lib/i18n/index.svelte'

type Schema = Record<string, unknown>

export interface Group {
  title: string
  /** The schema with this group's properties alone, in the plugin's order. */
  schema: Schema
  names: string[]
}

interface Declared {
  title: string
  properties: string[]
}

/** The parts that the plugin's schema declares in `x-groups`; what stands in none of them comes last, without a title. */
export function groups(schema: Schema, locale: Locale): Group[] {
  const properties = (schema['properties'] ?? {}) as Schema
  const declared = (localised(schema['x-groups'] ?? [], locale) as unknown as Declared[]).map(({ title, properties: names }) => ({
    title,
    names: names.filter((name) => name in properties),
  }))
  const rest = Object.keys(properties).filter((name) => !declared.some(({ names }) => names.includes(name)))
  return [...declared, { title: '', names: rest }]
    .filter(({ names }) => names.length > 0)
    .map(({ title, names }) => ({ title, names, schema: part(schema, names) }))
}

/** A group's own fields of a configuration. */
export function picked(value: Schema, names: string[]): Schema {
  return Object.fromEntries(names.flatMap((name) => (name in value ? [[name, value[name]]] : [])))
}

function part(schema: Schema, names: string[]): Schema {
  const properties = schema['properties'] as Schema
  const required = ((schema['required'] ?? []) as string[]).filter((name) => names.includes(name))
  const { description: _, ...rest } = schema
  return { ...rest, 'x-zh': {}, properties: Object.fromEntries(names.map((name) => [name, properties[name]])), required }
}
