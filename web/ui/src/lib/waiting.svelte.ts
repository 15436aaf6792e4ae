// How many requests wait for the reader: asked for at page changes, and once a minute while the page is seen.
import { send } from './api/client'
import type { WaitingApprovals } from './api/types'
import { may } from './session.svelte'

const EVERY_MS = 60_000
const state = $state({ count: 0 })

export function waiting(): number {
  return state.count
}

/** Never asks for a password, and doesn't keep a session alive that nobody uses. */
export async function askWaiting(): Promise<void> {
  if (!may('approval.read') || document.hidden) return
  try {
    state.count = (await send<WaitingApprovals>('/approvals/waiting', {})).count
  } catch {
    // The number stays until it is asked for again.
  }
}

/** Until the answer is called. */
export function watchWaiting(): () => void {
  const ask = () => void askWaiting()
  const timer = setInterval(ask, EVERY_MS)
  addEventListener('hashchange', ask)
  document.addEventListener('visibilitychange', ask)
  ask()
  return () => {
    clearInterval(timer)
    removeEventListener('hashchange', ask)
    document.removeEventListener('visibilitychange', ask)
  }
}
