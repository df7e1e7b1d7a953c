import { hasToken, parseLength, VALUE } from '../http/octets.ts'
import { announcesFraming, clearFacts, type HeadFacts, newFacts, parseFieldLines } from './field-lines.ts'

/** How the content of a response ends: a length in bytes, or one of these. */
export const CHUNKED = -1
export const UNTIL_CLOSE = -2

export interface ResponseHead {
  readonly status: number
  readonly reason: string
  readonly lines: string[]
  /** Bytes, `CHUNKED` or `UNTIL_CLOSE`. */
  readonly length: number
  /** Whether the connection can serve another request after this answer. */
  readonly persistent: boolean
  /** Value of Upgrade, where Connection says that it counts (RFC 9110 §7.8); empty without. */
  readonly upgrade: string
}

const facts: HeadFacts = newFacts()

/**
 * Parses the head in `text[0, end + 4)`, where `end` is the place of the CRLF CRLF that closes it (RFC 9112 §4, §6.3),
 * as strictly as requests.
 * @param method of the request: an answer to HEAD has no content
 * @returns null when it is malformed, `count` when it has more than `maxFields` fields
 */
export function parseResponseHead(
  text: string,
  end: number,
  method: string,
  maxFields: number,
): ResponseHead | 'count' | null {
  const http11 = text.startsWith('HTTP/1.1 ')
  if (!http11 && !text.startsWith('HTTP/1.0 ')) return null
  const hundreds = text.charCodeAt(9) - 48
  const tens = text.charCodeAt(10) - 48
  const ones = text.charCodeAt(11) - 48
  if (!(hundreds >= 1 && hundreds <= 9 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9)) return null
  const status = hundreds * 100 + tens * 10 + ones
  let at = 12
  let code = text.charCodeAt(at)
  if (code === 32) {
    code = text.charCodeAt(++at)
    while (VALUE[code] === 1) code = text.charCodeAt(++at)
  }
  if (code !== 13 || text.charCodeAt(at + 1) !== 10) return null
  const reason = at > 13 ? text.slice(13, at) : ''

  const lines: string[] = []
  clearFacts(facts)
  const fault = parseFieldLines(text, at + 2, end + 2, maxFields, false, lines, facts)
  if (fault !== 'none') return fault === 'count' ? fault : null

  const { codings, lengths, connection } = facts
  let length = UNTIL_CLOSE
  if (codings > 0) {
    if (!http11 || lengths > 0 || codings > 1 || facts.coding.toLowerCase() !== 'chunked') return null
    if (announcesFraming(facts)) return null
    length = CHUNKED
  } else if (lengths > 0) {
    length = parseLength(facts.length)
    if (lengths > 1 || length < 0) return null
  }
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) length = 0
  const persistent =
    length !== UNTIL_CLOSE &&
    (http11
      ? connection === '' || !hasToken(connection, 'close')
      : hasToken(connection, 'keep-alive') && !hasToken(connection, 'close'))
  const upgrade = facts.upgrade !== '' && hasToken(connection, 'upgrade') ? facts.upgrade : ''
  return { status, reason, lines, length, persistent, upgrade }
}
