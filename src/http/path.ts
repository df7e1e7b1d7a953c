/**
 * The one place where request paths are decoded, encoded, normalised and cleaned. Rules, middlewares and forwarding
 * use it alike; nothing here is WHATWG URL parsing, which is not HTTP.
 *
 * Decoded paths are Unicode text. A byte that is no UTF-8 is kept as a lone surrogate U+DC80 to U+DCFF, so that
 * encoding gives it back.
 */

/** Nothing in it means anything to anybody here: most paths. */
const PLAIN = /^[A-Za-z0-9\-_~$&+,/:;=@.]*$/
const NEEDS_CLEANING = /\/\/|\/\.(?:\.?(?:\/|$))/
const BROKEN = /%(?![0-9A-Fa-f]{2})/

/** Escapes, and what may not stand raw in a path even where it came raw. */
const ESCAPED_OR_ODD = /%..|[^A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]]/gu
/** What Go's default encoding of a path escapes. */
const NOT_DEFAULT = /[^A-Za-z0-9\-_.~$&+,/:;=@]/gu
const VALID_ENCODING = /^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]]*)*$/
const UNRESERVED = /[A-Za-z0-9\-._~]/
/** Escapes of these stay escapes in the path that rules see. */
const RESERVED = /[:/?#[\]@!$&'()*+,;=%]/

const NEXT = '%[89ab].'
/** One escape, or those of one character (RFC 3629 §4). */
const CHARACTER = new RegExp(
  `%c[2-9a-f]${NEXT}|%d.${NEXT}|%e(?:0%[ab].|d%[89].|[1-9a-cef]${NEXT})${NEXT}|%f(?:0%[9ab].|4%8.|[1-3]${NEXT})${NEXT}${NEXT}|%..`,
  'gi',
)

/** A byte as it is written where it may not stand raw. */
const escapeOf = (byte: number): string => `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`

/** UTF-8 escapes of a character; a byte kept as a lone surrogate comes back as itself, other ones become U+FFFD. */
function encodeChar(char: string): string {
  const code = char.charCodeAt(0)
  if (code < 0x80) return escapeOf(code)
  if (char.length > 1 || code < 0xd800 || code > 0xdfff) return encodeURIComponent(char)
  return code >= 0xdc80 && code <= 0xdcff ? escapeOf(code - 0xdc00) : '%EF%BF%BD'
}

/**
 * A received path with escapes of unreserved characters decoded, all others in upper case, and every byte that may not
 * stand raw escaped; null when an escape is malformed (RFC 3986 §6.2.2; Traefik v3.7 server_entrypoint_tcp.go).
 */
export function normalizePath(raw: string): string | null {
  if (PLAIN.test(raw)) return raw
  if (BROKEN.test(raw)) return null
  return raw.replace(ESCAPED_OR_ODD, (found) => {
    if (found.length === 3) {
      const char = String.fromCharCode(Number.parseInt(found.slice(1), 16))
      return UNRESERVED.test(char) ? char : found.toUpperCase()
    }
    const code = found.charCodeAt(0)
    return code < 256 ? escapeOf(code) : encodeChar(found)
  })
}

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
  if (BROKEN.test(encoded)) return null
  return encoded.replace(CHARACTER, (found) => {
    if (found.length > 3) return decodeURIComponent(found)
    const byte = Number.parseInt(found.slice(1), 16)
    // No UTF-8: the byte is kept so that encoding gives it back.
    const char = String.fromCharCode(byte < 128 ? byte : 0xdc00 + byte)
    return keepReserved && RESERVED.test(char) ? found.toUpperCase() : char
  })
}

/** Go's default encoding of a decoded path: what may not stand raw becomes an upper-case escape. */
export const encodePath = (decoded: string): string =>
  PLAIN.test(decoded) ? decoded : decoded.replace(NOT_DEFAULT, encodeChar)

/** Whether an encoded path holds nothing but valid escapes and bytes that may stand raw. */
export const isValidEncoding = (encoded: string): boolean => VALID_ENCODING.test(encoded)

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

/** Whether an encoded path holds one of these upper-case escapes (`%2F` …), in either case. */
export function holdsEscape(encoded: string, escapes: readonly string[]): boolean {
  if (encoded.indexOf('%') === -1) return false
  const upper = encoded.toUpperCase()
  return escapes.some((sequence) => upper.includes(sequence))
}

const BROKEN_ESCAPE = /^[^?]*%(?![0-9A-Fa-f]{2})/

/** Whether the path of a target has a percent sign that begins no escape; nobody looks at those of the query. */
export const hasBrokenEscape = (target: string): boolean => target.indexOf('%') !== -1 && BROKEN_ESCAPE.test(target)
