import type { ResourcePage } from '$lib/resource/page'

export const regions: ResourcePage = {
  name: 'regions',
  path: '/regions',
  read: 'store.read',
  write: 'store.write',
  title: 'name',
  columns: ['name', 'code', 'active'],
  fields: ['code', 'name'],
}
