import type { Approval } from '$lib/api/types'
import { instant, money } from '$lib/format'
import { t } from '$lib/i18n/index.svelte'
import { nameOf } from '$lib/resource/names.svelte'
import { STAFF, STORES } from '../contracts/contract'

const COLOURS: Record<string, string> = { waiting: 'gold', approved: 'good', rejected: 'bad', expired: 'bad', void: 'bad' }

export const approvalColour = (state: string): string => COLOURS[state] ?? ''

/** Amount, store, who asked when, and until when it waits. */
export function about({ amount, store_id, asked_by, asked_at, state, expires_at }: Approval): string {
  const facts = [
    amount == null ? '' : money(amount),
    store_id ? nameOf(STORES, store_id) : '',
    t('approval-asked', { who: asked_by ? nameOf(STAFF, asked_by) : t('system'), when: instant(asked_at) }),
    state === 'waiting' ? t('approval-expires', { when: instant(expires_at) }) : '',
  ]
  return facts.filter((fact) => fact !== '').join(' · ')
}
