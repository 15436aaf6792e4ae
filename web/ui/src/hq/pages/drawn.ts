// Pages that are more than a list with its form; their place in the navigation says groups.ts.
import type { Component } from 'svelte'
import { may } from '$lib/session.svelte'
import AdjustmentsPage from '../accounting/AdjustmentsPage.svelte'
import DebtsPage from '../accounting/DebtsPage.svelte'
import LiabilityPage from '../accounting/LiabilityPage.svelte'
import SettlementPage from '../accounting/SettlementPage.svelte'
import ApprovalRulesPage from '../approvals/ApprovalRulesPage.svelte'
import ApprovalsPage from '../approvals/ApprovalsPage.svelte'
import ScorecardPage from '../assessment/ScorecardPage.svelte'
import CardCountsPage from '../cardstock/CardCountsPage.svelte'
import CardStockPage from '../cardstock/CardStockPage.svelte'
import CardStockRulesPage from '../cardstock/CardStockRulesPage.svelte'
import CampaignsPage from '../campaigns/CampaignsPage.svelte'
import ChainPage from '../chain/ChainPage.svelte'
import ClassRules from '../classes/ClassRules.svelte'
import ContractsPage from '../contracts/ContractsPage.svelte'
import ContractTypes from '../contracts/ContractTypes.svelte'
import OwnPartyPage from '../contracts/OwnPartyPage.svelte'
import FieldsPage from '../fields/FieldsPage.svelte'
import SearchPage from '../find/SearchPage.svelte'
import DuplicatesPage from '../imports/DuplicatesPage.svelte'
import ImportsPage from '../imports/ImportsPage.svelte'
import OpeningsPage from '../imports/OpeningsPage.svelte'
import JobsPage from '../jobs/JobsPage.svelte'
import CategoriesPage from '../journal/CategoriesPage.svelte'
import JournalPage from '../journal/JournalPage.svelte'
import ChannelsPage from '../messages/ChannelsPage.svelte'
import MessageRulesPage from '../messages/MessageRulesPage.svelte'
import MessagesPage from '../messages/MessagesPage.svelte'
import WordingPage from '../messages/WordingPage.svelte'
import LentPage from '../originals/LentPage.svelte'
import StockTakesPage from '../originals/StockTakesPage.svelte'
import PrepaidReportPage from '../prepaid/PrepaidReportPage.svelte'
import Programs from '../Programs.svelte'
import RecordsPage from '../records/RecordsPage.svelte'
import ReportsPage from '../reporting/ReportsPage.svelte'
import ClaimsPage from '../rewards/ClaimsPage.svelte'
import AdjustmentRulesPage from '../rules/AdjustmentRulesPage.svelte'
import PoolRulesPage from '../rules/PoolRulesPage.svelte'
import PrepaidIssuerPage from '../rules/PrepaidIssuerPage.svelte'
import ReportRulesPage from '../rules/ReportRulesPage.svelte'
import RetentionPage from '../rules/RetentionPage.svelte'
import SatisfactionRulesPage from '../rules/SatisfactionRulesPage.svelte'
import StandardsPage from '../rules/StandardsPage.svelte'
import TransferRulesPage from '../rules/TransferRulesPage.svelte'
import WarningRulesPage from '../rules/WarningRulesPage.svelte'
import SatisfactionPage from '../satisfaction/SatisfactionPage.svelte'
import SegmentsPage from '../segments/SegmentsPage.svelte'
import OutstandingCardsPage from '../staff/OutstandingCardsPage.svelte'
import ConsultantsPage from '../tasks/ConsultantsPage.svelte'
import RoutesPage from '../tasks/RoutesPage.svelte'
import TodayPage from '../tasks/TodayPage.svelte'
import TermsPage from '../terms/TermsPage.svelte'
import TermsRulesPage from '../terms/TermsRulesPage.svelte'
import VouchersPage from '../vouchers/VouchersPage.svelte'
import WarningsPage from '../warnings/WarningsPage.svelte'
import WebhooksPage from '../webhooks/WebhooksPage.svelte'

export interface DrawnPage {
  name: string
  /** All of these. */
  permissions: string[]
  /** What follows its name in the address is `rest`, if it looks at it. */
  page: Component<{ rest: string[] }>
}

const drawn = (name: string, page: unknown, ...permissions: string[]): DrawnPage => ({ name, permissions, page: page as DrawnPage['page'] })

