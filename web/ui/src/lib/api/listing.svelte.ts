import { call, problemOf } from './client'
import type { Page, Problem } from './types'

/** A list that comes in pages: the first at once, the others when somebody asks for more. */
export class Listing<T extends object> {
  items = $state.raw<T[]>([])
  loading = $state(false)
  problem = $state.raw<Problem | null>(null)
  /** Has the list been answered at all? */
  loaded = $state(false)
  #next = $state<string | null>(null)
  #path = ''
  #asked = 0

  /** By what two lines are the same, where they have no id. */
  constructor(readonly key: (item: T) => unknown = (item) => (item as { id?: unknown }).id) {}

  /** Is there more than is shown? */
  get goesOn(): boolean {
    return this.#next !== null
  }

  /** The first page of another list. What is shown stays until its answer is there. */
  async load(path: string): Promise<void> {
    this.#path = path
    await this.#ask(path, [])
  }

  async more(): Promise<void> {
    if (this.#next === null || this.loading) return
    await this.#ask(`${this.#path}&after=${encodeURIComponent(this.#next)}`, this.items)
  }

  /** Shows what was just written: in its place, or at the top, wherever its page is. */
  put(item: T): void {
    const place = this.items.findIndex((one) => this.key(one) === this.key(item))
    this.items = place < 0 ? [item, ...this.items] : this.items.with(place, item)
  }

  /** Forgets the list, and an answer that is still on its way. */
  clear(): void {
    this.#asked++
    this.items = []
    this.problem = null
    this.loading = false
    this.loaded = false
    this.#next = null
  }

  async #ask(path: string, before: T[]): Promise<void> {
    const mine = ++this.#asked
    this.loading = true
    try {
      const page = await call<Page<T>>(path)
      if (mine !== this.#asked) return
      const shown = new Set(before.map(this.key))
      this.items = [...before, ...page.items.filter((one) => !shown.has(this.key(one)))]
      this.#next = page.next ?? null
      this.problem = null
      this.loaded = true
    } catch (error) {
      if (mine === this.#asked) this.problem = problemOf(error)
    } finally {
      if (mine === this.#asked) this.loading = false
    }
  }
}

const PAGE = 200

/** All pages of a short list, such as programs or staff. */
export async function everything<T>(path: string): Promise<T[]> {
  const first = `${path}${path.includes('?') ? '&' : '?'}limit=${PAGE}`
  let page = await call<Page<T>>(first)
  const items = page.items
  while (page.next != null) {
    page = await call<Page<T>>(`${first}&after=${encodeURIComponent(page.next)}`)
    items.push(...page.items)
  }
  return items
}
