// What people look things up in who neither sell nor set the rules: plain lists, as far as they may see.
import type { ResourcePage } from '$lib/resource/page'
import CardPanel from '../card/CardPanel.svelte'
import DeletionPanel from '../confidential/DeletionPanel.svelte'
import LendingPanel from '../confidential/LendingPanel.svelte'
import MembershipMore from '../membership/MembershipMore.svelte'

const program_id = { path: '/programs', read: 'program.read' }
const store_id = { path: '/stores', read: 'store.read' }
const consultant_id = { path: '/staff', read: 'staff.read' }

export const customers: ResourcePage = {
  name: 'customers',
  path: '/customers',
  read: 'customer.read',
  title: 'display',
  columns: ['display', 'phones', 'birthday', 'store_id', 'created_at'],
  references: { store_id, consultant_id },
  more: CardPanel,
}

export const memberships: ResourcePage = {
  name: 'memberships',
  path: '/memberships',
  read: 'membership.read',
  title: 'customer',
  columns: ['customer', 'program_id', 'tier', 'state', 'store_id', 'opened_on', 'valid_through'],
  references: { program_id, store_id },
  more: MembershipMore,
}

export const sales: ResourcePage = {
  name: 'sales',
  path: '/sales',
  read: 'sale.read',
  title: 'receipt',
  columns: ['receipt', 'till', 'business_date', 'member', 'paid', 'points_earned', 'points_spent'],
  references: { store_id },
  money: ['paid', 'rounding'],
}

export const audit: ResourcePage = {
  name: 'audit',
  path: '/audit',
  read: 'audit.read',
  title: 'action',
  columns: ['action', 'at', 'staff_id', 'source_ip', 'detail'],
  names: { action: 'audit-action' },
  references: { staff_id: { path: '/staff', read: 'staff.read' } },
}

const staff = { path: '/staff', read: 'staff.read' }

export const accessLog: ResourcePage = {
  name: 'access-log',
  path: '/access-log',
  read: 'audit.read',
  title: 'number',
  columns: ['number', 'at', 'staff_id', 'kind', 'purpose', 'note', 'customer_id'],
  references: { staff_id: staff },
}

export const deletions: ResourcePage = {
  name: 'deletions',
  path: '/deletions',
  read: 'deletion.read',
  title: 'customer',
  columns: ['customer', 'scope', 'ground', 'state', 'noted_at', 'requested_by', 'decided_by'],
  references: { requested_by: staff, decided_by: staff },
  more: DeletionPanel,
}

export const lendings: ResourcePage = {
  name: 'lendings',
  path: '/lendings',
  read: 'lending.read',
  title: 'customer',
  columns: ['customer', 'what', 'borrower_id', 'due_on', 'overdue', 'returned_at', 'number'],
  references: { borrower_id: staff, returned_to: staff },
  more: LendingPanel,
}
