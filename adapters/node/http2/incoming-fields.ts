import { isValidHost } from '../../../src/http/authority.ts'
import { canonicalName, Fields } from '../../../src/http/fields.ts'
import { hasToken, isBlank, parseLength, TARGET, TOKEN } from '../http/octets.ts'

/** The head of a request that is safe to act on. */
export interface Http2RequestHead {
  readonly method: string
  /** Origin form, or `*` with OPTIONS; empty with CONNECT. */
  readonly target: string
  readonly authority: string
  /** name, value …, names in their canonical spelling, without Host. */
  readonly lines: string[]
  /** Declared octets of content; null when they are not. */
  readonly length: number | null
  /** Value of Expect, empty without. */
  readonly expect: string
}

const every = (text: string, table: Uint8Array): boolean => {
  for (let i = 0; i < text.length; i++) if (table[text.charCodeAt(i)] !== 1) return false
  return text !== ''
}

/** Fields that HTTP/2 has no place for (RFC 9113 §8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

/** A request that is answered by us without looking further. */
export class Refused {
  readonly status: 400 | 431

  constructor(status: 400 | 431) {
    this.status = status
  }
}

const MALFORMED = new Refused(400)
const TOO_LARGE = new Refused(431)

/** What RFC 9113 §6.5.2 adds to the octets of a field. */
const FIELD_OVERHEAD = 32

/**
 * Reads a request's field lines as nghttp2 gives them (name, value …), as strictly as those of HTTP/1.1 (RFC 9113 §8.3;
 * `safety` §1). Never throws.
 * @param maxSize octets of names and values, with 32 for each field
 */
export function readRequestFields(
  raw: readonly string[],
  maxFields: number,
  maxSize: number,
): Http2RequestHead | Refused {
  let size = 0
  let method = ''
  let target = ''
  let authority: string | null = null
  let host: string | null = null
  let cookie: string | null = null
  let length: number | null = null
  let expect = ''
  const lines: string[] = []
  if (raw.length > 2 * maxFields) return TOO_LARGE
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!
    const value = withoutBlanks(raw[i + 1]!)
    size += name.length + value.length + FIELD_OVERHEAD
    if (size > maxSize) return TOO_LARGE
    switch (name) {
      case ':method':
        method = value
        continue
      case ':path':
        target = value
        continue
      case ':authority':
        authority = value
        continue
      case ':scheme':
        if (value !== 'http' && value !== 'https') return MALFORMED
        continue
      case 'host':
        if (host !== null) return MALFORMED
        host = value
        continue
      case 'cookie':
        // RFC 9113 §8.2.3: crumbs become one line again.
        cookie = cookie === null ? value : `${cookie}; ${value}`
        continue
      case 'content-length': {
        const given = parseLength(value)
        if (given < 0 || (length !== null && length !== given)) return MALFORMED
        length = given
        break
      }
      case 'expect':
        expect = value
        // As Go's server does over HTTP/2: who answers it is this side alone.
        if (hasToken(value, '100-continue')) continue
        break
    }
    if (name.charCodeAt(0) === 58) continue
    if (CONNECTION_FIELDS.has(name) || !isText(value)) return MALFORMED
    lines.push(canonicalName(name), value)
  }
  if (cookie !== null) lines.push('Cookie', cookie)
  if (!every(method, TOKEN)) return MALFORMED
  if (authority !== null && host !== null && authority.toLowerCase() !== host.toLowerCase()) return MALFORMED
  const place = authority ?? host ?? ''
  if (!isValidHost(place)) return MALFORMED
  if (method === 'CONNECT') return { method, target: '', authority: place, lines, length, expect }
  if (!every(target, TARGET)) return MALFORMED
  if (target.charCodeAt(0) !== 47 && !(target === '*' && method === 'OPTIONS')) return MALFORMED
  return { method, target, authority: place, lines, length, expect }
}

/** RFC 9113 §8.2.1 allows none at either end; Go lets them pass, and who reads them over HTTP/1.1 takes them away. */
function withoutBlanks(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isBlank(value.charCodeAt(start))) start++
  while (end > start && isBlank(value.charCodeAt(end - 1))) end--
  return end - start === value.length ? value : value.slice(start, end)
}

/** Values are texts of octets without control characters. */
const isText = (value: string): boolean => !/[\x00-\x08\x0a-\x1f\x7f]/.test(value)

/** The lines of a response or of trailers as fields, pseudo-header fields left out. */
export function responseFields(raw: readonly string[]): Fields {
  const lines: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!
    if (name.charCodeAt(0) !== 58 && isText(raw[i + 1]!)) lines.push(canonicalName(name), withoutBlanks(raw[i + 1]!))
  }
  return new Fields(lines)
}

/** Trailers as Node's event has them: a flat list of lines. Null when there are none that count. */
export function trailerFields(raw: unknown): Fields | null {
  if (!Array.isArray(raw)) return null
  const fields = responseFields(raw.map(String))
  for (const name of NO_TRAILERS) fields.delete(name)
  return fields.lines.length === 0 ? null : fields
}

/** What would change the message after the fact (RFC 9110 §6.5.1). */
const NO_TRAILERS = ['content-length', 'host', 'transfer-encoding', 'te', 'trailer', 'connection', 'authorization']
