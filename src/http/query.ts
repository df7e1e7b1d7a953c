import type { ProxyRequest } from './request.ts'

/**
 * Values of a query by form decoding: `+` and `%20` are blanks, pairs are split at their first `=`, pairs with a bad
 * escape or a `;` are left out (Go's `url.ParseQuery`).
 */

/** The values of a query, found by key. Keys are decoded once, values when they are asked for. */
export class QueryValues {
  /** By decoded key, values as they are written. */
  readonly #written = new Map<string, string[]>()
  readonly #decoded = new Map<string, readonly string[]>()

  /** @param query may begin with `?` */
  constructor(query: string) {
    let start = query.charCodeAt(0) === 63 ? 1 : 0
    while (start < query.length) {
      let end = query.indexOf('&', start)
      if (end === -1) end = query.length
      if (end > start) this.#add(query.slice(start, end))
      start = end + 1
    }
  }

  #add(pair: string): void {
    if (pair.includes(';')) return
    const equals = pair.indexOf('=')
    const key = formDecode(equals === -1 ? pair : pair.slice(0, equals))
    if (key === null) return
    const value = equals === -1 ? '' : pair.slice(equals + 1)
    const known = this.#written.get(key)
    if (known === undefined) this.#written.set(key, [value])
    else known.push(value)
  }

  /** Decoded, each once, in the order of their first values. */
  keys(): Iterable<string> {
    return this.#written.keys()
  }

  /** In their order. @param key decoded */
  of(key: string): readonly string[] {
    const known = this.#decoded.get(key)
    if (known !== undefined) return known
    const written = this.#written.get(key)
    if (written === undefined) return NONE
    const values = written.map(formDecode).filter((value) => value !== null)
    this.#decoded.set(key, values)
    return values
  }
}

const NONE: readonly string[] = []

/** Values of a decoded key of a request in their order, as rules see them; what was read is kept with the request. */
export function queryValuesOf(request: ProxyRequest, key: string): readonly string[] {
  const { query } = request
  if (query === '') return NONE
  request.values ??= new QueryValues(query)
  return request.values.of(key)
}

/** Null when an escape is malformed. Bytes that are no UTF-8 become U+FFFD. */
function formDecode(text: string): string | null {
  if (PLAIN.test(text)) return text
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 37) {
      const digits = text.slice(i + 1, i + 3)
      if (!HEX_PAIR.test(digits)) return null
      bytes.push(Number.parseInt(digits, 16))
      i += 2
    } else if (code === 43) bytes.push(32)
    // Targets hold bytes above ASCII as they came, one a character.
    else if (code < 256) bytes.push(code)
    else {
      const char = String.fromCodePoint(text.codePointAt(i)!)
      for (const byte of new TextEncoder().encode(char)) bytes.push(byte)
      i += char.length - 1
    }
  }
  return decoder.decode(Uint8Array.from(bytes))
}

const PLAIN = /^[!-$&-*,-~]*$/
const HEX_PAIR = /^[0-9A-Fa-f]{2}$/
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
