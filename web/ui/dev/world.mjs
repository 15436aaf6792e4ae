// The people, cards and figures of the mock: enough to click through every page, nothing more.
import { readFileSync } from 'node:fs'

const file = (name) => JSON.parse(readFileSync(new URL(`../../../plugins/retail/${name}`, import.meta.url)))

let serial = 0
export const id = () => `00000000-0000-7000-8000-${String(++serial).padStart(12, '0')}`

function cardNumber(n) {
  const body = `9${String(n * 7919).padStart(12, '0')}`
  const digits = [...body].reverse().map(Number)
  const sum = digits.reduce((total, d, i) => total + (i % 2 === 0 ? (d > 4 ? d * 2 - 9 : d * 2) : d), 0)
  return body + ((10 - (sum % 10)) % 10)
}

const pair = (zh, en) => ({ zh, en })

export const stores = [
  { id: id(), code: 'SH01', name: '南京路店' },
  { id: id(), code: 'SH02', name: '徐家汇店' },
]
export const chain = { id: id(), code: 'meili', name: '美丽日化', currency: 'CNY', minor_units: 2, time_zone: 'Asia/Shanghai' }
const person = (user, name, role, extra = {}) => ({ staff_id: id(), user, name, role, password: 'demo', ...extra })
export const staff = [person('cashier', '小李', 'cashier'), person('hq', '周总监', 'hq_admin'), person('money', '吴会计', 'finance'), person('new', '新同事', 'cashier', { mustChange: true })]

const AT_THE_TILL = ['sale.post', 'sale.read', 'return.post', 'redemption.post', 'card.issue', 'card.freeze', 'card.report_loss', 'card.cancel_loss', 'card.replace']
const AT_HQ = ['configuration.read', 'configuration.write', 'program.write', 'program.read', 'reward.write', 'staff.read', 'store.read', 'card.unfreeze', 'card.cancel', 'contract.read', 'approval.read', 'approval.decide']

export const permissions = (role) => ({ hq_admin: [...AT_THE_TILL, ...AT_HQ], finance: AT_HQ.filter((one) => !one.endsWith('.write')) })[role] ?? AT_THE_TILL

const ladder = {
  months: 12,
  steps: [
    { id: 'vip', name: pair('VIP 会员', 'VIP'), threshold: 0, multiplier: 1_000_000 },
    { id: 'silver', name: pair('银卡', 'Silver'), threshold: 500_000, multiplier: 1_200_000 },
    { id: 'gold', name: pair('金卡', 'Gold'), threshold: 2_000_000, multiplier: 1_500_000 },
  ],
}
const points = {
  rounding: 'floor',
  maturing_days: 7,
  return_policy: 'go_negative',
  tender: { points: 100, money: 100, step: 100, max_share_ppm: 500_000 },
}
const configuration = {
  id: id(),
  version: 1,
  effective_from: '2026-01-01T00:00:00Z',
  created_by: null,
  created_at: '2025-12-20T02:00:00Z',
  plugin_config: file('config.default.json'),
  ladder,
  points,
}
export const configurations = [configuration]
export const programs = [
  {
    id: id(),
    code: 'vip',
    name: pair('美丽会员', 'Meili Club'),
    plugin: { id: 'retail', version: '0.1.0', digest: 'sha256:9f2c4b7ad01e' },
    configuration,
    tender: points.tender,
    schema: file('config.schema.json'),
  },
]
const program_id = programs[0].id
const reward = (code, zh, en, price, stock) => ({ id: id(), program_id, store_id: null, code, name: pair(zh, en), points: price, stock, active: true, version: 1 })
export const rewards = [
  reward('MASK', '补水面膜一盒', 'Box of masks', 300, 25),
  reward('UMB', '晴雨伞', 'Umbrella', 800, 3),
  reward('BAG', '限量手袋', 'Limited handbag', 5000, 0),
]

export const customers = []
export const cards = []
export const sales = []
export const entries = []

export function addCustomer(name, form_of_address, phone, more = {}) {
  const customer = { id: id(), name, form_of_address, phone, birthday: '1990-05-01', en: name, eligible: false, ...more }
  customers.push(customer)
  return customer
}

export function addCard(customer, tier, available, maturing, more = {}) {
  const card = {
    id: id(),
    number: cardNumber(cards.length + 11),
    kind: 'customer',
    state: 'active',
    blocks: [],
    membership_id: id(),
    program_id,
    store_id: stores[0].id,
    customer,
    tier,
    valid_through: '2028-11-21',
    available,
    maturing,
    replaced_by: null,
    ...more,
  }
  cards.push(card)
  return card
}

export function tierOf(key) {
  const { id, name } = ladder.steps.find((step) => step.id === key)
  return { id, name }
}

addCard(addCustomer('王丽', 'ms', '13812345678', { en: 'Wang' }), tierOf('silver'), 1268, 110)
addCard(addCustomer('王建国', 'mr', '13987655678', { en: 'Wang' }), tierOf('vip'), 40, 0)
addCard(addCustomer('陈晓', 'ms', '13711112222', { en: 'Chen' }), tierOf('gold'), 8300, 0, { blocks: ['loss'] })
addCustomer('刘洋', 'mr', '13600001111', { en: 'Liu', eligible: true })
