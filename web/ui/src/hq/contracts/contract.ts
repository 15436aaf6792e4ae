import type { Contract, ContractContent, ContractStep, FieldError, Milestone, Party } from '$lib/api/types'
import { hasText, locale, t } from '$lib/i18n/index.svelte'
import { may } from '$lib/session.svelte'
import { faultAt } from '../faults'
import { rebateBody, typedRebate, type TypedRebate } from './rebates/rebate'
import { isBlank, type TypedLine } from './sums'

export const STAFF = { path: '/staff', read: 'staff.read' }
export const STORES = { path: '/stores', read: 'store.read' }

export const STATES = ['draft', 'in_review', 'approved', 'signed', 'in_force', 'expired', 'terminated', 'archived'] as const
export const FULFILMENTS = ['unfulfilled', 'partly', 'fulfilled', 'lapsed'] as const

/** The eleven elements in their order, each with its texts; the first has the lines, the last are the parties. */
export const PARTS: readonly (readonly [number, readonly string[]])[] = [
  [1, ['subject']],
  [2, ['quality']],
  [3, ['delivery_time', 'delivery_place', 'delivery_transport', 'delivery_cost']],
  [4, ['acceptance']],
  [5, ['rights_level', 'rights_exclusivity', 'rights_territory', 'rights_assortment', 'rights_term']],
  [6, ['settlement']],
  [7, ['policy_rebates', 'policy_year_end', 'policy_promotion', 'policy_advertising', 'policy_staff']],
  [8, ['ordering', 'returns']],
  [9, ['breach', 'disputes']],
  [10, ['signing_place', 'effect']],
]
export const PARTIES_PART = 11
/** Where rebates are agreed on. */
export const POLICY_PART = 7
export const PARTY_FIELDS = ['name', 'address', 'contact', 'legal_representative', 'signatory', 'account', 'bank', 'tax_number'] as const
export const SIDES = ['own_party', 'other_party'] as const
export type Side = (typeof SIDES)[number]

const COLOURS: Record<string, string> = { in_review: 'gold', approved: 'good', signed: 'good', in_force: 'good', expired: 'bad', terminated: 'bad' }
export const colour = (state: string): string => COLOURS[state] ?? ''

/** Who may take which step; a date or an approval takes the others. */
const STEPS: Partial<Record<ContractStep, string>> = {
  submit: 'contract.write',
  withdraw: 'contract.write',
  reopen: 'contract.write',
  sign: 'contract.sign',
  fulfil: 'contract.write',
  terminate: 'contract.end',
  archive: 'contract.end',
}

/** What the reader can do with it now, beside changing a draft. */
export function stepsOf({ steps, state, main_id }: Contract): string[] {
  const own: string[] = (Object.keys(STEPS) as ContractStep[]).filter((step) => steps.includes(step) && may(STEPS[step] ?? ''))
  const binds = ['signed', 'in_force'].includes(state)
  const over = ['expired', 'terminated'].includes(state)
  if (main_id != null || !may('contract.write')) return own
  return [...own, ...(binds ? ['supplement'] : []), ...(binds || over ? ['renew'] : [])]
}

/** A milestone as it is typed: the day may still be missing. */
export interface TypedMilestone {
  kind: Milestone['kind']
  due_on: string
  amount: number | null
  text: string
}

export const MILESTONES = ['payment', 'delivery', 'rebate', 'other'] as const

/** What stands in a contract, as a form holds it. */
export interface Content {
  title: string
  elements: Record<string, string>
  lines: TypedLine[]
  amount: number | null
  own_party: Partial<Party>
  other_party: Partial<Party>
  milestones: TypedMilestone[]
  rebate: TypedRebate | null
  /** Names of what belongs to it, each on a line of its own. */
  annexes?: string
  values: Record<string, unknown>
  starts_on: string
  ends_on: string
}

export function typed(content: ContractContent): Content {
  const lines = content.lines.map((line) => ({ ...line, brand: line.brand ?? '', specification: line.specification ?? '' }))
  return {
    title: content.title,
    elements: { ...content.elements },
    lines,
    amount: content.amount,
    own_party: { ...content.own_party },
    other_party: { ...content.other_party },
    milestones: content.milestones.map(({ kind, due_on, amount, text }) => ({ kind, due_on, amount: amount ?? null, text: text ?? '' })),
    rebate: typedRebate(content.rebate),
    annexes: (content.annexes ?? []).join('\n'),
    values: { ...content.values },
    starts_on: content.starts_on ?? '',
    ends_on: content.ends_on ?? '',
  }
}

/** As it is sent: what is empty isn't there. */
export function told(content: Content, asked: (field: string) => boolean): Record<string, unknown> {
  const filled = (party: Partial<Party>) => Object.fromEntries(Object.entries(party).filter(([, text]) => (text ?? '').trim() !== ''))
  const lines = content.lines.filter((line) => !isBlank(line)).map(({ brand, specification, ...line }) => ({
    ...line,
    goods: line.goods.trim(),
    unit: line.unit.trim(),
    quantity: line.quantity ?? 0,
    unit_price: line.unit_price ?? 0,
    tax_ppm: line.tax_ppm ?? 0,
    ...(brand.trim() !== '' && { brand: brand.trim() }),
    ...(specification.trim() !== '' && { specification: specification.trim() }),
  }))
  return {
    title: content.title,
    elements: Object.fromEntries(Object.entries(content.elements).filter(([, text]) => text.trim() !== '')),
    lines,
    amount: lines.length > 0 ? null : content.amount,
    own_party: filled(content.own_party),
    other_party: filled(content.other_party),
    milestones: content.milestones.map(({ text, amount, ...milestone }) => ({
      ...milestone,
      ...(amount !== null && { amount }),
      ...(text.trim() !== '' && { text: text.trim() }),
    })),
    rebate: rebateBody(content.rebate),
    annexes: (content.annexes ?? '').split('\n').map((name) => name.trim()).filter((name) => name !== ''),
    values: Object.fromEntries(Object.entries(content.values).filter(([name, value]) => value !== null && asked(name))),
    starts_on: content.starts_on === '' ? null : content.starts_on,
    ends_on: content.ends_on === '' ? null : content.ends_on,
  }
}

/** The mark of a field in the editor, by its place in the content: `/elements/quality` → `contract-elements-quality`. */
export const fieldId = (pointer: string): string => `contract${pointer.replaceAll('/', '-')}`

/** What the server says of a field of the content. */
export function faultOf(faults: FieldError[], pointer: string): string | undefined {
  return faultAt(faults, `/content${pointer}`)
}

/** Goes to a field by its place in the content. */
export function jump(pointer: string): void {
  const found = document.querySelector<HTMLElement>(`[data-testid="${fieldId(pointer)}"]`)
  const field = found?.matches('input, select, textarea') ? found : found?.querySelector<HTMLElement>('input, select, textarea')
  const target = field ?? document.querySelector<HTMLElement>(`[data-testid^="${fieldId(pointer)}-"]`)
  target?.scrollIntoView({ block: 'center' })
  target?.focus()
}

const NUMERALS = '一二三四五六七八九十'

/** How the articles on paper are counted: 一、二、… 十一、 */
export function article(n: number): string {
  if (locale() === 'en') return `${n}.`
  return `${n > 10 ? '十' : ''}${NUMERALS[(n - 1) % 10]}、`
}

/** A role by its name. */
export const roleName = (role: string): string => (hasText(`role-${role}`) ? t(`role-${role}`) : role)
