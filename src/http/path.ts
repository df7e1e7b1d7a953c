/**
 * The one place where request paths are decoded, encoded, normalised and cleaned. Rules, middlewares and forwarding
 * use it alike; nothing here is WHATWG URL parsing, which is not HTTP.
 *
 * Decoded paths are Unicode text. A byte that is no UTF-8 is kept as a lone surrogate U+DC80 to U+DCFF, so that
 * encoding gives it back.
 */

/** Bytes that Go's default encoding of a path leaves alone. */
const DEFAULT_RAW = byteSet('-_.~$&+,/:;=@')
/** Further bytes that may stand raw in a path when they came raw. */
const VALID_RAW = byteSet("-_.~$&+,/:;=@!'()*[]")
const UNRESERVED = byteSet('-._~')
/** Escapes of these stay escapes in the path that rules see. */
const RESERVED = byteSet(":/?#[]@!$&'()*+,;=%", false)

const PLAIN = /^[A-Za-z0-9\-_~$&+,/:;=@.]*$/
const NEEDS_CLEANING = /\/\/|\/\.(?:\.?(?:\/|$))/

function byteSet(punctuation: string, alphanumeric = true): readonly boolean[] {
  const set = new Array<boolean>(256).fill(false)
  for (const char of punctuation) set[char.charCodeAt(0)] = true
  if (alphanumeric) for (let c = 0; c < 128; c++) if (/[A-Za-z0-9]/.test(String.fromCharCode(c))) set[c] = true
  return set
}

const hexValue = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 65 && code <= 70) return code - 55
  if (code >= 97 && code <= 102) return code - 87
  return -1
}

