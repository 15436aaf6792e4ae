// A template of contracts as the page holds it, apart from the screen.
import type { FieldDefinition, FieldError, Template, Text } from '$lib/api/types'

/** A clause as it is typed. */
export interface TypedClause {
  /** Stays the same while clauses are moved. */
  key: number
  open: boolean
  /** Both empty: it has none, and no number. */
  heading: Text
  body: Text
  /** Empty: it is always printed. */
  when: string
}

export interface TypedAnnex {
  key: number
  name: Text
}

export interface TypedTemplate {
  title: Text
  clauses: TypedClause[]
  annexes: TypedAnnex[]
}

/** Names without a group, in the order in which they are offered. */
export const PLAIN = ['number', 'title', 'amount', 'amount_in_words', 'starts_on', 'ends_on', 'signed_on', 'supplement', 'main_number'] as const
/** What stands alone in a line of a clause's body. */
export const BLOCKS = ['parties', 'lines', 'milestones', 'rebate'] as const
export const MOST_CLAUSES = 100
export const MOST_ANNEXES = 20

export const isBlock = (name: string): boolean => (BLOCKS as readonly string[]).includes(name)

export type Groups = readonly (readonly [string, readonly string[]])[]

/** Everything that can stand in braces, by group. */
export function placeholders(parties: readonly string[], elements: readonly string[], fields: readonly FieldDefinition[]): Groups {
  const groups: Groups = [
    ['contract', PLAIN],
    ['blocks', BLOCKS],
    ['own_party', parties.map((field) => `own_party.${field}`)],
    ['other_party', parties.map((field) => `other_party.${field}`)],
    ['elements', elements.map((element) => `elements.${element}`)],
    ['values', fields.map(({ name }) => `values.${name}`)],
  ]
  return groups.filter(([, names]) => names.length > 0)
}

/** What a clause can depend on: both parties are always there. */
export const conditions = (groups: Groups): Groups => groups.map(([group, names]) => [group, names.filter((name) => name !== 'parties')])

let serial = 0
const blank = (): Text => ({ zh: '', en: '' })
const isBlank = ({ zh, en }: Text): boolean => zh.trim() === '' && en.trim() === ''

export const newClause = (): TypedClause => ({ key: ++serial, open: true, heading: blank(), body: blank(), when: '' })
export const newAnnex = (): TypedAnnex => ({ key: ++serial, name: blank() })

export function typedTemplate({ title, clauses, annexes }: Template): TypedTemplate {
  return {
    title: { ...title },
    clauses: clauses.map(({ heading, body, when }) => ({ key: ++serial, open: false, heading: { ...(heading ?? blank()) }, body: { ...body }, when: when ?? '' })),
    annexes: (annexes ?? []).map((name) => ({ key: ++serial, name: { ...name } })),
  }
}

/** As it is sent. */
export function templateBody({ title, clauses, annexes }: TypedTemplate): Template {
  return {
    title,
    clauses: clauses.map(({ heading, body, when }) => ({ ...(!isBlank(heading) && { heading }), body, ...(when !== '' && { when }) })),
    annexes: annexes.map(({ name }) => name),
  }
}

/** The number that each clause with a heading has in print if all are printed; 0: none. */
export function numbers(clauses: readonly TypedClause[]): number[] {
  let n = 0
  return clauses.map(({ heading }) => (isBlank(heading) ? 0 : ++n))
}

/** One of a list in another place; as it was where there is no such place. */
export function moved<T>(list: readonly T[], at: number, by: number): T[] {
  const next = [...list]
  const [one] = next.splice(at, 1)
  if (one === undefined || at + by < 0 || at + by >= list.length) return [...list]
  next.splice(at + by, 0, one)
  return next
}

/** A text with a placeholder in place of what was selected, and where the caret stands then. A block gets a line of its own. */
export function inserted(text: string, from: number, to: number, name: string): { text: string; caret: number } {
  const [before, after] = [text.slice(0, from), text.slice(to)]
  const ownLine = isBlock(name)
  const head = ownLine && before !== '' && !before.endsWith('\n') ? '\n' : ''
  const tail = ownLine && after !== '' && !after.startsWith('\n') ? '\n' : ''
  const put = `${head}{${name}}${tail}`
  return { text: before + put + after, caret: before.length + put.length }
}

/** Fields of a template to begin with that a type doesn't have. */
export function lacking(own: readonly FieldDefinition[], wanted: readonly FieldDefinition[]): FieldDefinition[] {
  return wanted.filter(({ name }) => !own.some((field) => field.name === name))
}

/** What was refused, with the clauses and annexes as they stood then: they may have been moved since. */
export interface Refused {
  faults: readonly FieldError[]
  clauses: readonly number[]
  annexes: readonly number[]
}

export const nothingRefused: Refused = { faults: [], clauses: [], annexes: [] }

export function refused(faults: readonly FieldError[], { clauses, annexes }: TypedTemplate): Refused {
  return { faults, clauses: clauses.map(({ key }) => key), annexes: annexes.map(({ key }) => key) }
}

/** What is wrong at a place of the template: `/title/zh`, `/clauses`. */
export function faultOf({ faults }: Refused, pointer: string): string | undefined {
  return faults.find((fault) => fault.pointer === `/template${pointer}`)?.detail
}

/** What is wrong at a clause or an annex, wherever it stands now: `/body/zh`. */
export function faultIn(all: Refused, part: 'clauses' | 'annexes', key: number, below: string): string | undefined {
  const at = all[part].indexOf(key)
  return at < 0 ? undefined : faultOf(all, `/${part}/${at}${below}`)
}

/** Clauses with something wrong. */
export function wrongClauses({ faults, clauses }: Refused): number[] {
  return clauses.filter((_, n) => faults.some(({ pointer }) => pointer.startsWith(`/template/clauses/${n}/`)))
}
