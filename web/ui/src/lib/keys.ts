/** Enter that a person or a scanner meant; not the one that ends a word in an input method. */
export function isEnter(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !isComposing(event)
}

/** Some browsers report the last key of a composition only as code 229. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229
}

function luhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    const weighted = i % 2 === 1 ? digit * 2 : digit
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}

/** The card number a scanner has just typed at the end of whatever field had the focus: 14 digits from 9 with a check digit. */
export function scannedNumber(text: string): string | null {
  const number = /9\d{13}$/.exec(text)?.[0]
  return number !== undefined && luhn(number) ? number : null
}
