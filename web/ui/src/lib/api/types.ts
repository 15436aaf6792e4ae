// The shapes of the API that the pages use: names for the generated schemas, so that a change of the API is a compile
// error here. Ids are UUIDs, money is integer minor units, instants are RFC 3339 in UTC.

import type { components } from './api.gen'

type Schemas = components['schemas']

export type Text = Schemas['Text']
export type Page<T> = Omit<Schemas['Page_Card'], 'items'> & { items: T[] }

/** A refusal with the facts that its code brings along; the document leaves their types open. */
export type Problem = Schemas['Problem'] & {
  refusals?: { rule: string; explanation: Text }[]
  /** Whom a new customer may be. */
  customers?: { id: string; display: Text }[]
}
export type FieldError = Schemas['ProblemField']

export type Credentials = Schemas['Login']
export type PasswordChange = Schemas['ChangePassword']
export type Tokens = Schemas['Tokens']
export type Demo = Schemas['Demo']
export type DemoLogin = Schemas['DemoLogin']
export type Me = Schemas['Me']
export type Store = Schemas['StoreShown']
export type Staff = Schemas['Staff']

export type Customer = Schemas['Customer']
export type LunarDay = Schemas['LunarDayView']
export type ClassRules = Schemas['ClassRulesView']
export type ClassesComputed = Schemas['ClassesComputed']
export type CustomerClasses = Schemas['CustomerClasses']
export type CustomerCard = Schemas['CustomerCard']
export type FieldDefinition = Schemas['FieldDefinition']
export type Found = Schemas['FoundShown']
export type Lending = Schemas['Lending']
export type Revealed = Schemas['Revealed']
export type RevealedRecord = Schemas['RevealedRecord']
export type Deletion = Schemas['Deletion']
export type Purpose = Schemas['Purpose']
export type FieldVersion = Schemas['FieldVersion']
export type CustomerInput = Schemas['NewCustomer']
export type CustomerForm = Schemas['CustomerForm']
export type SentForm = Schemas['SentForm']
export type OpenForm = Schemas['OpenForm']
export type TimelineItem = Schemas['TimelineItem']
export type EarlierValues = Schemas['EarlierValues']
export type AttachedFile = Schemas['AttachedFile']
export type ArchiveRecord = Schemas['Record']
export type RecordEvent = Schemas['RecordEvent']
export type RecordType = Schemas['RecordType']
export type RecordTypeInput = Schemas['NewRecordType']
export type RecordTypeTemplates = Schemas['RecordTypeTemplates']
export type RequiredDocument = Schemas['RequiredDocument']
export type Task = Schemas['Task']
export type Plan = Schemas['Plan']
export type Consultant = Schemas['ConsultantView']
export type Handover = Schemas['Handover']
export type TaskCheck = Schemas['TaskCheck']
export type Warning = Schemas['Warning']
export type WarningsComputed = Schemas['WarningsComputed']
export type Satisfaction = Schemas['Satisfaction']
export type SatisfactionRules = Schemas['SettingView_SatisfactionRules']
export type MonthOfMarks = Schemas['MonthOfMarks']
export type Assessment = Schemas['Assessment']
export type Scorecard = Schemas['Scorecard']
export type ScorecardVersion = Schemas['ScorecardVersion']
export type VisitReport = Schemas['VisitReport']
export type ReportStanding = Schemas['ReportStanding']
export type Completeness = Schemas['CompletenessView']
export type Job = Schemas['JobView']
export type JournalEntry = Schemas['JournalEntry']
export type JournalTotal = Schemas['JournalTotal']
export type OpenEntry = Schemas['OpenEntry']
export type RetentionRules = Schemas['RetentionRules']
export type FileImport = Schemas['FileImport']
export type ImportMapping = Schemas['ImportMapping']
export type BadImportRow = Schemas['BadImportRow']
export type DuplicateKind = Schemas['DuplicateKind']
export type CustomerMerge = Schemas['CustomerMerge']
export interface CustomerPair {
  by: DuplicateKind
  first: Customer
  second: Customer
}
export type ChainSettings = Schemas['ChainSettings']
export type FormOfAddress = Schemas['FormOfAddress']

export type Card = Schemas['Card']
export type Membership = Schemas['Membership']
export type CardInput = Schemas['NewCard']
export type CardKind = Schemas['CardKind']
export type CardOperation = Schemas['CardOperation']
export type CardReplacement = Schemas['CardReplacement']
export type Balance = Schemas['Balance']
export type Tier = Schemas['Tier']

/** A movement as a sale, return or redemption answers it. */
export type Entry = Schemas['Entry']
/** A movement as the statement lists it. */
export type StatementEntry = Schemas['StatementEntry']

export type SaleLine = Schemas['SaleLine']
export type Tender = Schemas['Tender']
export type TenderKind = Schemas['TenderKind']
export type SaleBody = Schemas['NewSale']
export type SaleAnswer = Schemas['SaleAnswer']
export type Bill = Schemas['Sale']

export type ReturnBody = Schemas['NewReturn']
export type ReturnAnswer = Schemas['ReturnAnswer']

export type Reward = Schemas['Reward']
export type RewardInput = Schemas['NewReward']
export type RewardChange = Schemas['RewardChange']
export type RedemptionBody = Schemas['NewRedemption']
export type CancellationAnswer = Schemas['CancellationAnswer']
export type RedemptionAnswer = Schemas['RedemptionAnswer']

export type Program = Schemas['Program']
export type ProgramInput = Schemas['NewProgram']
export type Configuration = Schemas['Configuration']
export type ConfigurationInput = Schemas['NewConfiguration']
export type Ladder = Schemas['Ladder']
export type LadderStep = Schemas['LadderStep']
export type PointsSettings = Schemas['PointTerms']
export type PointsTender = Schemas['PointsTender']
