import type { ApprovalRules, Role } from '$lib/api/types'

/** What may wait for others, in the order of the page. */
export const GUARDED = ['configuration', 'staff', 'export', 'adjustment', 'write_off'] as const satisfies readonly (keyof ApprovalRules)[]
/** Roles that agree for the whole chain. */
export const DECIDERS = ['hq_admin', 'finance'] as const
export const STEPS = [0, 1, 2] as const

/** With so many steps: those that there are stay, new ones begin with HQ. */
export function withSteps(steps: readonly Role[][], count: number): Role[][] {
  return Array.from({ length: count }, (_, n) => [...(steps[n] ?? ['hq_admin'])])
}

/** With a role in a step, or without it; roles stand in one order. */
export function toggled(steps: readonly Role[][], at: number, role: Role, wanted: boolean): Role[][] {
  const order: readonly Role[] = DECIDERS
  return steps.map((roles, n) => (n === at ? order.filter((one) => (one === role ? wanted : roles.includes(one))) : [...roles]))
}
