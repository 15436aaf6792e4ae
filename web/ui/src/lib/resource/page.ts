import type { Component } from 'svelte'
import resources from '$lib/api/resources.gen.json'
import { hasText, t } from '$lib/i18n/index.svelte'

/** A field as the interface describes it. */
export interface Field {
  type: 'text' | 'number' | 'flag' | 'choice' | 'words' | 'id' | 'ids' | 'list' | 'instant' | 'date' | 'password' | 'object'
  required?: boolean
  nullable?: boolean
  /** Beginning of the labels of `choices`: `role-cashier`. */
  label?: string | null
  choices?: string[]
  minLength?: number
  maxLength?: number
  pattern?: string
  minimum?: number
  maximum?: number
}

export type Fields = Record<string, Field>

interface Described {
  shown: Fields
  filters: Fields
  create?: Fields
  change?: Fields
  operations: Record<string, Fields>
}

export type Item = Record<string, unknown> & { id: string; version?: number }

/** Where the names of ids come from: a list of the interface, and the permission for it. */
export interface Reference {
  path: string
  read: string
}

/**
 * A list with its forms and records, declared: columns, filters, limits and bodies are what the interface's description says of `path`.
 * The texts are messages: `stores`, `stores-new`, `stores-why`, and `field-<name>`, or `stores-<name>` where the general one doesn't fit.
 */
export interface ResourcePage {
  /** Name in addresses and messages. */
  name: string
  path: string
  /** Permissions. */
  read: string
  write?: string
  /** The field that a record is called by. */
  title: string
  /** In the list. */
  columns: string[]
  /** In forms, in this order. */
  fields?: string[]
  references?: Record<string, Reference>
  /** What a new one begins with. */
  start?: Record<string, unknown>
  /** Fields with stable names, such as `card.freeze`: what their words begin with. A name without words is shown as it is. */
  names?: Record<string, string>
  /** Numbers that are money. */
  money?: string[]
  /** Operations on one, beside change and archive. */
  operations?: string[]
  /** What a record shows below its fields. */
  more?: Component<{ item: Item; onchanged: (item: Item) => void }>
}

const described = resources as Record<string, Described>

export function description(page: ResourcePage): Described {
  const found = described[page.path]
  if (found === undefined) throw new Error(`the interface has no list ${page.path}`)
  return found
}

/** What has no words isn't shown: it is for machines, or has a page of its own. */
export function worded(page: ResourcePage, field: string): boolean {
  return hasText(`${page.name}-${field}`) || hasText(`field-${field}`)
}

export function label(page: ResourcePage, field: string): string {
  return hasText(`${page.name}-${field}`) ? t(`${page.name}-${field}`) : t(`field-${field}`)
}

/** What is shown where nothing is set: everywhere, unlimited, or simply none. */
export function nothing(field: string): string {
  return hasText(`none-${field}`) ? t(`none-${field}`) : t(field.endsWith('_id') ? 'nobody' : 'not-given')
}

export function choice(field: Field, value: string): string {
  return t(`${field.label}-${value}`)
}

/** What a stable name is called: `audit-action` and `card.freeze` → `audit-action-card-freeze`. */
export function nameOfStable(beginning: string, value: string): string {
  const words = `${beginning}-${value.replaceAll('.', '-')}`
  return hasText(words) ? t(words) : value
}

/** A form's fields in the declared order. `active` has its own button. */
export function formFields(page: ResourcePage, fields: Fields): [string, Field][] {
  return (page.fields ?? []).flatMap((name) => (fields[name] ? [[name, fields[name]]] : []))
}
