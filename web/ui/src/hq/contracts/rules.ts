import type { ApprovalRule, Role } from '$lib/api/types'

/** Roles that may approve. */
export const APPROVERS = ['store_manager', 'finance', 'hq_admin'] as const
export const MOST_STEPS = 2

/** A rule as it is typed. */
export interface TypedRule {
  from: number | null
  steps: Role[][]
}

export const firstRule = (): TypedRule => ({ from: 0, steps: [['store_manager']] })

/** As it is sent. */
export const ruleBody = ({ from, steps }: TypedRule): ApprovalRule => ({ from: from ?? 0, steps })
