import type { SegmentCondition, SegmentField, SegmentRules } from '$lib/api/types'

export const JOINS = ['all', 'any', 'none'] as const

/** A condition of a field as it begins: nothing is chosen yet. */
export function begun(field: SegmentField): SegmentCondition {
  const condition: SegmentCondition = { field: field.field, test: field.tests[0] ?? 'in', values: [], amount: field.kind === 'choice' ? null : 0 }
  return field.months ? { ...condition, months: 12 } : condition
}

/** Whether rules can be asked: every condition has what it needs. */
export function complete(rules: SegmentRules, fields: readonly SegmentField[]): boolean {
  const whole = (condition: SegmentCondition) => {
    const field = fields.find((one) => one.field === condition.field)
    if (field === undefined) return false
    const valued = field.kind === 'choice' ? (condition.values ?? []).length > 0 : condition.amount != null
    return valued && (!field.months || condition.months != null)
  }
  return rules.groups.every(({ conditions }) => conditions.length > 0 && conditions.every(whole))
}
