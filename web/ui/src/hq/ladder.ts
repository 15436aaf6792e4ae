import type { LadderStep } from '$lib/api/types'

export type TierConditions = NonNullable<LadderStep['conditions']>
export type TierCondition = TierConditions['of'][number]
export type TierWindow = TierCondition['window']

/** What a tier can ask for, as the server counts it. */
export const MEASURES = ['paid', 'visits', 'points', 'nights', 'vehicles'] as const

export const WINDOWS = ['rolling_months', 'rolling_days', 'calendar_year', 'since_enrolment'] as const

/** A window of a kind, as long as most are. */
export function windowOf(kind: TierWindow['kind']): TierWindow {
  if (kind === 'rolling_months') return { kind, months: 12 }
  if (kind === 'rolling_days') return { kind, days: 90 }
  return { kind }
}

/** One more condition; the first one says what the threshold said. */
export function addCondition(step: LadderStep, months = 12): void {
  const first: TierCondition = { measure: 'paid', window: { kind: 'rolling_months', months }, threshold: Math.max(step.threshold, 1) }
  if (step.conditions == null) {
    step.conditions = { join: 'all', of: [first] }
    step.threshold = 0
    return
  }
  const used = step.conditions.of.map(({ measure }) => measure)
  const measure = MEASURES.find((name) => !used.includes(name)) ?? 'paid'
  step.conditions.of.push({ measure, window: windowOf('rolling_months'), threshold: 1 })
}

/** One condition less; without any the step has a threshold again. */
export function removeCondition(step: LadderStep, n: number): void {
  const [gone] = step.conditions?.of.splice(n, 1) ?? []
  if (step.conditions?.of.length !== 0) return
  step.conditions = null
  step.threshold = gone?.measure === 'paid' ? gone.threshold : 1
}

/** Steps rise: each threshold above the one before, the first at zero. */
export function outOfOrder(steps: LadderStep[], i: number): boolean {
  const [before, step] = [steps[i - 1], steps[i]]
  if (step === undefined || step.conditions != null) return false
  if (before === undefined) return step.threshold !== 0
  return step.threshold <= (before.conditions == null ? before.threshold : 0)
}
