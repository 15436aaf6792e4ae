import type { ResourcePage } from '$lib/resource/page'

export const tags: ResourcePage = {
  name: 'tags',
  path: '/tags',
  read: 'segment.read',
  write: 'segment.write',
  title: 'name',
  columns: ['name', 'active'],
  fields: ['name'],
}
