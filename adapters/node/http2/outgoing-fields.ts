import type { OutgoingHttpHeaders } from 'node:http2'
import { lowerName } from '../../../src/http/fields.ts'
import { hasToken } from '../http/octets.ts'

const UNSAFE_NAME = /[^!#$%&'*+\-.^_`|~0-9a-z]/
const UNSAFE_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/g
const NO_LATIN1 = /[^\x00-\xff]/g

/** Connection-specific (RFC 9113 §8.2.2), or written by the stream itself. */
const OWN: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'host',
])

/**
 * Field lines as Node's HTTP/2 takes them: lower-case names, repeated ones as lists; what can't be sent is left out or
 * made blank.
 * @param omit one more lower-case name that is left out; empty: none
 */
export function outgoingFields(lines: readonly string[], omit = ''): OutgoingHttpHeaders {
  const out: OutgoingHttpHeaders = Object.create(null) as OutgoingHttpHeaders
  for (let i = 0; i < lines.length; i += 2) {
    const name = lowerName(lines[i]!)
    if (OWN.has(name) || name === omit || name === '' || UNSAFE_NAME.test(name)) continue
    let value = lines[i + 1]!
    if (name === 'te') {
      if (!hasToken(value, 'trailers')) continue
      value = 'trailers'
    }
    value = value.replace(UNSAFE_VALUE, ' ').replace(NO_LATIN1, '?')
    const before = out[name]
    if (before === undefined) out[name] = value
    else if (SINGLE.has(name)) continue
    else if (Array.isArray(before)) before.push(value)
    else out[name] = [String(before), value]
  }
  return out
}

/** Names of which Node sends no second line. */
const SINGLE: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'user-agent',
  'x-content-type-options',
])
