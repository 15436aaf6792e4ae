import { formatDecimal } from '$lib/decimal'
import type { Change } from '$lib/form/changes'
import { count, money } from '$lib/format'
import { say, t } from '$lib/i18n/index.svelte'
import { me } from '$lib/session.svelte'
import type { Ladder, PointsSettings } from '$lib/api/types'

const step = ({ threshold, multiplier }: Ladder['steps'][number]) => `${money(threshold)} · ×${formatDecimal(multiplier, 6, true)}`

/** What differs between two ladders: each tier by its name, new and removed ones too. */
export function ladderChanges(before: Ladder, after: Ladder): Change[] {
  const ids = [...new Set([...before.steps, ...after.steps].map(({ id }) => id))]
  const steps = ids.map((id) => {
    const [old, now] = [before, after].map(({ steps }) => steps.find((one) => one.id === id))
    const name = now ?? old
    return { title: `${t('section-ladder')} · ${name ? say(name.name) : id}`, from: old ? step(old) : '—', to: now ? step(now) : '—' }
  })
  const months = { title: t('ladder-months'), from: count(before.months), to: count(after.months) }
  return [months, ...steps].filter(({ from, to }) => from !== to)
}

function tender(points: PointsSettings): string {
  if (points.tender == null) return t('no')
  const { points: n, money: worth, step: by, max_share_ppm } = points.tender
  return `${t('points', { points: count(n) })} = ${money(worth)} · ${count(by)} · ≤ ${formatDecimal(max_share_ppm, 4, true)} %`
}

/** What differs in what the ledger does with points. */
export function pointsChanges(before: PointsSettings, after: PointsSettings): Change[] {
  const both = (title: string, shown: (points: PointsSettings) => string) => ({ title, from: shown(before), to: shown(after) })
  return [
    both(t('rounding'), ({ rounding }) => t(`rounding-${rounding}`)),
    both(t('maturing-days'), ({ maturing_days }) => count(maturing_days)),
    both(t('return-policy'), ({ return_policy }) => t(`policy-${return_policy}`)),
    both(t('points-pay', { currency: me().chain.currency }), tender),
  ].filter(({ from, to }) => from !== to)
}
