// A campaign's window in plain parts, written as iCalendar writes it and read back: what head office can say without knowing
// RRULE. What it can't say stays as it is, and is changed as text.

export const REPEATS = ['once', 'daily', 'weekly', 'monthly', 'yearly'] as const
export type Repeat = (typeof REPEATS)[number]
export const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const
export type Weekday = (typeof WEEKDAYS)[number]

export interface Plain {
  /** YYYY-MM-DD */
  starts_on: string
  /** The last day on which it opens; empty: no end. Of `once`, the last day that it is open. */
  ends_on: string
  repeat: Repeat
  /** Of `weekly`. */
  weekdays: Weekday[]
  /** Of `monthly`, from 1; -1 is the last one. */
  month_days: number[]
  /** HH:MM; both empty: whole days. */
  from: string
  to: string
}

const DAY = 24 * 60
const FREQUENCY: Record<Exclude<Repeat, 'once'>, string> = { daily: 'DAILY', weekly: 'WEEKLY', monthly: 'MONTHLY', yearly: 'YEARLY' }

const compact = (day: string) => day.replaceAll('-', '')
const spaced = (day: string) => `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}`
const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5))
const clock = (at: number) => `${String(Math.floor(at / 60) % 24).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`
const days = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)

function duration(length: number): string {
  const [whole, hours, rest] = [Math.floor(length / DAY), Math.floor((length % DAY) / 60), length % 60]
  const time = (hours > 0 ? `${hours}H` : '') + (rest > 0 ? `${rest}M` : '')
  return 'P' + (whole > 0 ? `${whole}D` : '') + (time === '' ? '' : 'T' + time)
}

/** Null while something is missing. */
export function written(plain: Plain): string | null {
  const { starts_on, ends_on, repeat, weekdays, month_days, from, to } = plain
  if (starts_on === '' || (from === '') !== (to === '')) return null
  if (repeat === 'weekly' && weekdays.length === 0) return null
  if (repeat === 'monthly' && month_days.length === 0) return null
  // Until midnight, and past it to the next day.
  const open = from === '' ? DAY : (minutes(to) - minutes(from) + DAY) % DAY || DAY
  const start = `DTSTART:${compact(starts_on)}T${from === '' ? '0000' : from.replace(':', '')}00`
  if (repeat === 'once') {
    const more = ends_on === '' ? 0 : days(starts_on, ends_on)
    return more < 0 ? null : `${start}\nDURATION:${duration(open + more * DAY)}`
  }
  const parts = [`FREQ=${FREQUENCY[repeat]}`]
  if (repeat === 'monthly') parts.push(`BYMONTHDAY=${month_days.join(',')}`)
  if (repeat === 'weekly') parts.push(`BYDAY=${WEEKDAYS.filter((one) => weekdays.includes(one)).join(',')}`)
  if (ends_on !== '') parts.push(`UNTIL=${compact(ends_on)}`)
  return `${start}\nDURATION:${duration(open)}\nRRULE:${parts.join(';')}`
}

/** Null for a window that these parts can't say. */
export function read(window: string): Plain | null {
  const found = /^DTSTART:(\d{8})T(\d\d)(\d\d)00\nDURATION:P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?(?:\nRRULE:(.*))?$/.exec(window)
  if (found === null) return null
  const [, start = '', hour = '', minute = '', whole = '0', hours = '0', rest = '0', rule] = found
  const length = Number(whole) * DAY + Number(hours) * 60 + Number(rest)
  const begins = Number(hour) * 60 + Number(minute)
  const plain: Plain = { starts_on: spaced(start), ends_on: '', repeat: 'once', weekdays: [], month_days: [], from: '', to: '' }
  const [more, open] = rule === undefined ? [Math.floor((length - 1) / DAY), ((length - 1) % DAY) + 1] : [0, length]
  if (open > DAY) return null
  if (begins !== 0 || open !== DAY) [plain.from, plain.to] = [clock(begins), clock(begins + open)]
  if (rule === undefined) {
    if (more > 0) plain.ends_on = new Date(Date.parse(plain.starts_on) + more * 86_400_000).toISOString().slice(0, 10)
    return plain
  }
  for (const part of rule.split(';')) {
    const [name, value = ''] = part.split('=')
    const repeat = name === 'FREQ' ? REPEATS.find((one) => one !== 'once' && FREQUENCY[one] === value) : undefined
    if (repeat !== undefined) plain.repeat = repeat
    else if (name === 'UNTIL') plain.ends_on = spaced(value)
    else if (name === 'BYDAY' && /^[A-Z,]+$/.test(value)) plain.weekdays = value.split(',') as Weekday[]
    else if (name === 'BYMONTHDAY') plain.month_days = value.split(',').map(Number)
    else return null
  }
  return written(plain) === window ? plain : null
}
