import { isValidHost } from '../../../src/http/authority.ts'
import { StreamBody } from '../../../src/http/body.ts'
import { Fields } from '../../../src/http/fields.ts'
import { hasBrokenEscape } from '../../../src/http/path.ts'
import { ProxyRequest } from '../../../src/http/request.ts'
import { STATUS_FIELD, TOKEN_FIELD } from '../../../src/plan/signed-fields.ts'
import { fieldName, fieldValue, type Received } from './native-headers.ts'

/** Where the platform has joined two `Cookie` lines: a comma can't stand in front of a name inside one. */
const JOINED_COOKIES = /, (?=[!#$%&'*+\-.^_`|~0-9A-Za-z]+=)/g

/** What the worker takes of a request of the platform. */
export type NativeRequest = Pick<Request, 'method' | 'url' | 'headers' | 'body' | 'signal'> & {
  /** What the network says of it; absent: it has not come by the network. */
  readonly cf?: unknown
}

export interface ReceivedRequest {
  readonly method: string
  readonly request: ProxyRequest | null
  /** What Go's server says, without the status, where there is no request. */
  readonly refusal: string
  /** What asks for the debug header; null: nothing does. */
  readonly token: string | null
  /** What asks for the status, likewise. */
  readonly asked: string | null
  readonly received: Received | null
}

/**
 * A native request as the core sees it, its content untouched. The target is cut out of the text of the URL and the
 * host comes from the field alone: `Host: a/b` changes the URL's path.
 */
export function fromNative(native: NativeRequest): ReceivedRequest {
  const { method, url, headers } = native
  const before: string[] = []
  let authority = ''
  let upgrade: string | null = null
  let length: number | null = null
  let isUnique = true
  let token: string | null = null
  let asked: string | null = null
  let cookies = ''
  headers.forEach((value, as) => {
    const name = fieldName(as)
    if (name === 'host') {
      authority = value
      return
    }
    const text = fieldValue(value)
    before.push(name, text)
    // The only protocol that workerd can switch to; whatever the method is, it would ask for that by GET.
    if (name === 'upgrade') upgrade = method === 'GET' && value.toLowerCase() === 'websocket' ? 'websocket' : null
    else if (name === 'content-length') length = Number(value)
    else if (name === 'set-cookie') isUnique = false
    else if (name === 'cookie') cookies = text
    else if (name === TOKEN_FIELD) token = text
    else if (name === STATUS_FIELD) asked = text
  })
  const fields = new Fields(before.slice(), true)
  if (cookies.indexOf(',') !== -1) fields.set('cookie', cookies.replace(JOINED_COOKIES, '; '))
  // They are for the worker, and no business of servers.
  if (token !== null) fields.delete(TOKEN_FIELD)
  if (asked !== null) fields.delete(STATUS_FIELD)
  const scheme = url.startsWith('https') ? 'https' : 'http'
  const start = url.indexOf('/', scheme.length + 3)
  // Of `OPTIONS *` it stands right behind the host.
  const target = start !== -1 ? url.slice(start) : url.endsWith('*') ? '*' : '/'
  let refusal = ''
  let request: ProxyRequest | null = null
  if (hasBrokenEscape(target)) refusal = 'Bad Request'
  else if (!isValidHost(authority)) refusal = 'Bad Request: malformed Host header'
  else {
    // A request that fetch can send has no content on GET and HEAD.
    const body = method === 'GET' || method === 'HEAD' ? null : native.body
    const content = body === null ? null : new StreamBody(body as ReadableStream<Uint8Array>, length)
    request = new ProxyRequest(method, scheme, authority, target, fields, content, upgrade, 'HTTP/1.1')
  }
  return { method, request, refusal, token, asked, received: isUnique ? { headers, lines: before } : null }
}
