import { uuid7 } from '$lib/uuid7'
import { call, problemOf } from './client'
import type { Problem } from './types'

const QUIET_MS = 180

/** A preview that follows what is typed: asked after a short silence, answers to older questions are dropped. */
export class LiveQuote<T> {
  answer = $state.raw<T | null>(null)
  problem = $state.raw<Problem | null>(null)
  asking = $state(false)
  /** The question that `answer` belongs to. */
  #answered = $state('')
  #wanted = ''
  #path = ''
  #draft: object | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #request: AbortController | null = null
  #running: Promise<void> = Promise.resolve()

  /** What isn't as of now is asked for like a write: with a key, without the time. */
  constructor(readonly dated = true) {}

  /** Asks for `draft`; null clears the preview. */
  want(path: string, draft: object | null): void {
    const question = draft === null ? '' : path + JSON.stringify(draft)
    if (question === this.#wanted) return
    this.#cancel()
    this.#wanted = question
    this.#path = path
    this.#draft = draft
    if (draft === null) {
      this.answer = null
      this.problem = null
      this.#answered = ''
      return
    }
    this.asking = true
    this.#timer = setTimeout(() => this.#begin(path, draft, question), QUIET_MS)
  }

  /** Is the preview that of what is on the screen now? */
  get current(): boolean {
    return this.#answered !== '' && !this.asking
  }

  /** Asks the same question again, after it could not be answered. */
  again(): void {
    if (this.#draft === null || this.asking) return
    this.asking = true
    this.#begin(this.#path, this.#draft, this.#wanted)
  }

  /** Waits for no more typing: true as soon as the preview is that of what is wanted, false if it can't be had. */
  async settle(): Promise<boolean> {
    const question = this.#wanted
    if (this.#timer !== undefined && this.#draft !== null) this.#begin(this.#path, this.#draft, question)
    else if (!this.current) this.again()
    await this.#running
    return this.current && this.#answered === question
  }

  #begin(path: string, draft: object, question: string): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#running = this.#ask(path, draft, question)
  }

  async #ask(path: string, draft: object, question: string): Promise<void> {
    const request = new AbortController()
    this.#request = request
    try {
      const asked = this.dated ? { body: { ...draft, occurred_at: new Date().toISOString() } } : { body: draft, key: uuid7() }
      const answer = await call<T>(path, { method: 'POST', ...asked, signal: request.signal })
      if (request.signal.aborted) return
      this.answer = answer
      this.problem = null
      this.#answered = question
    } catch (error) {
      if (request.signal.aborted) return
      this.answer = null
      this.problem = problemOf(error)
      this.#answered = ''
    }
    this.asking = false
  }

  #cancel(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#request?.abort()
    this.asking = false
  }
}
