// What follows from an address's and an event's document without asking the interface, and the sample of a signature.
import type { DeliveryState, WebhookEndpoint, WebhookTopic } from '$lib/api/types'

export const DELIVERY_STATES: readonly DeliveryState[] = ['queued', 'sending', 'sent', 'dead']

/** Events that one request sends again. */
export const MOST_AGAIN = 1000

/** `stopped`: switched off by itself. */
export type Standing = 'on' | 'failing' | 'off' | 'stopped'

export function standing({ active, failing_since, off_at }: Pick<WebhookEndpoint, 'active' | 'failing_since' | 'off_at'>): Standing {
  if (active) return failing_since ? 'failing' : 'on'
  return off_at ? 'stopped' : 'off'
}

export const STANDING_COLOURS: Record<Standing, string> = { on: 'good', failing: 'gold', off: '', stopped: 'bad' }
export const STATE_COLOURS: Record<DeliveryState, string> = { queued: 'gold', sending: 'gold', sent: 'good', dead: 'bad' }

/** What an event was given up for may be mended; what was taken may be lost there. */
export const canSendAgain = (state: DeliveryState): boolean => state === 'dead' || state === 'sent'

/** Where a topic stands in the checklist: by what it is about. */
const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  ['member', ['membership', 'points', 'pool', 'tier', 'card']],
  ['stock', ['card_batch', 'card_transfer', 'card_stock', 'card_count']],
  ['sale', ['sale', 'return', 'redemption', 'reward', 'top_up', 'pass', 'campaign', 'voucher_kind', 'voucher']],
  ['customer', ['customer', 'customer_fields', 'form', 'file', 'scorecard', 'tag', 'segment']],
  ['record', ['record', 'record_type', 'journal', 'warning']],
  ['contract', ['contract', 'contract_type', 'contract_template', 'approval']],
  ['organisation', ['region', 'store', 'staff']],
  ['system', ['import', 'opening', 'job', 'plugin']],
]

/** Topics under their headings, both in their order; what a later version has stands at the end. */
export function grouped<T extends Pick<WebhookTopic, 'name'>>(topics: readonly T[]): [string, T[]][] {
  const about = (topic: T) => topic.name.split('.')[0] ?? ''
  const known = GROUPS.flatMap(([, names]) => names)
  const groups: [string, T[]][] = GROUPS.map(([group, names]) => [group, topics.filter((topic) => names.includes(about(topic)))])
  groups.push(['other', topics.filter((topic) => !known.includes(about(topic)))])
  return groups.filter(([, own]) => own.length > 0)
}

/** With some more or without them, each once, in the order in which all are listed. */
export function ticked(all: readonly WebhookTopic[], chosen: readonly string[], some: readonly string[], on: boolean): string[] {
  const wanted = new Set(on ? [...chosen, ...some] : chosen.filter((name) => !some.includes(name)))
  return all.map(({ name }) => name).filter((name) => wanted.has(name))
}

/** An event as it arrives; a test compares its signature. */
export const SAMPLE = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: '0192f3a1-7c5e-7b20-9d41-3f6a8c2e5b17',
  timestamp: '1772416800',
  body: '{"type":"region.created","timestamp":"2026-03-02T02:00:00Z","chain_id":"0192f3a0-1b2c-7d3e-8f40-5a6b7c8d9e0f","data":{"id":"0192f3a1-7c5d-7e10-8a2b-4c6d8e0f1a3b"}}',
  signature: 'v1,Ky5SJTsblYRcDZvKQArmGqhXe7u0hDR9/+KbOFr8c3E=',
} as const

/** The same in Python, which most people who write receivers can read. */
export const CHECK = `key = base64.b64decode(secret.removeprefix("whsec_"))
base = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
ours = "v1," + base64.b64encode(hmac.digest(key, base, "sha256")).decode()
genuine = any(hmac.compare_digest(ours, theirs)
              for theirs in headers["webhook-signature"].split())
recent = abs(time.time() - int(headers["webhook-timestamp"])) < 300`
