// Contracts, their templates and what waits for others, as far as the mock knows them: one type, one draft, requests as they come.
import { readFileSync } from 'node:fs'
import { Refusal } from './rules.mjs'
import * as world from './world.mjs'

const SHIPPED = [['dealer', '经销合同', 'Distribution contract'], ['vehicle_sale', '汽车销售合同', 'Vehicle sales contract'], ['hotel_rate', '酒店协议价合同', 'Hotel corporate rate agreement'], ['beauty_course', '美容疗程服务合同', 'Beauty course contract']]
const text = (zh, en) => ({ zh, en })
const read = (name) => JSON.parse(readFileSync(new URL(`../../../core/domain/src/contract/print/shipped/${name}.json`, import.meta.url)))
const forms = SHIPPED.map(([name, zh, en]) => ({ name, label: text(zh, en), ...read(name) }))
const now = () => new Date().toISOString()
const page = (items) => ({ items })

const type = {
  id: world.id(), code: 'dealer', name: text('经销合同', 'Distribution contract'), category: 'JX', required: ['quality'], party_fields: [],
  fields: [{ name: 'territory_map', label: text('区域图编号', 'Number of the map'), kind: 'text', required: false }],
  fields_version: 1, approvals: [{ from: 0, steps: [['hq_admin']] }], active: true, version: 1,
}
const templates = []
const contract = {
  id: world.id(), type_id: type.id, type_name: type.name, customer_id: world.id(), customer: text('王女士', 'Ms Wang'), store_id: world.stores[0].id, author_id: world.staff[1].staff_id,
  title: '2026 年度经销合同', state: 'draft', fulfilment: 'unfulfilled', amount: 1_005_00, amount_in_words: '壹仟零伍元整', content_version: 1, created_at: now(), changed_at: now(), erased: false, version: 1,
  content: { title: '2026 年度经销合同', elements: { quality: '符合国家标准' }, lines: [], amount: 1_005_00, milestones: [], own_party: {}, other_party: {}, values: {}, fields_version: 1 },
  own_party: { name: '美丽日化有限公司' }, other_party: { name: '王丽' }, totals: { lines: [], sum: { amount: 0, tax: 0, total: 0 } },
  steps: [], missing: [], milestones: [], supplements: [], hash: '0', seen_version: 1,
}

/** A blank page that says what was asked for. */
function pdf(said) {
  const stream = `BT /F1 24 Tf 72 760 Td (${said}) Tj ET`
  const objects = ['<</Type/Catalog/Pages 2 0 R>>', '<</Type/Pages/Kids[3 0 R]/Count 1>>', '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>', `<</Length ${stream.length}>>stream\n${stream}\nendstream`]
  let file = '%PDF-1.4\n'
  const places = objects.map((object, n) => {
    const place = file.length
    file += `${n + 1} 0 obj\n${object}\nendobj\n`
    return `${String(place).padStart(10, '0')} 00000 n \n`
  })
  return Buffer.from(`${file}xref\n0 5\n0000000000 65535 f \n${places.join('')}trailer<</Size 5/Root 1 0 R>>\nstartxref\n${file.length}\n%%EOF`)
}

function check({ title, clauses }) {
  const errors = []
  const fault = (pointer, detail) => errors.push({ pointer: `/template${pointer}`, code: 'invalid', detail })
  for (const side of ['zh', 'en']) {
    if (title[side].trim() === '') fault(`/title/${side}`, '请填写 1–100 个字')
    clauses.forEach(({ body }, n) => {
      if (body[side].trim() === '') fault(`/clauses/${n}/body/${side}`, '请填写 1–20000 个字')
      const [, odd] = /\{(nothing[^}]*)\}/.exec(body[side]) ?? []
      if (odd) fault(`/clauses/${n}/body/${side}`, `没有占位符 {${odd}}`)
    })
  }
  if (errors.length > 0) throw new Refusal(422, 'field_invalid', '填写有误', 'Not valid', { errors })
}

const latest = () => templates.at(-1) ?? { number: 0, template: forms[0].template, staff_id: null, published_at: null }

function publish({ template }, who) {
  check(template)
  templates.push({ number: templates.length + 1, template, staff_id: who.staff_id, published_at: now() })
  return latest()
}

function preview({ template, language }) {
  if (template) check(template)
  return pdf(`Preview ${language}`)
}

function print(query) {
  if (contract.title.includes('𓀀')) throw new Refusal(422, 'unprintable', '没有字体能打印“𓀀”', 'No font has “𓀀”')
  return pdf(`Contract ${query.get('language')}`)
}

