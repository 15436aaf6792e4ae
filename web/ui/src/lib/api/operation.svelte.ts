import { uuid7 } from '$lib/uuid7'
import { ApiError, call, problemOf } from './client'
import type { Problem } from './types'

interface Attempt {
  path: string
  method: 'POST' | 'PATCH'
  body: unknown
  key: string
  version: number | undefined
}

/**
 * One write. Its key is made once: while nobody knows whether it was booked, `retry` sends the same body under the
 * same key. A refusal ends the attempt; what is sent after it is a new operation with a new key.
 */
export class Operation<T> {
  running = $state(false)
  problem = $state<Problem | null>(null)
  outcomeUnknown = $state(false)
  #attempt: Attempt | null = null

  /** For how many milliseconds the answer is waited for, where that isn't as long as usual. */
  constructor(readonly patience?: number) {}

  /** Nothing that was sent may be changed: it is under way, or perhaps booked. */
  get locked(): boolean {
    return this.running || this.outcomeUnknown
  }

  submit(path: string, body: unknown, version?: number, method: Attempt['method'] = version === undefined ? 'POST' : 'PATCH'): Promise<T | null> {
    this.#attempt = { path, method, body, key: uuid7(), version }
    return this.#send()
  }

  /** Sends a file as it is. */
  upload(path: string, file: Blob): Promise<T | null> {
    this.#attempt = { path, method: 'POST', body: file, key: uuid7(), version: undefined }
    return this.#send()
  }

  retry(): Promise<T | null> {
    return this.#send()
  }

  clear(): void {
    this.#attempt = null
    this.problem = null
    this.outcomeUnknown = false
  }

  async #send(): Promise<T | null> {
    const attempt = this.#attempt
    if (attempt === null || this.running) return null
    this.running = true
    try {
      const { path, ...options } = attempt
      const answer = await call<T>(path, { ...options, patience: this.patience } as Parameters<typeof call>[1])
      this.clear()
      return answer
    } catch (error) {
      this.problem = problemOf(error)
      this.outcomeUnknown = error instanceof ApiError && error.outcomeUnknown
      if (!this.outcomeUnknown) this.#attempt = null
      return null
    } finally {
      this.running = false
    }
  }
}