/** What each byte is written as where it may not stand raw. */
const ESCAPES: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`,
)

/** The byte an escape at `at` stands for, or -1 when it is malformed. */
function escapedByte(text: string, at: number): number {
  const high = hexValue(text.charCodeAt(at + 1))
  const low = hexValue(text.charCodeAt(at + 2))
  return high < 0 || low < 0 || Number.isNaN(high) || Number.isNaN(low) ? -1 : high * 16 + low
}

/**
 * A received path with escapes of unreserved characters decoded, all others in upper case, and every byte that may not
 * stand raw escaped; null when an escape is malformed (RFC 3986 §6.2.2; Traefik v3.7 server_entrypoint_tcp.go).
 */
export function normalizePath(raw: string): string | null {
  if (PLAIN.test(raw)) return raw
  let out = ''
  // What stands as it is is copied in one piece.
  let copied = 0
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i)
    if (code === 37) {
      const byte = escapedByte(raw, i)
      if (byte < 0) return null
      if (UNRESERVED[byte]) out += raw.slice(copied, i) + String.fromCharCode(byte)
      else if (isLower(raw.charCodeAt(i + 1)) || isLower(raw.charCodeAt(i + 2)))
        out += raw.slice(copied, i) + ESCAPES[byte]!
      else {
        i += 2
        continue
      }
      i += 2
      copied = i + 1
    } else if (code >= 256 || !VALID_RAW[code]) {
      out += raw.slice(copied, i) + (code < 256 ? ESCAPES[code]! : encodeChar(raw, i))
      if (code >= 0xd800 && code <= 0xdbff) i++
      copied = i + 1
    }
  }
  return copied === 0 ? raw : out + raw.slice(copied)
}

const isLower = (code: number): boolean => code >= 97

/**
 * Dot segments and empty segments removed, never above the root; a trailing slash stays (RFC 3986 §5.2.4 and Go's
 * `path.Clean`).
 */
export function cleanPath(path: string): string {
  if (path === '') return '/'
  if (path.charCodeAt(0) === 47 && !NEEDS_CLEANING.test(path)) return path
  const kept: string[] = []
  const segments = path.split('/')
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(segment)
  }
  const trailing = segments[segments.length - 1] === '' && kept.length > 0
  return `/${kept.join('/')}${trailing ? '/' : ''}`
}

/** Every escape decoded; null when one is malformed. */
export function decodePath(encoded: string): string | null {
  return encoded.indexOf('%') === -1 ? encoded : decode(encoded, false)
}

/** The path that matchers see: every escape decoded but those of reserved characters. `encoded` is well-formed. */
export function routingPathOf(encoded: string): string {
  return encoded.indexOf('%') === -1 ? encoded : (decode(encoded, true) ?? encoded)
}

function decode(encoded: string, keepReserved: boolean): string | null {
  let out = ''
  let copied = 0
  for (let i = encoded.indexOf('%'); i !== -1; ) {
    const byte = escapedByte(encoded, i)
    if (byte < 0) return null
    let end = i + 3
    let text: string
    if (byte < 128) text = keepReserved && RESERVED[byte] ? ESCAPES[byte]! : String.fromCharCode(byte)
    else {
      const point = escapedPoint(encoded, i, byte)
      // No UTF-8: the byte is kept so that encoding gives it back.
      text = point === -1 ? String.fromCharCode(0xdc00 + byte) : String.fromCodePoint(point)
      if (point !== -1) end = i + sequenceLength(byte) * 3
    }
    out += copied === i ? text : encoded.slice(copied, i) + text
    copied = end
    i = encoded.charCodeAt(end) === 37 ? end : encoded.indexOf('%', end)
  }
  return out + encoded.slice(copied)
}

/** Go's default encoding of a decoded path: what may not stand raw becomes an upper-case escape. */
export function encodePath(decoded: string): string {
  if (PLAIN.test(decoded)) return decoded
  let out = ''
  let copied = 0
  for (let i = 0; i < decoded.length; i++) {
    const code = decoded.charCodeAt(i)
    if (code < 128 && DEFAULT_RAW[code]) continue
    out += decoded.slice(copied, i) + (code < 128 ? ESCAPES[code]! : encodeChar(decoded, i))
    if (code >= 0xd800 && code <= 0xdbff) i++
    copied = i + 1
  }
  return out + decoded.slice(copied)
}

/** Whether an encoded path holds nothing but valid escapes and bytes that may stand raw. */
export function isValidEncoding(encoded: string): boolean {
  for (let i = 0; i < encoded.length; i++) {
    const code = encoded.charCodeAt(i)
    if (code === 37) {
      if (escapedByte(encoded, i) < 0) return false
      i += 2
    } else if (code > 127 || !VALID_RAW[code]) return false
  }
  return true
}

/** The two views of a path that Go keeps: decoded, and encoded where that differs from the default encoding. */
export interface PathView {
  /** Decoded. */
  readonly path: string
  /** Encoded; empty when it is the default encoding of `path`. It counts only while it still fits `path`. */
  readonly rawPath: string
}

/** Both views of an encoded path (Go `net/url`: `Path` and `RawPath`). */
export function viewOf(encoded: string): PathView {
  const path = decodePath(encoded) ?? encoded
  return { path, rawPath: encodePath(path) === encoded ? '' : encoded }
}

/** The encoded path of a view (Go's `URL.EscapedPath`). */
export function encodedOf(view: PathView): string {
  const { path, rawPath } = view
  if (rawPath !== '' && isValidEncoding(rawPath) && decodePath(rawPath) === path) return rawPath
  return encodePath(path)
}

/**
 * UTF-8 escapes of the character at `i`; a byte kept as a lone surrogate comes back as itself, others become U+FFFD.
 */
function encodeChar(text: string, i: number): string {
  let point = text.codePointAt(i)!
  if (point >= 0xdc80 && point <= 0xdcff) return ESCAPES[point - 0xdc00]!
  if (point < 0x80) return ESCAPES[point]!
  if (point < 0x800) return ESCAPES[0xc0 | (point >> 6)]! + tail(point, 0)
  if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd
  if (point < 0x10000) return ESCAPES[0xe0 | (point >> 12)]! + tail(point, 6) + tail(point, 0)
  return ESCAPES[0xf0 | (point >> 18)]! + tail(point, 12) + tail(point, 6) + tail(point, 0)
}

const tail = (point: number, shift: number): string => ESCAPES[0x80 | ((point >> shift) & 0x3f)]!

const sequenceLength = (lead: number): number => (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2)

const SMALLEST = [0, 0, 0x80, 0x800, 0x10000]

/**
 * The character of a sequence of escapes whose first one is `lead`; -1 when it is cut short, overlong, a surrogate or
 * too large (RFC 3629 §3).
 */
function escapedPoint(encoded: string, at: number, lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return -1
  const length = sequenceLength(lead)
  let point = lead & (0x7f >> length)
  for (let i = 1; i < length; i++) {
    if (encoded.charCodeAt(at + i * 3) !== 37) return -1
    const byte = escapedByte(encoded, at + i * 3)
    if ((byte & 0xc0) !== 0x80 || byte < 0) return -1
    point = (point << 6) | (byte & 0x3f)
  }
  if (point < SMALLEST[length]! || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return -1
  return point
}

/** Whether an encoded path holds one of these upper-case escapes (`%2F` …), in either case. */
export function holdsEscape(encoded: string, escapes: readonly string[]): boolean {
  if (encoded.indexOf('%') === -1) return false
  const upper = encoded.toUpperCase()
  return escapes.some((sequence) => upper.includes(sequence))
}

const BROKEN_ESCAPE = /^[^?]*%(?![0-9A-Fa-f]{2})/

/** Whether the path of a target has a percent sign that begins no escape; nobody looks at those of the query. */
export const hasBrokenEscape = (target: string): boolean => target.indexOf('%') !== -1 && BROKEN_ESCAPE.test(target)

const encoder = new TextEncoder()

/**
 * A decoded path as the bytes it stands for, in the form field lines have; its length is the length in bytes. A lone
 * surrogate is the byte it was kept for.
 */
export function fieldTextOf(decoded: string): string {
  let out = ''
  for (const char of decoded) {
    const point = char.codePointAt(0)!
    if (point < 0x80) out += char
    else if (point >= 0xdc80 && point <= 0xdcff) out += String.fromCharCode(point - 0xdc00)
    else out += String.fromCharCode(...encoder.encode(char))
  }
  return out
}
