export { asked } from '../../form/fields'
import type { CustomerCard, FieldDefinition, FieldVersion, RequiredDocument } from '$lib/api/types'
import { formatDecimal } from '$lib/decimal'
import { money } from '$lib/format'
import { say, t } from '$lib/i18n/index.svelte'

/** One field of a card: where it stands, what it is called, how it is typed. */
export interface Line {
  /** Below the group: `['owner', 'age']`. */
  path: string[]
  label: string
  kind: string
  choices: { code: string; label: string }[]
  digits: number
  required: boolean
  /** Of a checklist. */
  documents: RequiredDocument[]
}

export type Card = CustomerCard

/** The groups of a card with their fields; the chain's own come last, from its declarations. */
const GROUPS: Record<string, string[]> = {
  person: ['sex', 'native_place', 'employer', 'occupation', 'products_used'],
  contact: ['mail', 'wechat', 'qq', 'address', 'postcode', 'plates'],
  company: ['form', 'trade', 'founded_on', 'first_deal_on', 'capital', 'credit_code', 'owner', 'manager', 'legal_representative'],
  characteristics: ['service_area', 'capacity', 'potential', 'philosophy', 'policy', 'size'],
  business: ['performance', 'people', 'competitors', 'cooperation'],
  deal: ['activity', 'problems', 'strengths', 'plans', 'image', 'reputation', 'credit', 'terms', 'credit_problems'],
}
const LEADERS = ['owner', 'manager', 'legal_representative']
const LEADER = ['name', 'character', 'interests', 'family', 'education', 'age', 'ability']
const KINDS: Record<string, string> = {
  sex: 'choice', products_used: 'list', plates: 'list', founded_on: 'date', first_deal_on: 'date', capital: 'money', age: 'number',
}
export const SOURCES = ['visit', 'self', 'survey', 'contract', 'import'] as const
/** What is shown masked isn't sent back. */
export const MASKED = ['phone', 'identity', 'plate', 'mail']

function line(path: string[]): Line {
  const name = path.at(-1) ?? ''
  const label = path.length === 1 ? t(`card-${name}`) : t('card-leader', { who: t(`card-${path[0]}`), what: t(`leader-${name}`) })
  const choices = name === 'sex' ? ['female', 'male'].map((code) => ({ code, label: t(`sex-${code}`) })) : []
  return { path, label, kind: KINDS[name] ?? 'text', choices, digits: 0, required: false, documents: [] }
}

/** A declared field. */
export function own(field: FieldDefinition): Line {
  const choices = (field.choices ?? []).map(({ code, label }) => ({ code, label: say(label) }))
  return { path: [field.name], label: say(field.label), kind: field.kind, choices, digits: field.digits ?? 0, required: field.required ?? false, documents: field.documents ?? [] }
}

export const groups = (): string[] => [...Object.keys(GROUPS), 'own']

/** A group's fields; of the chain's own those of the newest declarations. */
export function lines(group: string, newest: FieldVersion | undefined): Line[] {
  if (group === 'own') return (newest?.fields ?? []).map(own)
  return (GROUPS[group] ?? []).flatMap((name) => (LEADERS.includes(name) ? LEADER.map((part) => line([name, part])) : [line([name])]))
}

/** The chain's own fields that hold something, each as it was declared when it was written. */
export function written(card: Card, versions: FieldVersion[]): { line: Line; value: unknown; current: boolean }[] {
  const newest = versions[0]?.version
  return Object.entries(card.own).flatMap(([name, { version, value }]) => {
    const field = versions.find((one) => one.version === version)?.fields.find((one) => one.name === name)
    return field ? [{ line: own(field), value, current: version === newest || (versions[0]?.fields ?? []).some((one) => one.name === name) }] : []
  })
}

/** What a card holds in a group. */
export function held(card: Card | undefined, group: string, path: string[]): unknown {
  let value: unknown = card?.[group as keyof Card]
  for (const part of path) value = (value as Record<string, unknown> | null | undefined)?.[part]
  return (group === 'own' ? (value as { value?: unknown } | undefined)?.value : value) ?? null
}

export function isMasked(group: string, kind: string, name: string): boolean {
  return group === 'own' ? MASKED.includes(kind) : group === 'contact' && name !== 'postcode'
}

/** Sets what stands at a path of a patch. */
export function put(target: Record<string, unknown>, path: string[], value: unknown): void {
  const [first, ...rest] = path
  if (first === undefined) return
  if (rest.length === 0) target[first] = value
  else put((target[first] ??= {}) as Record<string, unknown>, rest, value)
}

const choiceLabel = (field: FieldDefinition, code: string) => {
  const choice = field.choices?.find((one) => one.code === code)
  return choice ? say(choice.label) : code
}

const LINES = Object.keys(GROUPS).flatMap((group) => lines(group, undefined).map(({ path }) => [`card/${group}/${path.join('/')}`, path] as const))

/** One of the chain's own fields at a place, by the newest declarations that have it. */
function ownAt(field: string, versions: FieldVersion[]): FieldDefinition | undefined {
  const name = field.startsWith('card/own/') ? field.slice('card/own/'.length) : undefined
  return versions.flatMap((version) => version.fields).find((one) => one.name === name)
}

/** What a field is called by its place (`name`, `card/contact/mail`); the chain's own by their code where nothing is declared. */
export function placeOf(field: string, versions: FieldVersion[] = []): string {
  const declared = ownAt(field, versions)
  if (declared) return say(declared.label)
  const path = LINES.find(([place]) => place === field)?.[1]
  if (path) return line(path).label
  if (field === 'card/kind') return t('card-whose')
  return field.startsWith('card/own/') ? field.slice('card/own/'.length) : t(`earlier-${field}`)
}

/** What stood at a place, as people read it. */
export function wasShown(field: string, value: unknown, versions: FieldVersion[] = []): string {
  const declared = ownAt(field, versions)
  if (declared?.kind === 'money') return money(Number(value))
  if (declared?.kind === 'decimal') return formatDecimal(Number(value), declared.digits ?? 0, false)
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no')
  if (declared?.choices?.length) return [value].flat().map((code) => choiceLabel(declared, String(code))).join('、')
  if (field === 'card/kind') return t(`card-kind-${String(value)}`)
  if (field === 'form_of_address') return t(`earlier-form-${String(value)}`)
  if (field === 'birthday_calendar') return t(`birthday-calendar-${String(value)}`)
  if (field === 'identity_kind') return t(`earlier-document-${String(value)}`)
  if (field === 'card/person/sex') return t(`sex-${String(value)}`)
  if (field === 'card/company/capital') return money(Number(value))
  if (Array.isArray(value)) return value.join('、')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
