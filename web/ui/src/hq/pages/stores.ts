import type { ResourcePage } from '$lib/resource/page'

export const stores: ResourcePage = {
  name: 'stores',
  path: '/stores',
  read: 'store.read',
  write: 'store.write',
  title: 'name',
  columns: ['name', 'code', 'kind', 'region_id', 'time_zone', 'active'],
  fields: ['code', 'name', 'kind', 'region_id', 'time_zone'],
  references: { region_id: { path: '/regions', read: 'store.read' } },
  start: { kind: 'own' },
}
