import type { Body } from '../../../src/http/body.ts'
import { CONNECTION, classOf, DATE, FRAMING } from '../../../src/http/field-names.ts'
import type { Fields } from '../../../src/http/fields.ts'
import type { ProxyRequest } from '../../../src/http/request.ts'
import { reasonPhrase } from '../../../src/http/status.ts'
import { httpDate } from '../http/date.ts'

/** How a message's content is delimited: bytes, `NO_CONTENT`, or one of these. */
export const CHUNKED_CONTENT = -2
export const CLOSE_DELIMITED = -3

/** A text that can't be sent: it holds what would end a line, or no octets. */
const UNSAFE_TARGET = /[^\x21-\x7e]/
const UNSAFE_NAME = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const NO_LATIN1 = /[^\x00-\xff]/
const UNSAFE_VALUE = /[\x00-\x08\x0a-\x1f]/g
const UNSAFE_AUTHORITY = /[^\x21-\x7e]/

/**
 * Whether a text that should have `lines` lines, each ended by CRLF, has just these: values that middlewares made may
 * hold anything.
 */
function isSafe(text: string, lines: number): boolean {
  return (
    count(text, '\n') === lines && count(text, '\r') === lines && text.indexOf('\0') === -1 && !NO_LATIN1.test(text)
  )
}

/** Faster than any look at every character: the search is native. */
function count(text: string, char: string): number {
  let found = 0
  for (let at = text.indexOf(char); at !== -1; at = text.indexOf(char, at + 1)) found++
  return found
}

/** The same fields with what can't be sent replaced by blanks; fields without a valid name are left out. */
function cleaned(lines: readonly string[]): string[] {
  const clean: string[] = []
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i]!
    if (name === '' || UNSAFE_NAME.test(name)) continue
    clean.push(name, lines[i + 1]!.replace(UNSAFE_VALUE, ' ').replace(/[^\x00-\xff]/g, '?'))
  }
  return clean
}

/** Methods whose requests say `Content-Length: 0` when they have no content (RFC 9110 §8.6), as Go does. */
const saysNoContent = (method: string): boolean => method === 'POST' || method === 'PUT' || method === 'PATCH'

/**
 * A request to a proxy (RFC 9112 §3.2.2): it names the server in its target, and in Host, which a proxy does not go by.
 */
export interface AbsoluteForm {
  /** Of the server, without a default port. */
  readonly authority: string
  /** Value of `Proxy-Authorization`; null: none. */
  readonly credentials: string | null
}

/**
 * The head of a request to a server, framed by its content: Content-Length or chunked on every method, never both, and
 * no framing field that came along. Null when the method or target can't be sent.
 */
export function requestHead(
  request: ProxyRequest,
  authority: string,
  absolute: AbsoluteForm | null = null,
): string | null {
  const { method, target, headers, content } = request
  if (UNSAFE_TARGET.test(target) || target === '' || UNSAFE_NAME.test(method) || method === '') return null
  if (UNSAFE_AUTHORITY.test(authority)) return null
  const start =
    absolute === null
      ? `${method} ${target} HTTP/1.1\r\nHost: ${authority}\r\n`
      : `${method} http://${absolute.authority}${target} HTTP/1.1\r\nHost: ${absolute.authority}\r\n`
  const credentials = absolute?.credentials ?? null
  const framing =
    requestFraming(method, content) + (credentials === null ? '' : `Proxy-Authorization: ${credentials}\r\n`)
  const text = requestFields(headers.lines, start, framing)
  if (isSafe(text, countLines)) return text
  return requestFields(cleaned(headers.lines), start, framing)
}

/** Lines of the text that was made last. */
let countLines = 0

function requestFraming(method: string, content: Body | null): string {
  if (content === null) return saysNoContent(method) ? 'Content-Length: 0\r\n' : ''
  return content.length === null ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${content.length}\r\n`
}

/** Mostly none or one. */
const linesOf = (text: string): number => (text === '' ? 0 : count(text, '\n'))

function requestFields(lines: readonly string[], start: string, framing: string): string {
  let text = start
  // The start line, Host, the empty line.
  let lineCount = 3 + linesOf(framing)
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i]!
    if ((classOf(name) & FRAMING) !== 0 || (name.length === 4 && name.toLowerCase() === 'host')) continue
    text += `${name}: ${lines[i + 1]}\r\n`
    lineCount++
  }
  countLines = lineCount
  return `${text}${framing}\r\n`
}

/** What the head of an answer depends on besides its fields. */
export interface ResponseFraming {
  /** The client speaks HTTP/1.1. */
  readonly http11: boolean
  /** Bytes of content or one of the constants above. */
  readonly length: number
  /** For the answer to HEAD: Content-Length stays as the server sent it. */
  readonly keepLength: boolean
  /** `close`, `keep-alive`, `Upgrade`, or empty for no Connection field. */
  readonly connection: string
}

/**
 * The head of an answer to a client: fields in their order and case, Date when missing, and the framing that `framing`
 * says; no other field is added.
 */
export function responseHead(status: number, fields: Fields, reason: string, framing: ResponseFraming): string {
  const version = framing.http11 ? 'HTTP/1.1' : 'HTTP/1.0'
  const standard = reasonPhrase(status)
  const start = `${version} ${status} ${reason === '' ? standard : reason}\r\n`
  const dated = status === 101
  const text = responseFields(fields.lines, start, framing, dated)
  if (isSafe(text, countLines)) return text
  return responseFields(cleaned(fields.lines), `${version} ${status} ${standard}\r\n`, framing, dated)
}

/** @param dated no Date is missing */
function responseFields(lines: readonly string[], start: string, framing: ResponseFraming, dated: boolean): string {
  const { length, keepLength, connection } = framing
  let text = start
  let count = 2
  let framed = false
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i]!
    const bits = classOf(name)
    if ((bits & (FRAMING | CONNECTION | DATE)) !== 0) {
      if ((bits & DATE) !== 0) dated = true
      else if ((bits & CONNECTION) !== 0) continue
      else {
        // Content-Length stays where it stands; the one that frames is ours.
        if (framed || name.length !== 14) continue
        if (length >= 0) {
          framed = true
          count++
          text += `${name}: ${length}\r\n`
        } else if (keepLength) {
          framed = true
          count++
          text += `${name}: ${lines[i + 1]}\r\n`
        }
        continue
      }
    }
    text += `${name}: ${lines[i + 1]}\r\n`
    count++
  }
  if (!dated) {
    text += `Date: ${httpDate()}\r\n`
    count++
  }
  if (length >= 0 && !framed) {
    text += `Content-Length: ${length}\r\n`
    count++
  } else if (length === CHUNKED_CONTENT) {
    text += 'Transfer-Encoding: chunked\r\n'
    count++
  }
  if (connection !== '') {
    text += `Connection: ${connection}\r\n`
    count++
  }
  countLines = count
  return `${text}\r\n`
}

/** The head of a 1xx answer. */
export function informationalHead(status: number, fields: Fields): string {
  const start = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`
  let text = start
  let count = 2
  const { lines } = fields
  for (let i = 0; i < lines.length; i += 2) {
    if ((classOf(lines[i]!) & (FRAMING | CONNECTION)) !== 0) continue
    text += `${lines[i]}: ${lines[i + 1]}\r\n`
    count++
  }
  return isSafe(`${text}\r\n`, count) ? `${text}\r\n` : `${start}\r\n`
}
