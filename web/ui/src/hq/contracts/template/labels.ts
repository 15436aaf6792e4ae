import type { FieldDefinition } from '$lib/api/types'
import { hasText, say, t } from '$lib/i18n/index.svelte'

/** What a placeholder stands for, in the page's language; its name where nothing is known of it. */
export function labelOf(name: string, fields: readonly FieldDefinition[]): string {
  const [group = '', part] = name.split('.')
  if (part === undefined) return hasText(`placeholder-${name}`) ? t(`placeholder-${name}`) : name
  if (group === 'elements' && hasText(`element-${part}`)) return t(`element-${part}`)
  if (group === 'values') return say(fields.find((field) => field.name === part)?.label ?? { zh: name, en: name })
  return hasText(`party-${part}`) ? t(`party-${part}`) : name
}

/** The same with whose it is, where names alone don't say. */
export function fullLabel(name: string, fields: readonly FieldDefinition[]): string {
  const [group = ''] = name.split('.')
  return group === 'own_party' || group === 'other_party' ? `${t(`contract-${group}`)} · ${labelOf(name, fields)}` : labelOf(name, fields)
}
