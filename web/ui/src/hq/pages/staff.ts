import type { ResourcePage } from '$lib/resource/page'
import ContactPanel from '../staff/ContactPanel.svelte'

const stores = { path: '/stores', read: 'store.read' }

export const staff: ResourcePage = {
  name: 'staff',
  path: '/staff',
  read: 'staff.read',
  write: 'staff.write',
  title: 'name',
  columns: ['name', 'user', 'role', 'store_ids', 'active'],
  // A new initial password is an operation of its own.
  fields: ['user', 'name', 'role', 'password', 'store_ids', 'same_person_as'],
  references: { store_ids: stores, store_id: stores, same_person_as: { path: '/staff', read: 'staff.read' } },
  start: { store_ids: [] },
  operations: ['password'],
  more: ContactPanel,
}
