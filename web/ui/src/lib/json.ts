// Where a text stops being JSON: what browsers say of it differs, and many don't name the place.

const SPACE = /[ \t\r\n]*/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

class Reader {
  at = 0
  constructor(readonly text: string) {}

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at
    if (!pattern.test(this.text)) return false
    this.at = pattern.lastIndex
    return true
  }

  /** Goes past a sign, and what is blank before it. */
  #sign(sign: string): boolean {
    this.#skip(SPACE)
    if (this.text[this.at] !== sign) return false
    this.at += 1
    return true
  }

  value(): boolean {
    this.#skip(SPACE)
    if (this.#skip(STRING) || this.#skip(SCALAR)) return true
    if (this.#sign('[')) return this.#members(']', () => this.value())
    return this.#sign('{') && this.#members('}', () => this.#pair())
  }

  #pair(): boolean {
    this.#skip(SPACE)
    return this.#skip(STRING) && this.#sign(':') && this.value()
  }

  #members(end: string, member: () => boolean): boolean {
    if (this.#sign(end)) return true
    do {
      if (!member()) return false
    } while (this.#sign(','))
    return this.#sign(end)
  }

  /** Past a value and what is blank after it. */
  whole(): number {
    if (this.value()) this.#skip(SPACE)
    return this.at
  }
}

/** What the text says, or the line and column at which it is no JSON; both count from 1. */
export function readJson(text: string): { value: unknown } | { line: number; column: number } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    const lines = text.slice(0, new Reader(text).whole()).split('\n')
    return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
  }
}
