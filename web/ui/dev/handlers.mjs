// What the mock answers, route by route, in the shapes of the API.
import { contractRoutes, held } from './contracts.mjs'
import { judgeRedemption, judgeReturn, judgeSale, Refusal } from './rules.mjs'
import * as world from './world.mjs'

const ADDRESS = { mr: ['先生', 'Mr'], ms: ['女士', 'Ms'], none: ['', ''] }

const page = (items) => ({ items })
const mask = (phone) => `${phone.slice(0, 3)}****${phone.slice(-4)}`

export const sessions = new Map()

function one(list, id) {
  const found = list.find((item) => item.id === id)
  if (!found) throw new Refusal(404, 'not_found', '没有找到', 'Not found')
  return found
}

function cardView(card, en) {
  const { customer, available, maturing, ...rest } = card
  const [zh, english] = ADDRESS[customer.form_of_address]
  const display = en ? `${english} ${customer.en}`.trim() : customer.name.slice(0, zh ? 1 : undefined) + zh
  return {
    ...rest,
    customer: { id: customer.id, display, phone_masked: mask(customer.phone) },
    balances: [{ asset: 'points', available, maturing, held: 0 }],
    replaced_by_last_four: null,
    staff_id: null,
    allowed: allowed(card),
  }
}

/** What the table of operations allows, as far as the till offers it. */
function allowed({ state, blocks }) {
  if (state !== 'active') return []
  const [lost, frozen] = [blocks.includes('loss'), blocks.includes('frozen')]
  return [frozen ? 'unfreeze' : 'freeze', lost ? 'cancel_loss' : 'report_loss', ...(frozen ? [] : ['replace']), 'cancel']
}

function customerView({ id, name, form_of_address, phone }) {
  return { id, name: name[0] + '*'.repeat(name.length - 1), form_of_address, phones: phone ? [mask(phone)] : [], version: 1 }
}

function tokens(person) {
  const refresh_token = world.id()
  const access_token = world.id()
  sessions.set(refresh_token, person)
  sessions.set(access_token, person)
  return { access_token, refresh_token, expires_in: 600, must_change_password: person.mustChange === true }
}

function login({ chain, user, password }) {
  const person = world.staff.find((candidate) => candidate.user === user)
  if (chain !== world.chain.code || person?.password !== password) throw new Refusal(401, 'login_failed', '登录失败', 'Log-in failed')
  return tokens(person)
}

function refresh({ refresh_token }) {
  const person = sessions.get(refresh_token)
  if (!person) throw new Refusal(401, 'unauthenticated', '登录已过期', 'The session has ended')
  sessions.delete(refresh_token)
  return tokens(person)
}

function changePassword(who, { new_password }) {
  Object.assign(who, { password: new_password, mustChange: false })
}

function whoAmI({ staff_id, user, name, role }) {
  return { staff_id, user, name, role, chain: world.chain, stores: world.stores, permissions: world.permissions(role), locale: 'zh-CN' }
}

function book(card, sale, list, receipt) {
  for (const item of list) {
    world.entries.unshift({ ...item, id: world.id(), card: card.membership_id, occurred_at: new Date().toISOString(), sale_id: sale?.id ?? null, receipt })
  }
}

function postSale(body) {
  const { card, ...answer } = judgeSale(body)
  const lines = body.lines.map((line, i) => ({ ...line, line: i + 1, returned_quantity: 0 }))
  const sale = { ...answer, ...body, lines, id: world.id(), card, business_date: body.occurred_at.slice(0, 10), returns: [] }
  world.sales.push(sale)
  if (card) {
    card.maturing += answer.points_earned
    card.available -= answer.points_spent
    book(card, sale, answer.entries, body.receipt)
  }
  return { ...answer, id: sale.id, balances: card ? cardView(card).balances : [] }
}

function postReturn(sale, body) {
  const answer = judgeReturn(sale, body)
  for (const { line, quantity } of body.lines) sale.lines[line - 1].returned_quantity += quantity
  if (sale.card) {
    sale.card.available += answer.points.given_back - answer.points.taken_back
    book(sale.card, sale, answer.entries, body.receipt)
  }
  return { ...answer, id: world.id() }
}

function postRedemption(body) {
  const { card, reward, ...answer } = judgeRedemption(body)
  card.available -= reward.points
  reward.stock -= 1
  book(card, null, answer.entries, body.receipt)
  return { ...answer, reward, id: world.id() }
}

function issue(body, en) {
  const other = world.cards.find((card) => card.membership_id === body.membership_id)
  if (other) return cardView(world.addCard(other.customer, other.tier, other.available, other.maturing, { membership_id: body.membership_id }), en)
  const customer = one(world.customers, body.customer_id)
  if (world.cards.some((card) => card.customer === customer)) throw new Refusal(409, 'membership_exists', '已有会籍', 'There is a membership already')
  if (!customer.eligible) {
    const explanation = { zh: '本店半年内实付还差 340.00 元', en: '340.00 more within half a year at this store' }
    throw new Refusal(409, 'not_eligible', '还不能发卡', 'Not eligible yet', { refusals: [{ rule: 'D-RET-1', explanation }] })
  }
  return cardView(world.addCard(customer, world.tierOf('vip'), 0, 0), en)
}

function membershipsOf(customer, en) {
  const cards = world.cards.filter((card) => card.customer.id === customer)
  return cards.slice(0, 1).map(({ membership_id, program_id }) => ({ id: membership_id, program_id, state: 'open', cards: cards.map((card) => cardView(card, en)) }))
}

