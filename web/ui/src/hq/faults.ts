import type { FieldError } from '$lib/api/types'

export interface Faults {
  plugin: FieldError[]
  ladder: FieldError[]
  points: FieldError[]
}

/** Which part of the page shows which error: pointers into the ladder and the points, all others into the plugin's figures. */
export function splitFaults(errors: FieldError[]): Faults {
  const faults: Faults = { plugin: [], ladder: [], points: [] }
  for (const error of errors) {
    const part = (['ladder', 'points'] as const).find((name) => error.pointer.startsWith(`/${name}/`))
    if (part) faults[part].push({ ...error, pointer: error.pointer.slice(part.length + 1) })
    else faults.plugin.push({ ...error, pointer: error.pointer.replace(/^\/plugin_config(?=\/|$)/, '') })
  }
  return faults
}

export function faultAt(faults: FieldError[], pointer: string): string | undefined {
  return faults.find((fault) => fault.pointer === pointer || fault.pointer.startsWith(pointer + '/'))?.detail
}
