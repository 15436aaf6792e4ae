import { call } from '$lib/api/client'
import { say } from '$lib/i18n/index.svelte'
import type { MessageChannel, MessageKind, MessageState } from '$lib/messages'

export const messageKinds = (): Promise<MessageKind[]> => call<MessageKind[]>('/message-kinds')
export const messageChannels = (): Promise<MessageChannel[]> => call<MessageChannel[]>('/message-channels')

/** A kind's title; its name where nothing is known of it. */
export function titleOf(kinds: readonly MessageKind[], kind: string): string {
  const found = kinds.find((one) => one.kind === kind)
  return found === undefined ? kind : say(found.title)
}

const COLOURS: Record<MessageState, string> = { queued: 'gold', sending: 'gold', sent: 'good', dead: 'bad', unclear: 'bad', dropped: '' }
export const stateColour = (state: MessageState): string => COLOURS[state]

export const canRetry = (state: MessageState): boolean => ['dead', 'unclear', 'dropped'].includes(state)
export const canDrop = (state: MessageState): boolean => ['queued', 'dead', 'unclear'].includes(state)
