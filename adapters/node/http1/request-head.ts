import { isValidHost } from '../../../src/http/authority.ts'
import { hasBrokenEscape } from '../../../src/http/path.ts'
import { hasToken, parseLength, TARGET, TOKEN } from '../http/octets.ts'
import { announcesFraming, clearFacts, type HeadFacts, newFacts, parseFieldLines } from './field-lines.ts'

/** A request that is answered by us without looking further, and its connection closed. */
export class Refusal {
  readonly status: number
  /** Content of the answer. */
  readonly text: string
  /** Reason phrase. */
  readonly reason: string

  constructor(status: number, reason: string, text = `${status} ${reason}`) {
    this.status = status
    this.reason = reason
    this.text = text
  }
}

/** Go's texts, as clients of Traefik see them (net/http server.go). */
export const BAD_REQUEST = new Refusal(400, 'Bad Request')
export const HEAD_TOO_LARGE = new Refusal(431, 'Request Header Fields Too Large')
const NO_HOST = new Refusal(400, 'Bad Request: missing required Host header')
const BAD_HOST = new Refusal(400, 'Bad Request: malformed Host header')
const BAD_NAME = new Refusal(400, 'Bad Request: invalid header name')
const BAD_VERSION = new Refusal(505, 'HTTP Version Not Supported: unsupported protocol version')
const BAD_CODING = new Refusal(501, 'Not Implemented', 'Unsupported transfer encoding')

/** A request head that is safe to act on. */
export interface RequestHead {
  readonly method: string
  /** Origin form, or `*` with OPTIONS; what CONNECT had for it. */
  readonly target: string
  /** Host with port, from the Host field or the target's authority; may be empty. */
  readonly authority: string
  /** HTTP/1.0 otherwise. */
  readonly http11: boolean
  /** name, value …, without Host. */
  readonly lines: string[]
  /** Bytes; 0 when there is no content; -1 when it is chunked. */
  readonly length: number
  /** Whether the client wants to keep the connection. */
  readonly persistent: boolean
  /** Protocol the client asks to switch to. */
  readonly upgrade: string | null
  /** Value of Expect, empty without. */
  readonly expect: string
}

const facts: HeadFacts = newFacts()

/**
 * Parses the head in `text[0, end + 4)`, where `end` is the place of the CRLF CRLF that closes it (RFC 9112 §2-§6 at
 * its strictest; `safety` §1). Never throws.
 */
export function parseRequestHead(text: string, end: number, maxFields: number): RequestHead | Refusal {
  let at = 0
  let code = text.charCodeAt(0)
  while (TOKEN[code] === 1) code = text.charCodeAt(++at)
  if (code !== 32 || at === 0) return BAD_REQUEST
  const method = methodOf(text, at)
  const targetStart = ++at
  code = text.charCodeAt(at)
  while (TARGET[code] === 1) code = text.charCodeAt(++at)
  if (code !== 32 || at === targetStart) return BAD_REQUEST
  const rawTarget = text.slice(targetStart, at)
  if (!text.startsWith('HTTP/', at + 1)) return BAD_REQUEST
  const http11 = text.startsWith('1.1\r\n', at + 6)
  if (!http11 && !text.startsWith('1.0\r\n', at + 6)) {
    return /^[0-9]\.[0-9]\r\n/.test(text.slice(at + 6, at + 11)) ? BAD_VERSION : BAD_REQUEST
  }

  const lines: string[] = []
  clearFacts(facts)
  const fault = parseFieldLines(text, at + 11, end + 2, maxFields, true, lines, facts)
  if (fault !== 'none') return fault === 'count' ? HEAD_TOO_LARGE : fault === 'name' ? BAD_NAME : BAD_REQUEST

  if (facts.hosts !== 1 && (http11 || facts.hosts > 1)) return facts.hosts === 0 ? NO_HOST : BAD_REQUEST
  if (!isValidHost(facts.host)) return BAD_HOST

  let target = rawTarget
  let authority = facts.host
  if (rawTarget.charCodeAt(0) !== 47 && method !== 'CONNECT') {
    if (rawTarget === '*') {
      if (method !== 'OPTIONS') return BAD_REQUEST
    } else {
      const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(rawTarget)
      if (absolute === null) return BAD_REQUEST
      let named = absolute[1]!
      if (named.charCodeAt(0) === 64) named = named.slice(1)
      if (!isValidHost(named)) return BAD_REQUEST
      if (named !== '') authority = named
      const rest = absolute[2]!
      target = rest.charCodeAt(0) === 47 ? rest : `/${rest}`
    }
  }

  if (hasBrokenEscape(target)) return BAD_REQUEST

  const length = contentLength(facts, http11)
  if (typeof length !== 'number') return length
  const { connection } = facts
  return {
    method,
    target,
    authority,
    http11,
    lines,
    length,
    persistent: http11
      ? connection === '' || !hasToken(connection, 'close')
      : hasToken(connection, 'keep-alive') && !hasToken(connection, 'close'),
    upgrade: http11 && facts.upgrade !== '' && hasToken(connection, 'upgrade') ? upgradeOf(facts.upgrade) : null,
    expect: facts.expect,
  }
}

function contentLength(facts: HeadFacts, http11: boolean): number | Refusal {
  const { codings, coding, lengths, length } = facts
  if (codings > 0) {
    if (!http11 || lengths > 0 || announcesFraming(facts)) return BAD_REQUEST
    if (codings > 1) return BAD_CODING
    return coding === 'chunked' || coding.toLowerCase() === 'chunked' ? -1 : BAD_CODING
  }
  if (lengths === 0) return 0
  const bytes = parseLength(length)
  return lengths > 1 || bytes < 0 ? BAD_REQUEST : bytes
}

/**
 * `h2c` is never offered to servers: it would hide requests from the proxy. A server may take it for that with a
 * version (`h2c/1`, RFC 9110 §7.8), in quotes, or with whatever else it cuts off.
 */
function upgradeOf(value: string): string | null {
  return H2C.test(value) ? null : value
}

/** As a whole word, between what no token holds (RFC 9110 §5.6.2). */
const H2C = /(?<![!#$%&'*+\-.^_`|~0-9a-z])h2c(?![!#$%&'*+\-.^_`|~0-9a-z])/i

/** The usual methods need no new string. */
function methodOf(text: string, end: number): string {
  if (end === 3) {
    if (text.startsWith('GET')) return 'GET'
    if (text.startsWith('PUT')) return 'PUT'
  } else if (end === 4) {
    if (text.startsWith('POST')) return 'POST'
    if (text.startsWith('HEAD')) return 'HEAD'
  }
  return text.slice(0, end)
}
