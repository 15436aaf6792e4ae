/** Under which heading the navigation names which pages, both in this order. A test compares them with the pages there are. */
export const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  ['daily', ['search', 'my-day', 'approvals', 'customers', 'open-journal', 'warnings', 'reward-claims', 'satisfaction', 'visit-reports']],
  ['archive', ['contracts', 'lent-originals', 'stock-takes', 'records', 'memberships', 'sales', 'lendings']],
  ['accounting', ['liability', 'settlement', 'debts', 'adjustments']],
  ['rules', ['programs', 'card-stock', 'card-counts', 'card-stock-rules', 'rewards', 'adjustment-rules', 'transfer-rules', 'pool-rules', 'terms', 'terms-rules', 'customer-fields', 'customer-classes', 'journal-categories', 'scorecard', 'service-standards', 'warning-rules', 'satisfaction-rules', 'report-rules', 'contract-types', 'own-party']],
  ['marketing', ['campaigns', 'vouchers', 'segments', 'tags']],
  ['sending', ['messages', 'message-channels', 'message-wording', 'message-rules', 'webhooks']],
  ['team', ['consultants', 'routes', 'staff', 'outstanding-cards', 'stores', 'regions']],
  ['exchange', ['imports', 'openings', 'duplicates']],
  ['control', ['approval-rules', 'deletions', 'retention-rules', 'prepaid-report', 'prepaid-issuer', 'access-log', 'audit', 'jobs', 'chain-settings']],
]
