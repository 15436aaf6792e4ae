import type { ResourcePage } from '$lib/resource/page'
import RewardMore from '../rewards/RewardMore.svelte'

export const rewards: ResourcePage = {
  name: 'rewards',
  path: '/rewards',
  read: 'reward.read',
  write: 'reward.write',
  title: 'name',
  columns: ['name', 'code', 'program_id', 'store_id', 'points', 'stock', 'active'],
  fields: ['program_id', 'store_id', 'code', 'name', 'points', 'stock'],
  references: {
    program_id: { path: '/programs', read: 'program.read' },
    store_id: { path: '/stores', read: 'store.read' },
  },
  more: RewardMore,
}
