// The receipt numbers of a till: counted per store, till and business date, so that each number is new on its day.

const STORAGE_KEY = 'cardea.receipts'

interface Counter {
  date: string
  last: string
}

function counters(): Record<string, Counter> {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}') as Record<string, Counter>
  } catch {
    return {}
  }
}

/** "A-0099" → "A-0100"; a number without digits at its end gets a "-2". */
export function following(receipt: string): string {
  const digits = /\d+$/.exec(receipt)?.[0]
  if (digits === undefined) return `${receipt}-2`
  const next = String(BigInt(digits) + 1n).padStart(digits.length, '0')
  return receipt.slice(0, -digits.length) + next
}

/** Does one number of a series come after another? "A-0100" after "A-0099"; numbers of different series are told apart. */
export function isAfter(later: string, earlier: string): boolean {
  const series = (receipt: string) => receipt.replace(/\d+$/, '')
  const place = (receipt: string) => BigInt(/\d+$/.exec(receipt)?.[0] ?? 0)
  return series(later) === series(earlier) && place(later) > place(earlier)
}

export function proposeReceipt(store: string, till: string, date: string): string {
  const counter = counters()[`${store}/${till}`]
  return counter?.date === date ? following(counter.last) : '0001'
}

export function rememberReceipt(store: string, till: string, date: string, receipt: string): void {
  const all = counters()
  const counter = all[`${store}/${till}`]
  // A bill that was put aside comes after those that overtook it: their numbers are used too.
  if (counter?.date === date && isAfter(counter.last, receipt)) return
  all[`${store}/${till}`] = { date, last: receipt }
  localStorage.setItem(STORAGE_KEY, JSON.stringify(all))
}
