// What vouchers are worth and where they hold, in words.
import { formatDecimal } from '$lib/decimal'
import { count, date, money } from '$lib/format'
import { t } from '$lib/i18n/index.svelte'
import type { VoucherRules, VoucherWorth } from '$lib/api/types'

export const STORES = { path: '/stores', read: 'store.read' }
export const KINDS = { path: '/voucher-kinds', read: 'voucher.read' }

export function worthTold(worth: VoucherWorth): string {
  if (worth.kind === 'amount') return t('voucher-worth-told-amount', { amount: money(worth.amount) })
  if (worth.kind === 'item') return t('voucher-worth-told-item', { sku: worth.sku })
  return t('voucher-worth-told-percent', { share: formatDecimal(worth.off_ppm, 4, true), most: money(worth.most) })
}

/** All that restricts a kind, each in a few words. */
export function limitsTold(rules: VoucherRules): string[] {
  const { from, until, days, minimum = 0, categories = [], skus = [], uses = 1, total_limit, member_limit } = rules
  return [
    ...(minimum > 0 ? [t('voucher-told-minimum', { amount: money(minimum) })] : []),
    ...(from == null ? [] : [t('voucher-told-from', { day: date(from) })]),
    ...(until == null ? [] : [t('voucher-told-until', { day: date(until) })]),
    ...(days == null ? [] : [t('voucher-told-days', { days: count(days) })]),
    ...([...categories, ...skus].length > 0 ? [t('voucher-told-goods', { goods: [...categories, ...skus].join(' ') })] : []),
    ...(uses > 1 ? [t('voucher-told-uses', { uses: count(uses) })] : []),
    ...(total_limit == null ? [] : [t('voucher-told-total', { uses: count(total_limit) })]),
    ...(member_limit == null ? [] : [t('voucher-told-member', { uses: count(member_limit) })]),
  ]
}
