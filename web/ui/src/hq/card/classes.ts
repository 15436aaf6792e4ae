/** Along what customers are classified, as the server has it. */
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
