import { hasText, locale, t } from '$lib/i18n/index.svelte'
import type { Problem, Tokens } from './types'

const BASE = '/api/v1'
const REFRESH_KEY = 'cardea.refresh'
const TIMEOUT_MS = 15_000
const FILE_TIMEOUT_MS = 300_000

/** The server answered with a problem, or (status 0) didn't answer. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code)
  }

  /** Nobody knows whether it was booked: the same request with the same key may be sent again. */
  get outcomeUnknown(): boolean {
    return this.problem.status === 0 || this.problem.status >= 500
  }
}

export interface Call {
  method?: 'GET' | 'POST' | 'PATCH'
  body?: unknown
  key?: string
  version?: number
  signal?: AbortSignal | undefined
  /** The answer is a file. */
  blob?: boolean
  /** For how many milliseconds the answer is waited for, where that isn't as long as usual. */
  patience?: number | undefined
  /** Beside the usual ones. */
  headers?: Record<string, string>
}

let access: string | null = null
let refreshing: Promise<boolean> | null = null
let askForPassword: () => Promise<void> = () => Promise.reject(new Error('no session'))

/** Called when the session has ended while somebody was working; resolves when they are logged in again. */
export function onSessionEnd(ask: () => Promise<void>): void {
  askForPassword = ask
}

export function keepTokens(tokens: Tokens): void {
  access = tokens.access_token
  sessionStorage.setItem(REFRESH_KEY, tokens.refresh_token)
}

export function forgetTokens(): void {
  access = null
  sessionStorage.removeItem(REFRESH_KEY)
}

/** New tokens for the refresh token of this tab; null when there is none or it is no longer good. */
export async function refresh(): Promise<Tokens | null> {
  const refresh_token = sessionStorage.getItem(REFRESH_KEY)
  if (refresh_token === null) return null
  try {
    const tokens = await send<Tokens>('/auth/refresh', { method: 'POST', body: { refresh_token } })
    keepTokens(tokens)
    return tokens
  } catch (error) {
    if (error instanceof ApiError && error.problem.status === 401) {
      forgetTokens()
      return null
    }
    throw error
  }
}

/** One call of the API with the session's token; an expired token is renewed once. */
export async function call<T>(path: string, options: Call = {}): Promise<T> {
  try {
    return await send<T>(path, options)
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.status !== 401) throw error
  }
  refreshing ??= refresh()
    .then((tokens) => tokens !== null)
    .finally(() => (refreshing = null))
  if (!(await refreshing)) await askForPassword()
  return send<T>(path, options)
}

/** Takes a file that the interface makes to the machine. */
export async function download(path: string, name: string): Promise<void> {
  const answer = await call<Blob>(path, { blob: true })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(answer)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

export async function send<T>(path: string, { method = 'GET', body, key, version, signal, blob = false, patience, headers: further = {} }: Call): Promise<T> {
  const headers: Record<string, string> = { Accept: blob ? '*/*' : 'application/json', 'Accept-Language': locale(), ...further }
  if (access !== null) headers['Authorization'] = `Bearer ${access}`
  const file = body instanceof Blob
  if (body !== undefined) headers['Content-Type'] = file ? 'application/octet-stream' : 'application/json'
  if (key !== undefined) headers['Idempotency-Key'] = key
  if (version !== undefined) headers['If-Match'] = `"${version}"`
  const limit = AbortSignal.timeout(patience ?? (file || blob ? FILE_TIMEOUT_MS : TIMEOUT_MS))
  const init: RequestInit = { method, headers, signal: signal ? AbortSignal.any([signal, limit]) : limit }
  if (body !== undefined) init.body = file ? body : JSON.stringify(body)
  let response: Response
  let text: string
  try {
    response = await fetch(BASE + path, init)
    if (blob && response.ok) return (await response.blob()) as T
    text = await response.text()
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError(ownProblem('network', 0))
  }
  const answer = parse(text)
  if (response.ok && answer !== undefined) return answer as T
  throw new ApiError(isProblem(answer) ? answer : ownProblem('unexpected', response.status))
}

function parse(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isProblem(answer: unknown): answer is Problem {
  return typeof answer === 'object' && answer !== null && 'code' in answer && 'title' in answer
}

/** A problem that the server could not word itself. */
export function ownProblem(code: string, status: number): Problem {
  const detail = hasText(`problem-${code}-why`) ? t(`problem-${code}-why`, { status }) : ''
  return { type: 'about:blank', code, status, title: t(`problem-${code}-what`), detail }
}

/** What to show for anything that was thrown. */
export function problemOf(error: unknown): Problem {
  return error instanceof ApiError ? error.problem : ownProblem('unexpected', 500)
}
