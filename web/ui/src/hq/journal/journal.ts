import type { JournalEntry } from '$lib/api/types'

export const STAFF = { path: '/staff', read: 'staff.read' }

/** What people write about; `record` is written by the system when a record moves. */
export const CATEGORIES = [
  'need', 'complaint', 'promise', 'service_visit', 'returns', 'accounts', 'samples', 'invoices', 'market_support', 'activity', 'intelligence',
] as const

/** What is to be done with an entry now. */
export type Doing = { what: 'resolve' | 'verdict' | 'correct'; entry: JournalEntry }
