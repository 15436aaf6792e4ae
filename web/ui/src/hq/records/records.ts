import { everything } from '$lib/api/listing.svelte'
import type { ArchiveRecord, FieldDefinition, FieldVersion, RecordType } from '$lib/api/types'
import { say } from '$lib/i18n/index.svelte'
import { own, type Line } from '../card/card'

/** A type with every version of its fields: what was written under an older one is shown under it. */
export interface Kind {
  type: RecordType
  versions: FieldVersion[]
}

export async function kind(type: RecordType): Promise<Kind> {
  return { type, versions: await everything<FieldVersion>(`/record-types/${type.id}/fields`) }
}

/** A value with the declaration it was written under. */
export function shown({ versions }: Kind, values: ArchiveRecord['values'], name: string): { line: Line; value: unknown } | null {
  const written = values[name]
  const field = versions.find(({ version }) => version === written?.version)?.fields.find((one) => one.name === name)
  return written && field ? { line: own(field), value: written.value } : null
}

/** The label of a field, of the newest version that has it. */
export function labelOf({ versions }: Kind, name: string): string {
  const field = versions.flatMap(({ fields }) => fields).find((one) => one.name === name)
  return field ? say(field.label) : name
}

export function columns({ type }: Kind): string[] {
  return type.columns.length > 0 ? type.columns : type.fields.slice(0, 4).map(({ name }) => name)
}

export function boardField({ type }: Kind): FieldDefinition | undefined {
  return type.fields.find(({ name }) => name === type.board_field)
}

/** A column of the board, of whatever version. */
export function columnName({ type, versions }: Kind, code: string | null | undefined): string {
  const fields = versions.flatMap(({ fields }) => fields).filter(({ name }) => name === type.board_field)
  const choice = fields.flatMap(({ choices }) => choices ?? []).find((one) => one.code === code)
  return choice ? say(choice.label) : (code ?? '–')
}
