// Decimal text ⇄ integers (minor units, thousandths, parts per million), digit by digit: no floating point.

const FULL_WIDTH: Record<string, string> = { '。': '.', '．': '.', '，': ',', '－': '-' }

/** What a Chinese input method leaves behind, in plain characters; without what pasted text brings along unseen. */
export function plainText(text: string): string {
  return text
    .replace(/[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '')
    .trim()
    .replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/[。．，－]/g, (sign) => FULL_WIDTH[sign] ?? sign)
}

/** Why a text is no amount: no number at all, more decimals than the unit has, beyond the integers. */
export type Unreadable = 'number' | 'digits' | 'size'

/** `"12.5"` with 2 digits is 1250; null when nothing is there; otherwise why it can't be read. */
export function readDecimal(text: string, digits: number): number | null | Unreadable {
  const plain = plainText(text)
  if (plain === '') return null
  const match = /^(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d*))?$/.exec(plain)
  const whole = (match?.[1] ?? '').replaceAll(',', '')
  if (!match || (whole === '' && !match[2])) return 'number'
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (fraction.length > digits) return 'digits'
  const units = Number(whole + fraction.padEnd(digits, '0'))
  return Number.isSafeInteger(units) ? units : 'size'
}

/** As `readDecimal`, where an unreadable text counts as none. */
export function parseDecimal(text: string, digits: number): number | null {
  const read = readDecimal(text, digits)
  return typeof read === 'number' ? read : null
}

/** 1250 with 2 digits is `"12.50"`; `trim` leaves out needless zeros: `"12.5"`. */
export function formatDecimal(units: number, digits: number, trim = false): string {
  const text = String(Math.abs(units)).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  let fraction = digits > 0 ? text.slice(-digits) : ''
  if (trim) fraction = fraction.replace(/0+$/, '')
  return (units < 0 ? '-' : '') + whole + (fraction === '' ? '' : '.' + fraction)
}

/** floor(a × b / c) without leaving the integers. */
export function mulDiv(a: number, b: number, c: number): number {
  return Number((BigInt(a) * BigInt(b)) / BigInt(c))
}