const DRAWN = [
  drawn('search', SearchPage, 'customer.read'),
  drawn('my-day', TodayPage, 'task.write'),
  drawn('approvals', ApprovalsPage, 'approval.read'),
  drawn('open-journal', JournalPage, 'journal.read'),
  drawn('warnings', WarningsPage, 'warning.own'),
  drawn('reward-claims', ClaimsPage, 'redemption.post'),
  drawn('liability', LiabilityPage, 'accounting.read'),
  drawn('settlement', SettlementPage, 'accounting.read'),
  drawn('debts', DebtsPage, 'accounting.read'),
  drawn('adjustments', AdjustmentsPage, 'adjustment.write'),
  drawn('programs', Programs, 'configuration.read'),
  drawn('contracts', ContractsPage, 'contract.read'),
  drawn('lent-originals', LentPage, 'contract.read', 'lending.read'),
  drawn('stock-takes', StockTakesPage, 'contract.read'),
  drawn('card-stock', CardStockPage, 'card_stock.read'),
  drawn('card-counts', CardCountsPage, 'card_stock.read'),
  drawn('records', RecordsPage, 'record.read'),
  drawn('satisfaction', SatisfactionPage, 'journal.read'),
  drawn('visit-reports', ReportsPage, 'task.read'),
  drawn('consultants', ConsultantsPage, 'task.manage'),
  drawn('outstanding-cards', OutstandingCardsPage, 'card.issue'),
  drawn('routes', RoutesPage, 'task.read'),
  drawn('imports', ImportsPage, 'import.run'),
  drawn('openings', OpeningsPage, 'import.run'),
  drawn('duplicates', DuplicatesPage, 'customer.merge'),
  drawn('customer-fields', FieldsPage, 'configuration.read', 'customer.read'),
  drawn('customer-classes', ClassRules, 'configuration.read', 'customer.read'),
  drawn('service-standards', StandardsPage, 'configuration.read', 'task.read'),
  drawn('warning-rules', WarningRulesPage, 'configuration.read', 'warning.own'),
  drawn('journal-categories', CategoriesPage, 'configuration.read', 'journal.read'),
  drawn('satisfaction-rules', SatisfactionRulesPage, 'configuration.read', 'journal.read'),
  drawn('report-rules', ReportRulesPage, 'configuration.read', 'task.read'),
  drawn('adjustment-rules', AdjustmentRulesPage, 'configuration.read', 'adjustment.write'),
  drawn('transfer-rules', TransferRulesPage, 'configuration.read', 'transfer.post'),
  drawn('pool-rules', PoolRulesPage, 'configuration.read', 'pool.write'),
  drawn('retention-rules', RetentionPage, 'deletion.read'),
  drawn('approval-rules', ApprovalRulesPage, 'configuration.read', 'approval.read'),
  drawn('card-stock-rules', CardStockRulesPage, 'configuration.read', 'card_stock.read'),
  drawn('contract-types', ContractTypes, 'configuration.read', 'contract.read'),
  drawn('own-party', OwnPartyPage, 'configuration.read', 'contract.read'),
  drawn('terms', TermsPage, 'membership.read'),
  drawn('terms-rules', TermsRulesPage, 'configuration.read', 'membership.read'),
  drawn('scorecard', ScorecardPage, 'configuration.write'),
  drawn('campaigns', CampaignsPage, 'campaign.read'),
  drawn('vouchers', VouchersPage, 'voucher.read'),
  drawn('segments', SegmentsPage, 'segment.read', 'customer.read'),
  drawn('messages', MessagesPage, 'message.read'),
  drawn('message-channels', ChannelsPage, 'configuration.write'),
  drawn('message-wording', WordingPage, 'configuration.read', 'message.read'),
  drawn('message-rules', MessageRulesPage, 'configuration.read', 'message.read'),
  drawn('webhooks', WebhooksPage, 'configuration.write'),
  drawn('prepaid-report', PrepaidReportPage, 'prepaid.report'),
  drawn('prepaid-issuer', PrepaidIssuerPage, 'configuration.read', 'prepaid.report'),
  drawn('jobs', JobsPage, 'job.run'),
  drawn('chain-settings', ChainPage, 'configuration.write'),
]

export function drawnPages(): DrawnPage[] {
  return DRAWN.filter(({ permissions }) => permissions.every(may))
}
