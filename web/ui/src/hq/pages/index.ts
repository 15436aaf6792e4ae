import type { ResourcePage } from '$lib/resource/page'
import { may, me } from '$lib/session.svelte'
import { accessLog, audit, customers, deletions, lendings, memberships, sales } from './records'
import { regions } from './regions'
import { rewards } from './rewards'
import { staff } from './staff'
import { stores } from './stores'
import { tags } from './tags'

/** The pages that are declared. */
export const PAGES: ResourcePage[] = [rewards, regions, stores, staff, tags, customers, memberships, sales, lendings, deletions, accessLog, audit]

export function permitted(): ResourcePage[] {
  return PAGES.filter(({ read }) => may(read))
}

/** Where who doesn't set the rules begins: with what their role is there for. */
const LANDINGS = ['audit', 'customers', 'sales']

export function landing(): string {
  // Who looks after customers begins with what is to be done today.
  if (me().role === 'consultant' && may('task.write')) return 'my-day'
  const own = LANDINGS.find((name) => permitted().some((page) => page.name === name))
  return may('configuration.write') || own === undefined ? 'programs' : own
}
