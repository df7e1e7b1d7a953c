/**
 * A header or trailer section: ordered, case-preserving field lines (RFC 9110 §5).
 * A drop-in for Fetch's `Headers` that keeps what a proxy must not lose: order, case and repetition.
 */
export class Fields implements Headers {
  /** name, value, name, value … as on the wire; values are latin1 byte strings. */
  lines: string[]
  /** The platform has joined lines of one name by `, `: which part was a line of its own can't be told any more. */
  readonly joined: boolean

  constructor(lines: string[] = [], joined = false) {
    this.lines = lines
    this.joined = joined
  }

  /** Values of that name joined by `, ` (`; ` for Cookie), or null. */
  get(name: string): string | null {
    const lower = lowerName(name)
    const lines = this.lines
    let joined: string | null = null
    for (let i = 0; i < lines.length; i += 2) {
      if (sameName(lines[i]!, lower)) {
        joined = joined === null ? lines[i + 1]! : joined + (lower === 'cookie' ? '; ' : ', ') + lines[i + 1]!
      }
    }
    return joined
  }

  /** The first value of that name, or null. */
  first(name: string): string | null {
    const lower = lowerName(name)
    const lines = this.lines
    for (let i = 0; i < lines.length; i += 2) {
      if (sameName(lines[i]!, lower)) return lines[i + 1]!
    }
    return null
  }

  /** One entry for each line of that name, in order. */
  getAll(name: string): string[] {
    const lower = lowerName(name)
    const lines = this.lines
    const values: string[] = []
    for (let i = 0; i < lines.length; i += 2) {
      if (sameName(lines[i]!, lower)) values.push(lines[i + 1]!)
    }
    return values
  }

  getSetCookie(): string[] {
    return this.getAll('set-cookie')
  }

  has(name: string): boolean {
    return this.first(name) !== null
  }

  /** Replaces every line of that name by one; it stands where the first one stood and has the given case. */
  set(name: string, value: string): void {
    const lower = lowerName(name)
    const lines = this.lines
    for (let i = 0; i < lines.length; i += 2) {
      if (!sameName(lines[i]!, lower)) continue
      lines[i] = name
      lines[i + 1] = value
      this.#deleteFrom(lower, i + 2)
      return
    }
    lines.push(name, value)
  }

  append(name: string, value: string): void {
    this.lines.push(name, value)
  }

  delete(name: string): void {
    this.#deleteFrom(lowerName(name), 0)
  }

  #deleteFrom(lower: string, start: number): void {
    const lines = this.lines
    let kept = start
    for (let i = start; i < lines.length; i += 2) {
      if (sameName(lines[i]!, lower)) continue
      if (kept !== i) {
        lines[kept] = lines[i]!
        lines[kept + 1] = lines[i + 1]!
      }
      kept += 2
    }
    if (kept !== lines.length) lines.length = kept
  }

  copy(): Fields {
    return new Fields(this.lines.slice(), this.joined)
  }

  /**
   * Lower-case names in alphabetical order with joined values, as Fetch's `Headers` iterates; Set-Cookie stays apart.
   */
  *entries(): HeadersIterator<[string, string]> {
    const names = new Set<string>()
    for (let i = 0; i < this.lines.length; i += 2) names.add(lowerName(this.lines[i]!))
    for (const name of [...names].sort()) {
      if (name === 'set-cookie') for (const value of this.getSetCookie()) yield [name, value]
      else yield [name, this.get(name)!]
    }
    return undefined
  }

  *keys(): HeadersIterator<string> {
    for (const [name] of this.entries()) yield name
    return undefined
  }

  *values(): HeadersIterator<string> {
    for (const [, value] of this.entries()) yield value
    return undefined
  }

  forEach(callback: (value: string, name: string, parent: Headers) => void, thisArg?: unknown): void {
    for (const [name, value] of this.entries()) callback.call(thisArg, value, name, this)
  }

  [Symbol.iterator](): HeadersIterator<[string, string]> {
    return this.entries()
  }
}

const lowerNames = new Map<string, string>()

/**
 * Lower-case form of a field name. Names seen are cached, up to a bound: a peer chooses them.
 */
export function lowerName(name: string): string {
  const known = lowerNames.get(name)
  if (known !== undefined) return known
  if (lowerNames.size >= 2048 || name.length > 64) return name.toLowerCase()
  const own = ownText(name)
  const lower = own.toLowerCase()
  lowerNames.set(own, lower)
  return lower
}

/**
 * The same text in memory of its own. Engines keep a slice as a view of the text it was cut from: whoever keeps a name
 * or a key beyond its exchange would keep the whole head of the message with it.
 */
export const ownText = (text: string): string => ` ${text}`.slice(1)

/** Whether a name as it stands on a line is the given lower-case name. */
export function sameName(name: string, lower: string): boolean {
  return name.length === lower.length && (name === lower || lowerName(name) === lower)
}

/** `content-type` → `Content-Type`, as Go's `textproto.CanonicalMIMEHeaderKey` writes names. */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase()
  let canonical = ''
  for (let start = 0; start < lower.length; ) {
    const dash = lower.indexOf('-', start)
    const end = dash === -1 ? lower.length : dash + 1
    canonical += lower[start]!.toUpperCase() + lower.slice(start + 1, end)
    start = end
  }
  return canonical
}

/** A configured (Unicode) text as the byte string that field lines hold. */
export function toFieldText(text: string): string {
  if (isAscii(text)) return text
  const bytes = new TextEncoder().encode(text)
  let out = ''
  // More arguments at once overflow the stack.
  for (let at = 0; at < bytes.length; at += 4096) out += String.fromCharCode(...bytes.subarray(at, at + 4096))
  return out
}

/** A field line's byte string as Unicode text; what is no UTF-8 becomes U+FFFD. */
export function fromFieldText(value: string): string {
  if (isAscii(value)) return value
  const bytes = new Uint8Array(value.length)
  for (let i = 0; i < value.length; i++) bytes[i] = value.charCodeAt(i)
  return new TextDecoder().decode(bytes)
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}
