export type Window = 'cancel' | 'redeem' | 'return' | 'card' | 'issue' | 'place'
export type Action = Exclude<Window, 'cancel'> | 'sale' | 'back' | 'undo' | 'next'

/** Keys that browsers leave alone or let a page take. */
export const SHORTCUTS: { key: string; action: Action }[] = [
  { key: 'F2', action: 'sale' },
  { key: 'F3', action: 'redeem' },
  { key: 'F4', action: 'return' },
  { key: 'F6', action: 'card' },
  { key: 'F7', action: 'issue' },
  { key: 'F8', action: 'back' },
  { key: 'F9', action: 'place' },
  { key: 'F10', action: 'undo' },
  { key: 'Escape', action: 'next' },
]

export const PERMISSIONS: Partial<Record<Action, string>> = {
  sale: 'sale.post',
  back: 'sale.post',
  undo: 'return.post',
  redeem: 'redemption.post',
  return: 'return.post',
  issue: 'card.issue',
}
