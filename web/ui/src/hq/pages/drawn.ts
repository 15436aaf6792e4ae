// Pages that are more than a list with its form, in the order of the navigation; those of one's work come before the declared ones.
import type { Component } from 'svelte'
import { may } from '$lib/session.svelte'
import ScorecardPage from '../assessment/ScorecardPage.svelte'
import ChainPage from '../chain/ChainPage.svelte'
import ClassRules from '../classes/ClassRules.svelte'
import FieldsPage from '../fields/FieldsPage.svelte'
import SearchPage from '../find/SearchPage.svelte'
import DuplicatesPage from '../imports/DuplicatesPage.svelte'
import ImportsPage from '../imports/ImportsPage.svelte'
import JobsPage from '../jobs/JobsPage.svelte'
import JournalPage from '../journal/JournalPage.svelte'
import Programs from '../Programs.svelte'
import RecordsPage from '../records/RecordsPage.svelte'
import ReportsPage from '../reporting/ReportsPage.svelte'
import RetentionPage from '../rules/RetentionPage.svelte'
import StandardsPage from '../rules/StandardsPage.svelte'
import SatisfactionPage from '../satisfaction/SatisfactionPage.svelte'
import ConsultantsPage from '../tasks/ConsultantsPage.svelte'
import TodayPage from '../tasks/TodayPage.svelte'
import WarningsPage from '../warnings/WarningsPage.svelte'

export interface DrawnPage {
  name: string
  /** All of these. */
  permissions: string[]
  /** What follows its name in the address is `rest`, if it looks at it. */
  page: Component<{ rest: string[] }>
}

const drawn = (name: string, page: unknown, ...permissions: string[]): DrawnPage => ({ name, permissions, page: page as DrawnPage['page'] })

const WORK = [
  drawn('search', SearchPage, 'customer.read'),
  drawn('my-day', TodayPage, 'task.write'),
  drawn('open-journal', JournalPage, 'journal.read'),
  drawn('warnings', WarningsPage, 'warning.own'),
  drawn('programs', Programs, 'configuration.read'),
]

const OTHERS = [
  drawn('records', RecordsPage, 'record.read'),
  drawn('satisfaction', SatisfactionPage, 'journal.read'),
  drawn('visit-reports', ReportsPage, 'task.read'),
  drawn('consultants', ConsultantsPage, 'task.manage'),
  drawn('imports', ImportsPage, 'import.run'),
  drawn('duplicates', DuplicatesPage, 'customer.merge'),
  drawn('customer-fields', FieldsPage, 'configuration.read', 'customer.read'),
  drawn('customer-classes', ClassRules, 'configuration.read', 'customer.read'),
  drawn('service-standards', StandardsPage, 'configuration.read', 'task.read'),
  drawn('retention-rules', RetentionPage, 'deletion.read'),
  drawn('scorecard', ScorecardPage, 'configuration.write'),
  drawn('jobs', JobsPage, 'job.run'),
  drawn('chain-settings', ChainPage, 'configuration.write'),
]

const permitted = (pages: DrawnPage[]) => pages.filter(({ permissions }) => permissions.every(may))

/** Those before the declared pages, and those after them. */
export function drawnPages(): [DrawnPage[], DrawnPage[]] {
  return [permitted(WORK), permitted(OTHERS)]
}
