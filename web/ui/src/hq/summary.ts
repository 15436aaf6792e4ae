import { formatDecimal } from '$lib/decimal'
import type { Change } from '$lib/form/changes'
import { count, date, money } from '$lib/format'
import { say, t } from '$lib/i18n/index.svelte'
import { me } from '$lib/session.svelte'
import type { Ladder, PointsSettings, TopUpOffer } from '$lib/api/types'
import type { TierCondition, TierWindow } from './ladder'

function windowTold(window: TierWindow): string {
  if (window.kind === 'rolling_months') return t('window-told-months', { months: window.months })
  if (window.kind === 'rolling_days') return t('window-told-days', { days: window.days })
  return t(`window-${window.kind}`)
}

const conditionTold = ({ measure, window, threshold }: TierCondition) =>
  `${t(`measure-${measure}`, { currency: me().chain.currency })} ≥ ${measure === 'paid' ? money(threshold) : count(threshold)} (${windowTold(window)})`

/** What a step asks for, and its multiplier, in a line. */
function stepTold({ threshold, conditions, multiplier }: Ladder['steps'][number]): string {
  const by = `×${formatDecimal(multiplier, 6, true)}`
  if (conditions == null) return `${money(threshold)} · ${by}`
  const join = conditions.join === 'any' ? t('condition-or') : t('condition-and')
  return `${conditions.of.map(conditionTold).join(` ${join} `)} · ${by}`
}

/** What differs between two ladders: each tier by its name, new and removed ones too. */
export function ladderChanges(before: Ladder, after: Ladder): Change[] {
  const ids = [...new Set([...before.steps, ...after.steps].map(({ id }) => id))]
  const steps = ids.map((id) => {
    const [old, now] = [before, after].map(({ steps }) => steps.find((one) => one.id === id))
    const name = now ?? old
    return { title: `${t('section-ladder')} · ${name ? say(name.name) : id}`, from: old ? stepTold(old) : '—', to: now ? stepTold(now) : '—' }
  })
  const months = { title: t('ladder-months'), from: count(before.months), to: count(after.months) }
  return [months, ...steps].filter(({ from, to }) => from !== to)
}

/** All of a ladder, as a list of figures. */
export const ladderFigures = (ladder: Ladder): Change[] => ladderChanges({ months: 0, steps: [] }, ladder)

function tender(points: PointsSettings): string {
  if (points.tender == null) return t('no')
  const { points: n, money: worth, step: by, max_share_ppm } = points.tender
  return `${t('points', { points: count(n) })} = ${money(worth)} · ${count(by)} · ≤ ${formatDecimal(max_share_ppm, 4, true)} %`
}

/** The kinds of cards, each with how it is issued and what it is good for. */
function kinds(points: PointsSettings): string {
  const told = (points.kinds ?? []).map(({ kind, uses, months, most, issuing = 'at_once' }) =>
    [
      t(`kind-card-${kind}`),
      t(`kind-issuing-${issuing}`),
      ...uses.map((use) => t(`kind-use-${use}`)),
      ...(months == null ? [] : [`${t('kind-months')} ${count(months)}`]),
      ...(most == null ? [] : [`${t('kind-most')} ${count(most)}`]),
    ].join(' '),
  )
  return told.length === 0 ? t('kinds-all') : told.join(' · ')
}

/** What must be confirmed, one demand after the other. */
function requirements(points: PointsSettings): string {
  const told = (points.requirements ?? []).map(({ use, above = 0, demands }) => {
    const amount = use === 'spend_points' || use === 'spend_value' ? money(above) : count(above)
    return `${t(`requirement-use-${use}`)} > ${amount}: ${demands.map((demand) => t(`demand-${demand}`)).join(', ')}`
  })
  return told.length === 0 ? t('no') : told.join(' · ')
}

/** How long points are good. */
function expiry({ expiry: rule }: PointsSettings): string {
  if (rule == null) return t('expiry-never')
  const figures = rule.kind === 'fixed_day' ? (['month', 'day', 'years', 'grace_days'] as const).map((name) => [name, rule[name]] as const) : (['months', 'grace_days'] as const).map((name) => [name, rule[name]] as const)
  const told = figures.map(([name, value]) => `${t(`expiry-${name}`)} ${count(value ?? 0)}`)
  return [t(`expiry-${rule.kind}`), ...told, ...(rule.kind === 'per_lot' ? [t(`expiry-end-${rule.end ?? 'same_day'}`)] : [])].join(' · ')
}

/** An offer with its days and steps. */
function offer({ name, code, from, until, steps }: TopUpOffer): string {
  const brings = steps.map(({ from: least, grant }) => `${money(least)} → ${'amount' in grant ? money(grant.amount) : `${formatDecimal(grant.share_ppm, 4, true)} %`}`)
  const days = from == null && until == null ? '' : ` (${from == null ? '' : date(from)} – ${until == null ? '' : date(until)})`
  return `${say(name)} [${code}]${days}: ${brings.join(', ')}`
}

/** Stored value: what pays first, what top-ups bring. */
function value({ value: terms }: PointsSettings): string {
  if (terms == null) return t('no')
  const { draw = 'pro_rata', anonymous_months, offers = [] } = terms
  return [t(`value-draw-${draw}`), ...(anonymous_months == null ? [] : [`${t('value-anonymous-months')} ${count(anonymous_months)}`]), ...offers.map(offer)].join(' · ')
}

/** All that the ledger does with points: title and value. */
const pointsTold = (points: PointsSettings): [string, string][] => [
  [t('rounding'), t(`rounding-${points.rounding}`)],
  [t('maturing-days'), count(points.maturing_days)],
  [t('return-policy'), t(`policy-${points.return_policy}`)],
  [t('points-pay', { currency: me().chain.currency }), tender(points)],
  [t('section-expiry'), expiry(points)],
  [t('section-value'), value(points)],
  [t('section-kinds'), kinds(points)],
  [t('section-requirements'), requirements(points)],
]

export const pointsFigures = (points: PointsSettings): Change[] => pointsTold(points).map(([title, to]) => ({ title, from: '—', to }))

/** What differs in what the ledger does with points. */
export function pointsChanges(before: PointsSettings, after: PointsSettings): Change[] {
  const old = pointsTold(before)
  return pointsTold(after)
    .map(([title, to], n) => ({ title, from: old[n]?.[1] ?? '—', to }))
    .filter(({ from, to }) => from !== to)
}
