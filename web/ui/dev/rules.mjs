// Rough arithmetic for the mock's previews: one point per 1.00 paid times the tier. The real rules are the server's.
import * as world from './world.mjs'

const text = (zh, en) => ({ zh, en })
const yuan = (units) => (units / 100).toFixed(2)
const MULTIPLIER = { vip: 1, silver: 1.2, gold: 1.5 }

export class Refusal extends Error {
  constructor(status, code, zh, en, extras = {}) {
    super(code)
    Object.assign(this, { status, code, zh, en, extras })
  }
}

const entry = (amount, kind, rule, zh, en) => ({ asset: 'points', amount, kind, rule, explanation: text(zh, en), line: null })
const balances = (card, delta) => [{ asset: 'points', available: card.available + delta, maturing: card.maturing, held: 0 }]

function mustWork(card) {
  if (card.state === 'active' && card.blocks.length === 0) return
  throw new Refusal(409, 'card_blocked', '这张卡不能使用', 'This card is blocked', { state: card.state, blocks: card.blocks, allowed: [] })
}

function mustHave(card, needed) {
  if (needed <= card.available) return
  throw new Refusal(409, 'insufficient_points', '积分不足', 'Not enough points', { available: card.available, needed })
}

function memberOf(member) {
  if (!member) return null
  const card = world.cards.find((one) => (member.card ? one.number === member.card : one.customer.id === member.customer_id))
  if (!card) throw new Refusal(404, 'not_found', '没有这张卡', 'No such card')
  if (member.card) mustWork(card)
  return card
}

export function judgeSale(body) {
  const total = body.lines.reduce((sum, line) => sum + line.amount, 0)
  const spent = body.tenders.filter((tender) => tender.kind === 'points').reduce((sum, tender) => sum + tender.amount, 0)
  const known = world.sales.find((sale) => sale.receipt === body.receipt && sale.till === body.till)
  if (known) throw new Refusal(409, 'receipt_conflict', '小票号已被使用', 'The receipt is taken', { sale_id: known.id })
  const card = memberOf(body.member)
  const paid = total - spent - (body.rounding ?? 0)
  const base = { id: null, card, points_spent: spent, paid, tier_next: null }
  if (!card) return { ...base, points_earned: 0, judged: 'no_member', entries: [], balances: [], tier: null }
  mustHave(card, spent)
  const rate = MULTIPLIER[card.tier.id]
  const earned = Math.floor((paid * rate) / 100)
  const zh = `实付 ${yuan(paid)} 元，每 1.00 元 1 分，${card.tier.name.zh} × ${rate}：${earned} 分`
  const en = `${yuan(paid)} paid, 1 point per 1.00, ${card.tier.name.en} × ${rate}: ${earned} points`
  const entries = [entry(earned, 'earn', 'retail.points', zh, en)]
  if (spent > 0) entries.push(entry(-spent, 'spend', 'core.tender', `用 ${spent} 分抵 ${yuan(spent)} 元`, `${spent} points pay ${yuan(spent)}`))
  const tier_next = paid >= 500_000 && card.tier.id === 'vip' ? world.tierOf('silver') : null
  return { ...base, points_earned: earned, judged: 'judged', entries, balances: balances(card, -spent), tier: card.tier, tier_next }
}

export function judgeReturn(sale, body) {
  let total = 0
  for (const { line, quantity } of body.lines) {
    const original = sale.lines[line - 1]
    if (quantity > original.quantity - original.returned_quantity) throw new Refusal(409, 'already_returned', '退货数量超过可退数量', 'More than is left')
    total += Math.floor((original.amount * quantity) / original.quantity)
  }
  const bill = sale.lines.reduce((sum, line) => sum + line.amount, 0)
  const share = (amount) => Math.floor((amount * total) / bill)
  const given_back = share(sale.points_spent)
  const taken_back = share(sale.points_earned)
  const { card } = sale
  const owed = card ? Math.max(0, taken_back - card.available - card.maturing - given_back) : 0
  const tenders = sale.tenders.map((tender) => ({ ...tender, amount: share(tender.amount) }))
  const zh = `退回 ${given_back} 分，收回 ${taken_back} 分，其中 ${owed} 分已用掉，记欠 ${owed} 分；等级不变`
  const en = `${given_back} points go back, ${taken_back} are taken back, ${owed} of them already spent: ${owed} owed; the tier stays`
  const entries = card ? [entry(-taken_back, 'claw_back', 'core.return', `退货收回 ${taken_back} 分`, `${taken_back} points taken back`)] : []
  if (given_back > 0) entries.unshift(entry(given_back, 'give_back', 'core.return', `退回所用积分 ${given_back} 分`, `${given_back} points given back`))
  return {
    id: null,
    money: { total: total - given_back, tenders },
    points: { given_back, expired: 0, taken_back, from_maturing: Math.min(taken_back, card?.maturing ?? 0), owed },
    entries,
    balances: card ? balances(card, given_back - taken_back) : [],
    tier: card?.tier ?? null,
    tier_before: card?.tier ?? null,
    explanation: text(zh, en),
  }
}

export function judgeRedemption(body) {
  const card = world.cards.find((one) => one.number === body.card)
  const reward = world.rewards.find((one) => one.id === body.reward_id)
  mustWork(card)
  if (reward.stock === 0) throw new Refusal(409, 'out_of_stock', '礼品已兑完', 'Out of stock')
  mustHave(card, reward.points)
  const taken = entry(-reward.points, 'redeem', 'core.reward', `兑换${reward.name.zh}，用 ${reward.points} 分`, `${reward.points} points for ${reward.name.en}`)
  return { card, reward, id: null, points: reward.points, entries: [taken], balances: balances(card, -reward.points), cancellable_until: null }
}