const CHANGES = {
  'report-loss': (card) => card.blocks.push('loss'),
  'cancel-loss': (card) => (card.blocks = card.blocks.filter((block) => block !== 'loss')),
  freeze: (card) => card.blocks.push('frozen'),
  unfreeze: (card) => (card.blocks = card.blocks.filter((block) => block !== 'frozen')),
  cancel: (card) => (card.state = 'void'),
}

function changeCard(card, action, en) {
  if (action !== 'replace') {
    CHANGES[action](card)
    return cardView(card, en)
  }
  const fresh = world.addCard(card.customer, card.tier, card.available, card.maturing, { membership_id: card.membership_id })
  Object.assign(card, { state: 'replaced', replaced_by: fresh.id })
  return cardView(fresh, en)
}

function findCards(code, en) {
  const lastFour = (text) => code.length === 4 && text.endsWith(code)
  const fits = ({ number, customer }) =>
    /^\d+$/.test(code) ? number === code || customer.phone === code || lastFour(number) || lastFour(customer.phone) : customer.name.includes(code)
  return page(world.cards.filter(fits).map((card) => cardView(card, en)))
}

function findCustomers(query) {
  return page(world.customers.filter((customer) => customer.name.includes(query) || customer.phone.includes(query)).map(customerView))
}

function createCustomer(body) {
  if (body.phones[0] && !/^1\d{10}$/.test(body.phones[0])) {
    const errors = [{ pointer: '/phones/0', code: 'phone_invalid', detail: '手机号应为 11 位' }]
    throw new Refusal(400, 'body_invalid', '填写有误', 'Not valid', { errors })
  }
  return customerView(world.addCustomer(body.name, body.form_of_address, body.phones[0] ?? '', { birthday: body.birthday }))
}

function saveConfiguration(program, body, who) {
  if (Number(body.plugin_config.single_purchase) > 9999) {
    const errors = [{ pointer: '/plugin_config/single_purchase', code: 'maximum', detail: '不能超过 9999.00' }]
    throw new Refusal(422, 'configuration_invalid', '配置有误', 'The configuration is not valid', { errors })
  }
  held('configuration', program.id, who, { version: world.configurations.length + 1, configuration: body }, '发布规则', 'Publish rules')
  const now = new Date().toISOString()
  const version = world.configurations.length + 1
  const fresh = { ...body, id: world.id(), version, effective_from: body.effective_from ?? now, created_by: who.staff_id, created_at: now }
  world.configurations.push(fresh)
  if (fresh.effective_from <= now) program.configuration = fresh
  return fresh
}

function createReward(body) {
  const reward = { ...body, id: world.id(), version: 1 }
  world.rewards.push(reward)
  return reward
}

function createProgram({ code, name }) {
  const program = { ...world.programs[0], code, name, id: world.id() }
  world.programs.push(program)
  return program
}

function statement(card) {
  return page(world.entries.filter((item) => item.card === card.membership_id))
}

function findBills(query) {
  return page(world.sales.filter((sale) => [null, sale.till].includes(query.get('till')) && [null, sale.receipt].includes(query.get('receipt'))).toReversed())
}

/** Method and path → handler of ({ ids, body, query, who, en }). */
export const routes = Object.entries({
  ...contractRoutes,
  'POST /auth/login': ({ body }) => login(body),
  'POST /auth/refresh': ({ body }) => refresh(body),
  'POST /auth/logout': () => null,
  'POST /auth/password': ({ body, who }) => changePassword(who, body),
  'GET /me': ({ who }) => whoAmI(who),
  'GET /staff': () => page(world.staff.map((who) => ({ id: who.staff_id, name: who.name, role: who.role, active: true }))),
  'GET /customers': ({ query }) => findCustomers(query.get('query') ?? ''),
  'POST /customers': ({ body }) => createCustomer(body),
  'GET /programs': () => page(world.programs),
  'POST /programs': ({ body }) => createProgram(body),
  'GET /programs/:id': ({ ids }) => one(world.programs, ids[0]),
  'GET /programs/:id/configurations': () => page(world.configurations.toReversed()),
  'POST /programs/:id/configurations': ({ ids, body, who }) => saveConfiguration(one(world.programs, ids[0]), body, who),
  'GET /rewards': () => page(world.rewards),
  'POST /rewards': ({ body }) => createReward(body),
  'PATCH /rewards/:id': ({ ids, body }) => Object.assign(one(world.rewards, ids[0]), body),
  'GET /cards': ({ query, en }) => findCards(query.get('code') ?? '', en),
  'POST /cards': ({ body, en }) => issue(body, en),
  'GET /memberships': ({ query, en }) => page(membershipsOf(query.get('customer_id'), en)),
  'GET /cards/:id': ({ ids, en }) => cardView(one(world.cards, ids[0]), en),
  'GET /cards/:id/entries': ({ ids }) => statement(one(world.cards, ids[0])),
  'POST /cards/:id/:action': ({ ids, en }) => changeCard(one(world.cards, ids[0]), ids[1], en),
  'POST /sales/quote': ({ body }) => ({ ...judgeSale(body), card: undefined }),
  'POST /sales': ({ body }) => postSale(body),
  'GET /sales': ({ query }) => findBills(query),
  'GET /sales/:id': ({ ids }) => ({ ...one(world.sales, ids[0]), card: undefined }),
  'POST /sales/:id/returns/quote': ({ ids, body }) => judgeReturn(one(world.sales, ids[0]), body),
  'POST /sales/:id/returns': ({ ids, body }) => postReturn(one(world.sales, ids[0]), body),
  'POST /redemptions/quote': ({ body }) => ({ ...judgeRedemption(body), card: undefined }),
  'POST /redemptions': ({ body }) => postRedemption(body),
}).map(([route, handle]) => ({ pattern: new RegExp(`^${route.replace(/:\w+/g, '([^/]+)')}$`), handle }))
