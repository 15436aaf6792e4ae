import type { FieldDefinition } from '$lib/api/types'

export const KINDS = [
  'text', 'number', 'decimal', 'money', 'date', 'flag', 'choice', 'choices', 'phone', 'identity', 'plate', 'credit_code', 'mail', 'documents', 'years',
] as const

/** A field's limits, by its kind, as the form asks for them. */
export const LIMITS: Record<string, (keyof FieldDefinition)[]> = {
  text: ['min_length', 'max_length'],
  number: ['minimum', 'maximum'],
  decimal: ['digits', 'minimum', 'maximum'],
  money: ['minimum', 'maximum'],
}

export const hasChoices = (kind: string): boolean => kind === 'choice' || kind === 'choices'

/** Another kind has other limits: those it doesn't have go. */
export function ofKind(field: FieldDefinition, kind: FieldDefinition['kind']): FieldDefinition {
  const { name, label, required } = field
  const next: FieldDefinition = { name, label, kind, required: required ?? false }
  if (field.when) next.when = field.when
  if (hasChoices(kind)) next.choices = field.choices ?? [{ code: 'a', label: { zh: '', en: '' } }]
  if (kind === 'documents') next.documents = field.documents ?? [{ code: 'a', label: { zh: '', en: '' }, copies: 1 }]
  if (kind === 'decimal') next.digits = field.digits ?? 2
  return next
}

/** A name that no other field has. */
export function freshName(taken: string[], stem: string): string {
  let n = taken.length + 1
  while (taken.includes(`${stem}${n}`)) n++
  return `${stem}${n}`
}

/** As they are sent: limits that were left empty aren't there. */
export function told(fields: FieldDefinition[]): FieldDefinition[] {
  const filled = (field: FieldDefinition) => Object.fromEntries(Object.entries(field).filter(([, value]) => value !== null)) as FieldDefinition
  return (JSON.parse(JSON.stringify(fields)) as FieldDefinition[]).map(filled)
}
