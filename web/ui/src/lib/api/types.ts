// The shapes of the API that the pages use. Ids are UUIDs, money is integer minor units, instants are RFC 3339 in UTC.

export interface Text {
  zh: string
  en: string
}

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface FieldError {
  pointer: string
  code: string
  detail: string
}

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  errors?: FieldError[]
  refusals?: { rule: string; explanation: Text }[]
  blocks?: string[]
  state?: string
  available?: number
  needed?: number
}

export interface Tokens {
  access_token: string
  refresh_token: string
  expires_in: number
  must_change_password: boolean
}

export interface Store {
  id: string
  code: string
  name: string
}

export interface Me {
  staff_id: string
  user: string
  name: string
  role: string
  chain: { id: string; code: string; name: string; currency: string; minor_units: number; time_zone: string }
  stores: Store[]
  permissions: string[]
}

export interface Staff {
  id: string
  name: string
  role: string
  active: boolean
}

export type FormOfAddress = 'mr' | 'ms' | 'none'

export interface CustomerInput {
  name: string
  form_of_address: FormOfAddress
  phones: string[]
  birthday: string | null
  store_id: string
  consultant_id: string | null
  introducer_customer_id: string | null
  consent: { marketing: boolean; privacy: boolean }
}

export interface Customer {
  id: string
  name: string
  form_of_address: FormOfAddress
  phones: string[]
  birthday?: string | null
}

export interface Tier {
  id: string
  name: Text
}

export interface Balance {
  asset: string
  available: number
  maturing: number
  held: number
}

export interface Card {
  id: string
  number: string
  kind: string
  state: string
  blocks: string[]
  membership_id: string
  program_id: string
  store_id: string
  customer: { id: string; display: string; phone_masked: string | null } | null
  tier: Tier
  valid_through: string | null
  balances: Balance[]
  replaced_by: string | null
  entries?: Entry[]
}

/** A movement as a sale, return or redemption answers it. */
export interface Entry {
  asset: string
  amount: number
  kind: string
  rule: string
  explanation: Text
  line?: number | null
}

/** A movement as the statement lists it. */
export interface StatementEntry extends Entry {
  id: string
  occurred_at: string
  sale_id: string | null
  receipt: string | null
}

export interface SaleLine {
  sku: string
  category: string
  quantity: number
  amount: number
  list_amount: number
  discount: number
  attributes: Record<string, never>
}

export interface Tender {
  kind: string
  amount: number
}

export interface SaleBody {
  store_id: string
  member: { card: string } | { customer_id: string } | null
  source: string
  till: string
  receipt: string
  lines: SaleLine[]
  tenders: Tender[]
  occurred_at: string
}

export interface SaleAnswer {
  id: string | null
  points_earned: number
  points_spent: number
  paid: number
  judged: 'judged' | 'unjudged' | 'no_member'
  entries: Entry[]
  balances: Balance[]
  tier: Tier | null
  tier_next: Tier | null
}

export interface BillLine {
  line: number
  sku: string
  category: string
  quantity: number
  amount: number
  returned_quantity: number
}

export interface Bill extends SaleAnswer {
  id: string
  till: string
  receipt: string
  occurred_at: string
  business_date: string
  lines: BillLine[]
  tenders: Tender[]
}

export interface BillSummary {
  id: string
  till: string
  receipt: string
  occurred_at: string
}

export interface ReturnBody {
  store_id: string
  source: string
  till: string
  receipt: string
  lines: { line: number; quantity: number }[]
  reason: string
  occurred_at: string
}

export interface ReturnAnswer {
  id: string | null
  money: { total: number; tenders: Tender[] }
  points: { given_back: number; expired: number; taken_back: number; from_maturing: number; owed: number }
  entries: Entry[]
  balances: Balance[]
  tier: Tier | null
  tier_before: Tier | null
  explanation: Text
}

export interface Reward {
  id: string
  program_id: string
  store_id: string | null
  code: string
  name: Text
  points: number
  stock: number | null
  active: boolean
  version: number
}

export interface RedemptionAnswer {
  id: string | null
  reward: { id: string; name: Text }
  points: number
  entries: Entry[]
  balances: Balance[]
  cancellable_until: string | null
}

export interface Program {
  id: string
  code: string
  name: Text
  plugin: { id: string; version: string; digest: string }
  configuration: { id: string; version: number; effective_from: string }
  /** How points pay at the till under the configuration in force. */
  tender: PointsTender | null
  schema?: Record<string, unknown>
}

export interface LadderStep {
  id: string
  name: Text
  threshold: number
  multiplier: number
}

export interface Ladder {
  months: number
  steps: LadderStep[]
}

export interface PointsTender {
  points: number
  money: number
  step: number
  max_share_ppm: number
}

export interface PointsSettings {
  rounding: 'floor' | 'half_up' | 'ceil'
  maturing_days: number
  return_policy: 'only_maturing' | 'within_balance' | 'go_negative'
  tender: PointsTender | null
}

export interface ConfigurationInput {
  effective_from: string | null
  plugin_config: Record<string, unknown>
  ladder: Ladder
  points: PointsSettings
}

export interface Configuration extends ConfigurationInput {
  id: string
  version: number
  effective_from: string
  created_by: string | null
  created_at: string
}
