// What the pages about messages send and read: shapes of the API, and what follows from them without asking it.
import type { Text } from './api/types'

export const CHANNELS = ['mail', 'sms', 'chat'] as const
export type Channel = (typeof CHANNELS)[number]
export const STATES = ['queued', 'sending', 'sent', 'dead', 'unclear', 'dropped'] as const
export type MessageState = (typeof STATES)[number]
export type MessagePurpose = 'work' | 'account' | 'reminder' | 'marketing'
export const PURPOSES: readonly MessagePurpose[] = ['work', 'account', 'reminder', 'marketing']
/** What a customer may refuse. */
export const REFUSABLE = ['reminder', 'marketing'] as const

/** One message to one receiver. */
export interface Message {
  id: string
  kind: string
  purpose: MessagePurpose
  /** Chosen at the first try. */
  channel: Channel | null
  receiver: { staff_id: string | null; customer_id: string | null; name: Text }
  /** Masked. */
  to: string | null
  subject_id: string | null
  state: MessageState
  reason: string | null
  /** The same in words. */
  reason_text: Text | null
  tries: number
  created_at: string
  next_at: string | null
  ended_at: string | null
  /** What the other side answered last. */
  said: Text | null
  code: string | null
}

export interface MessageSummary {
  queued: number
  dead: number
  unclear: number
  /** Of those that are due. */
  oldest_due_at: string | null
  /** Without an address of links no reminders and greetings go by mail. */
  has_public_url: boolean
  channels: { channel: Channel; configured: boolean; paused_until: string | null }[]
}

export type MessageLanguage = 'zh-CN' | 'en'

/** A letter's subject and text; SMS and chat take the text, or a template of the gateway. */
export interface Words {
  subject: string
  text: string
}
export type BothWords = Record<'zh' | 'en', Words>

export interface Placeholder {
  name: string
  title: Text
  sample: Text
}

export interface MessageKind {
  kind: string
  purpose: MessagePurpose
  urgent: boolean
  title: Text
  placeholders: Placeholder[]
  shipped: BothWords
}

export interface MessageRules {
  quiet: { from: string; until: string } | null
  cap: { most: number; days: number }
  language: MessageLanguage
  days_ahead: { points: number; cards: number }
  off: string[]
  channels: Record<string, Channel[]>
}

/** What differs from what is shipped. */
export interface MessageWording {
  wording: Record<string, Partial<BothWords>>
  templates: Record<string, Partial<Record<'sms' | 'chat', string>>>
}

export interface MessagePreview extends Words {
  html: string
}

export interface MailSettings {
  host: string
  port: number
  security: 'starttls' | 'tls' | 'none'
  user: string | null
  from_name: string
  from_address: string
  reply_to: string | null
  unsubscribe_mail: string | null
}

export interface GatewaySettings {
  /** As its provider wants it; checked by the server. */
  gateway: unknown
  sign: string
}

export interface MessageChannel {
  channel: Channel
  settings: MailSettings | GatewaySettings | null
  has_secret: boolean
  active: boolean
  version: number
}

/** A secret that isn't named stays as it is; null removes it. */
export interface ChannelChange {
  settings: MailSettings | GatewaySettings
  secret?: string | null
  active: boolean
}

export interface ChannelTest {
  delivered: boolean
  said: Text
}

/** Where somebody on the staff gets messages. */
export interface StaffContact {
  mail: string | null
  phone: string | null
  version: number
}

export interface Refusals {
  refused: (typeof REFUSABLE)[number][]
}

/** Which port mail servers usually have. */
export const USUAL_PORT: Record<MailSettings['security'], number> = { starttls: 587, tls: 465, none: 25 }

/** A channel at a place of an order; none: the place and what follows moves up. Each stands once. */
export function placed(order: readonly Channel[], place: number, channel: Channel | null): Channel[] {
  const next: (Channel | null)[] = [...order]
  const before = channel === null ? -1 : next.indexOf(channel)
  // Two that change places: nothing is lost.
  if (before >= 0 && before !== place) next[before] = order[place] ?? null
  next[place] = channel
  return next.filter((one) => one != null)
}

/** A time of day as people type it: 9:00, 0900, ９：００ → 09:00; null where it is none. */
export function readTime(text: string): string | null {
  const plain = text.normalize('NFKC').trim()
  const [, hour = '', minute = ''] = /^(\d{1,2}):(\d{2})$/.exec(plain) ?? /^(\d{2})(\d{2})$/.exec(plain) ?? []
  if (hour === '' || Number(hour) > 23 || Number(minute) > 59) return null
  return `${hour.padStart(2, '0')}:${minute}`
}

export const sameWords = (one: Words, other: Words): boolean => one.subject === other.subject && one.text === other.text
