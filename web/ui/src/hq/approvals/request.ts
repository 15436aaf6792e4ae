// What is done only after others have agreed, in words.
import type { Approval, Role } from '$lib/api/types'
import { hasText, t } from '$lib/i18n/index.svelte'
import { nameOf } from '$lib/resource/names.svelte'
import { roleName, STAFF, STORES } from '../contracts/contract'
import { GUARDED } from './rules'

/** So long a yes is good. */
const GOOD_MS = 14 * 24 * 3_600_000

export type Request = Record<string, unknown>
/** Label and value. */
export type Row = readonly [string, string]

export const isContract = (approval: Approval): boolean => approval.kind === 'contract'

/** Agreed to, and not done yet. */
export const isUnused = (approval: Approval): boolean => !isContract(approval) && approval.kind !== 'erasure' && approval.state === 'approved' && approval.used_at == null

/** Until when it has to be done; RFC 3339. */
export function goodUntil({ ended_at }: Approval): string | null {
  return ended_at == null ? null : new Date(Date.parse(ended_at) + GOOD_MS).toISOString()
}

/** Who has to agree: step by step. */
export function stepsText(steps: readonly Role[][]): string {
  if (steps.length === 0) return t('approval-rule-steps-0')
  const or = ` ${t('approval-or')} `
  return steps.map((roles, n) => `${t('approval-step', { n: n + 1 })} · ${roles.map(roleName).join(or)}`).join('\n')
}

const yesNo = (value: unknown): string => t(value === true ? 'yes' : 'no')
const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const worded = (id: string, value: unknown): string => (hasText(id) ? t(id) : String(value))

/** How a value of a request is read; undefined: as it is. */
function told(kind: string, name: string, value: unknown): string | undefined {
  if (kind === 'rules') return stepsText(value as Role[][])
  switch (`${kind} ${name}`) {
    case 'staff role':
      return roleName(String(value))
    case 'staff store_ids':
      return list(value).map((id) => nameOf(STORES, id)).join(t('list-comma')) || t('request-no-stores')
    case 'staff active':
    case 'staff password':
      return yesNo(value)
    case 'staff same_person_as':
      return value == null ? t('nobody') : nameOf(STAFF, String(value))
    case 'export of':
      return worded(`request-of-${String(value).replace('.', '-')}`, value)
    case 'export columns':
      return list(value).join(t('list-comma'))
    case 'export format':
      return String(value).toUpperCase()
    case 'export purpose':
      return value == null ? t('not-given') : worded(`purpose-${String(value)}`, value)
    case 'adjustment store_id':
    case 'write_off store_id':
      return nameOf(STORES, String(value))
    case 'erasure scope':
    case 'erasure ground':
      return t(`deletion-${name}-${String(value)}`)
    default:
      return undefined
  }
}

function label(kind: string, name: string): string {
  return worded(kind === 'rules' ? `approval-rule-${name}` : `request-${kind}-${name}`, name)
}

/** What isn't worth a line where it says nothing. */
const OPTIONAL = ['export subject_id', 'erasure record_id', 'erasure reference', 'adjustment note', 'adjustment reference']

/** Everything that the request says, line by line; a part without words of its own as indented JSON. */
export function rows(kind: string, request: Request): Row[] {
  const order: readonly string[] = kind === 'rules' ? GUARDED : []
  const names = [...order.filter((name) => name in request), ...Object.keys(request).filter((name) => !order.includes(name))]
  const plain = (value: unknown) => (typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : String(value ?? t('not-given')))
  return names.filter((name) => request[name] != null || !OPTIONAL.includes(`${kind} ${name}`)).map((name) => [label(kind, name), told(kind, name, request[name]) ?? plain(request[name])])
}