const rules = { value: { configuration: [], staff: [], export: [] }, version: 1 }
const approvals = [
  ask('staff', world.id(), world.staff[1], { user: 'zhao', role: 'cashier', store_ids: [world.stores[0].id], active: true, password: true, same_person_as: null }, '新账号 zhao', 'A new log-in: zhao'),
  { ...ask('export', world.id(), world.staff[1], { of: 'customer.export', subject_id: null, columns: ['编号', '姓名', '手机'], format: 'xlsx', purpose: 'asked' }, '导出个人资料', 'Personal data as a file'), state: 'approved', ended_at: now() },
]

function ask(kind, subject_id, who, request, zh, en) {
  const day = 24 * 3_600_000
  return {
    id: world.id(), kind, subject_id, subject_version: 0, summary: text(zh, en), store_id: null, hash: JSON.stringify(request), amount: null, state: 'waiting', steps: [['finance']], decisions: [], mine: false,
    asked_by: who.staff_id, asked_at: now(), expires_at: new Date(Date.now() + 14 * day).toISOString(), ended_at: null, request, used_at: null,
  }
}

/** Refuses what others have to agree to first, and lets it through once they have. */
export function held(kind, subject, who, request, zh, en) {
  const steps = kind === 'rules' ? Object.values(rules.value).find((one) => one.length > 0) : rules.value[kind]
  if (!steps?.length) return
  const same = approvals.find((one) => one.kind === kind && one.hash === JSON.stringify(request) && one.used_at === null && ['waiting', 'approved'].includes(one.state))
  if (same?.state === 'approved') return void (same.used_at = now())
  const waiting = same ?? { ...ask(kind, subject, who, request, zh, en), steps }
  if (!same) approvals.unshift(waiting)
  throw new Refusal(409, 'approval_needed', '已提交审批；他人同意后，请在 14 天内原样再做一次', 'It was sent for approval: once others have agreed, do exactly the same again within 14 days', { approval_id: waiting.id })
}

function setRules({ value }, who) {
  for (const [name, steps] of Object.entries(value)) {
    const at = steps.findIndex((roles) => roles.length === 0)
    if (at >= 0) throw new Refusal(422, 'field_invalid', '填写有误', 'Not valid', { errors: [{ pointer: `/value/${name}/${at}`, code: 'invalid', detail: '每步至少一个岗位' }] })
  }
  held('rules', world.chain.id, who, value, '修改审批规则', 'Another set of approval rules')
  Object.assign(rules, { value, version: rules.version + 1 })
  return rules
}

const seen = (approval, who) => ({ ...approval, mine: approval.state === 'waiting' && approval.asked_by !== who.staff_id && (approval.steps[approval.decisions.length]?.includes(who.role) ?? false) })

function decide(id, agreed, who, { remark = null }) {
  const approval = approvals.find((one) => one.id === id)
  approval.decisions.push({ staff_id: who.staff_id, agreed, remark, at: now() })
  if (!agreed || approval.decisions.length === approval.steps.length) Object.assign(approval, { state: agreed ? 'approved' : 'rejected', ended_at: now() })
  return seen(approval, who)
}

/** Method and path → handler, as in handlers.mjs. */
export const contractRoutes = {
  'GET /stores': () => page(world.stores),
  'GET /contract-types': () => page([type]),
  'GET /contract-types/:id': () => type,
  'PATCH /contract-types/:id': ({ body }) => Object.assign(type, body, { version: type.version + 1 }),
  'GET /contract-types/:id/template': latest,
  'PATCH /contract-types/:id/template': ({ body, who }) => publish(body, who),
  'GET /contract-types/:id/templates': () => page(templates.toReversed()),
  'POST /contract-types/:id/template-previews': ({ body }) => preview(body),
  'GET /shipped-contract-templates': () => forms,
  'GET /contracts': () => page([contract]),
  'GET /contracts/:id': () => contract,
  'GET /contracts/:id/print': ({ query }) => print(query),
  'GET /contracts/:id/history': () => page([]),
  'GET /approvals': ({ query, who }) => page(approvals.map((one) => seen(one, who)).filter((one) => (!query.get('mine') || one.mine) && (!query.get('asked') || one.asked_by === who.staff_id))),
  'GET /approvals/waiting': ({ who }) => ({ count: approvals.filter((one) => seen(one, who).mine).length }),
  'GET /approvals/:id': ({ ids, who }) => seen(approvals.find((one) => one.id === ids[0]), who),
  'POST /approvals/:id/agree': ({ ids, who, body }) => decide(ids[0], true, who, body),
  'POST /approvals/:id/reject': ({ ids, who, body }) => decide(ids[0], false, who, body),
  'GET /approval-rules': () => rules,
  'PATCH /approval-rules': ({ body, who }) => setRules(body, who),
}
