import { call, forgetTokens, keepTokens, onSessionEnd, refresh, send } from '$lib/api/client'
import { t } from '$lib/i18n/index.svelte'
import type { Credentials, Me, Tokens } from '$lib/api/types'

const LOGIN_KEY = 'cardea.login'

interface Session {
  me: Me | null
  /** The session ended while somebody worked: ask for the password over the page, so that nothing typed is lost. */
  ended: boolean
}

export const session = $state<Session>({ me: null, ended: false })

let resume: (() => void) | null = null
let waiting: Promise<void> | null = null

onSessionEnd(() => {
  if (session.me === null) {
    toLogin()
    return new Promise(() => {})
  }
  waiting ??= new Promise<void>((resolve) => {
    session.ended = true
    resume = () => {
      session.ended = false
      waiting = null
      resolve()
    }
  })
  return waiting
})

export async function logIn(credentials: Credentials): Promise<Tokens> {
  const tokens = await send<Tokens>('/auth/login', { method: 'POST', body: credentials })
  keepTokens(tokens)
  localStorage.setItem(LOGIN_KEY, `${credentials.chain}\n${credentials.user}`)
  return tokens
}

/** Chain and user of the last log-in on this machine. */
export function rememberedLogin(): { chain: string; user: string } {
  const [chain = '', user = ''] = (localStorage.getItem(LOGIN_KEY) ?? '').split('\n')
  return { chain, user }
}

/** After logging in again over the page: what waited goes on. */
export function resumeWork(): void {
  resume?.()
}

/** Restores the session of this tab. False: nobody is logged in, or the one-time password must be changed first. */
export async function restore(): Promise<boolean> {
  const tokens = await refresh()
  if (tokens === null || tokens.must_change_password) return false
  session.me = await call<Me>('/me')
  return true
}

export async function logOut(): Promise<void> {
  await send('/auth/logout', { method: 'POST' }).catch(() => undefined)
  forgetTokens()
  location.assign('/login/')
}

export function toLogin(): void {
  location.replace('/login/?next=' + encodeURIComponent(location.pathname))
}

/** The pages that somebody has something to do on, as `GET /me` permits: who sells has the till; who doesn't, or reads the rules, the lists. */
export function pages({ permissions }: Me): string[] {
  const sells = permissions.includes('sale.post')
  const reads = !sells || permissions.includes('configuration.read')
  return [...(sells ? ['/till/'] : []), ...(reads ? ['/hq/'] : [])]
}

/** Where somebody's work begins: those who set the rules at head office, others at the till if they sell. */
export function home(who: Me): string {
  const [first = '/hq/'] = pages(who)
  return who.permissions.includes('configuration.write') ? '/hq/' : first
}

/** Has the person at this page the permission? The server judges again. */
export function may(action: string): boolean {
  return me().permissions.includes(action)
}

/** What the page of lists is called: head office for those who set the rules there. */
export function office(): string {
  return t(may('configuration.write') ? 'page-hq' : 'page-records')
}

/** Who is logged in, on the pages that exist only for somebody. */
export function me(): Me {
  if (session.me === null) throw new Error('nobody is logged in')
  return session.me
}
