import { SvelteMap } from 'svelte/reactivity'
import { everything } from '$lib/api/listing.svelte'
import type { Text } from '$lib/api/types'
import { say, t } from '$lib/i18n/index.svelte'
import { may, me } from '$lib/session.svelte'
import type { Item, Reference } from './page'

const lists = new SvelteMap<string, Item[]>()
const asked = new Set<string>()

/** Everything an id of this kind may name; empty until it is there, and for those who may not read it. */
export function choices(reference: Reference): Item[] {
  return lists.get(reference.path) ?? []
}

/** Asks for a list of names, once. */
export function learn(reference: Reference): void {
  if (asked.has(reference.path) || !may(reference.read)) return
  asked.add(reference.path)
  everything<Item>(reference.path)
    .then((items) => lists.set(reference.path, items))
    .catch(() => asked.delete(reference.path))
}

/** After something was created or changed, its list is asked for again when it is needed. */
export function forget(path: string): void {
  asked.delete(path)
  lists.delete(path)
}

export function called(item: Item): string {
  const name = item['name'] ?? item['code'] ?? item.id
  return typeof name === 'object' ? say(name as Text) : String(name)
}

/** What an id names; who may not know the staff sees themselves and colleagues. The end of an id where nothing is known. */
export function nameOf(reference: Reference | undefined, id: string): string {
  const found = reference && choices(reference).find((item) => item.id === id)
  if (found) return called(found)
  if (id === me().staff_id) return me().name
  return reference?.path === '/staff' && !may(reference.read) ? t('colleague') : id.slice(-6)
}
