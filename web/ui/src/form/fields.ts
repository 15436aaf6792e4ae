import type { FieldDefinition, Problem } from '$lib/api/types'
import { t } from '$lib/i18n/index.svelte'

export interface Field {
  /** Where it stands on the card: `phones`, `card/contact/mail`. */
  place: string
  kind: 'text' | 'date' | 'tel' | 'list' | 'sex'
  autocomplete: 'bday' | 'organization' | 'organization-title' | 'tel' | 'email' | 'street-address' | 'postal-code' | 'off'
}

const field = (place: string, kind: Field['kind'] = 'text', autocomplete: Field['autocomplete'] = 'off'): Field => ({ place, kind, autocomplete })

/** The fields of each group, in the order in which they are asked for. */
export const FIELDS: Record<string, Field[]> = {
  person: [
    field('birthday', 'date', 'bday'),
    field('card/person/sex', 'sex'),
    field('card/person/native_place'),
    field('card/person/employer', 'text', 'organization'),
    field('card/person/occupation', 'text', 'organization-title'),
    field('card/person/products_used', 'list'),
  ],
  contact: [
    field('phones', 'tel', 'tel'),
    field('card/contact/mail', 'text', 'email'),
    field('card/contact/wechat'),
    field('card/contact/qq'),
    field('card/contact/address', 'text', 'street-address'),
    field('card/contact/postcode', 'text', 'postal-code'),
    field('card/contact/plates', 'list'),
  ],
  company: [field('card/company/form'), field('card/company/trade'), field('card/company/founded_on', 'date'), field('card/company/credit_code')],
}

const ALL = Object.values(FIELDS).flat()

export function labelOf({ place }: Field): string {
  return t(place.startsWith('card/') ? `card-${place.split('/').at(-1) ?? ''}` : `earlier-${place}`)
}

/** Is one of the chain's own fields asked for, by what is filled in? */
export function asked(fields: FieldDefinition[], name: string, value: (name: string) => unknown): boolean {
  const field = fields.find((one) => one.name === name)
  if (!field?.when) return true
  const { field: other, is } = field.when
  const held = [value(other)].flat().map(String)
  return asked(fields, other, value) && held.some((one) => is.includes(one))
}

/** What was typed, as the interface takes it; of the chain's own fields by name. */
export function answersOf(typed: Record<string, string>, own: Record<string, unknown>): Record<string, unknown> {
  const answers: Record<string, unknown> = {}
  const filled = Object.entries(own).filter(([, value]) => value !== null)
  if (filled.length > 0) answers['card'] = { own: Object.fromEntries(filled) }
  for (const { place, kind } of ALL) {
    const text = (typed[place] ?? '').trim()
    if (text === '') continue
    const value = kind === 'tel' ? [text] : kind === 'list' ? text.split(/[、,，;；]/).map((one) => one.trim()).filter((one) => one !== '') : text
    const path = place.split('/')
    let target = answers
    for (const part of path.slice(0, -1)) target = (target[part] ??= {}) as Record<string, unknown>
    target[path.at(-1) ?? ''] = value
  }
  return answers
}

/** What is said of each field, by its place. */
export function faultsOf(problem: Problem | null): Record<string, string> {
  const faults: Record<string, string> = {}
  for (const { pointer, detail } of problem?.errors ?? []) {
    const own = /^\/answers\/(card\/own\/[^/]+)/.exec(pointer)?.[1]
    const place = own ?? ALL.find(({ place }) => pointer === `/answers/${place}` || pointer.startsWith(`/answers/${place}/`))?.place
    if (place !== undefined) faults[place] ??= detail
  }
  return faults
}
