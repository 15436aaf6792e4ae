import type { Purpose } from '$lib/api/types'

/** What somebody may look behind the mask for; `other` is said in words. */
export const PURPOSES: Purpose[] = ['asked', 'service', 'complaint', 'checking', 'law', 'other']
