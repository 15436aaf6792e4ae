import type { JournalEntry } from '$lib/api/types'

export const STAFF = { path: '/staff', read: 'staff.read' }

/** What is to be done with an entry now. */
export type Doing = { what: 'resolve' | 'verdict' | 'correct'; entry: JournalEntry }
