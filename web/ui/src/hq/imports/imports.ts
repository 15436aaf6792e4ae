import type { FileImport } from '$lib/api/types'

export const atWork = ({ state }: FileImport): boolean => ['checking', 'running', 'undoing'].includes(state)

/** May its meaning still be changed? */
export const changeable = ({ state }: FileImport): boolean => ['uploaded', 'checked', 'undone'].includes(state)

export const ENCODINGS = ['utf-8', 'gb18030', 'latin1'] as const
export const SHARED = ['external_ref', 'identity', 'phone', 'name_birth'] as const
export const ON_MATCH = ['skip', 'update', 'create'] as const
