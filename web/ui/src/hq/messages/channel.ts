// A channel's settings as they are typed, and as they are sent.
import type { GatewaySettings, MailSettings } from '$lib/messages'

export interface TypedMail extends Record<'host' | 'user' | 'from_name' | 'from_address' | 'reply_to' | 'unsubscribe_mail', string> {
  port: number | null
  security: MailSettings['security']
}

export interface TypedGateway {
  /** The declaration as JSON text. */
  text: string
  sign: string
}

const NO_MAIL: TypedMail = { host: '', port: 587, security: 'starttls', user: '', from_name: '', from_address: '', reply_to: '', unsubscribe_mail: '' }

export function typedMail(settings: MailSettings | null): TypedMail {
  const { user, reply_to, unsubscribe_mail, ...always } = settings ?? NO_MAIL
  return { ...always, user: user ?? '', reply_to: reply_to ?? '', unsubscribe_mail: unsubscribe_mail ?? '' }
}

const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim())

export function mailOf({ host, port, user, from_address, reply_to, unsubscribe_mail, ...as }: TypedMail): MailSettings {
  const optional = { user: orNull(user), reply_to: orNull(reply_to), unsubscribe_mail: orNull(unsubscribe_mail) }
  return { ...as, host: host.trim(), port: port ?? 0, from_address: from_address.trim(), ...optional }
}

const written = (gateway: unknown): string => JSON.stringify(gateway, null, 2)

export const typedGateway = (settings: GatewaySettings | null): TypedGateway => ({ text: settings === null ? '' : written(settings.gateway), sign: settings?.sign ?? '' })

/** The text must be JSON: the form isn't sent otherwise. */
export const gatewayOf = ({ text, sign }: TypedGateway): GatewaySettings => ({ gateway: JSON.parse(text) as unknown, sign: sign.trim() })

/** What stands in braces in a declaration, in the order people need it. */
export const GATEWAY_PLACEHOLDERS = ['phone', 'template', 'sign', 'id', 'key', 'vars', 'vars.object', 'var.name'] as const

/** Two ways in which providers want to be asked; none of them is somebody's in particular. */
export const EXAMPLES = {
  json: written({
    url: 'https://sms.example.com/v1/messages',
    method: 'POST',
    headers: [{ name: 'Authorization', value: 'Bearer {key}' }],
    body: { json: { id: '{id}', to: '{phone}', sign: '{sign}', template: '{template}', variables: '{vars.object}' } },
    accepted: { pointer: '/code', equals: ['0'], receipt: '/message_id', permanent: ['NUMBER_*', 'TEMPLATE_*'], channel: ['BALANCE_*'] },
  }),
  form: written({
    url: 'https://sms.example.com/send',
    method: 'POST',
    headers: [],
    body: {
      form: [
        { name: 'access_key', value: '{key}' },
        { name: 'mobile', value: '{phone}' },
        { name: 'sign_name', value: '{sign}' },
        { name: 'template_code', value: '{template}' },
        { name: 'template_param', value: '{vars}' },
        { name: 'out_id', value: '{id}' },
      ],
    },
    accepted: { pointer: '/Code', equals: ['OK'], receipt: '/BizId', permanent: ['InvalidNumber'], channel: ['OutOfBalance'] },
  }),
} as const
