import { called, choices } from '$lib/resource/names.svelte'

/** Along what customers are classified, as the server has it; along regions and routes besides. */
export const CLASSES: Record<string, string[]> = {
  time: ['future', 'new', 'old'],
  volume: ['a', 'b', 'c'],
  loyalty: ['none', 'lapsed', 'occasional', 'regular', 'loyal'],
  process: ['dealt', 'dealing', 'about_to'],
  nature: ['government', 'special', 'company', 'person', 'partner'],
  ownership: ['state', 'collective', 'private', 'foreign', 'joint'],
  trade_form: ['wholesale', 'retail', 'agency', 'online'],
  location: ['business_centre', 'transport_hub', 'residential'],
}

export const REGIONS = { path: '/regions', read: 'store.read' }

/** What a region is called, whose code it is. */
export function regionName(code: string): string {
  const found = choices(REGIONS).find((region) => region['code'] === code)
  return found ? called(found) : code
}
