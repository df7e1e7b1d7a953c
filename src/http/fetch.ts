import { StreamBody } from './body.ts'
import { Fields } from './fields.ts'
import type { Handler } from './handler.ts'
import { isBodiless } from './outgoing.ts'
import { bareReply } from './replies.ts'
import type { ProxyRequest } from './request.ts'
import type { RequestContext } from './request-context.ts'
import { ProxyResponse } from './response.ts'

/**
 * A bridge to ordinary Fetch applications, such as the management API.
 * @param cx the exchange; absent: the request did not come through the proxy
 */
export type FetchHandler = (request: Request, cx?: RequestContext) => Response | Promise<Response>

/**
 * Makes a native `Request`, which not every message of ours can be: a body on GET is left out, hosts that are none for
 * URLs are replaced.
 */
export function toRequest(request: ProxyRequest): Request {
  const headers = new Headers()
  const { lines } = request.headers
  for (let i = 0; i < lines.length; i += 2) headers.append(lines[i]!, lines[i + 1]!)
  const bodiless = request.method === 'GET' || request.method === 'HEAD' || request.content === null
  const { authority } = request
  const isPlain = /^[A-Za-z0-9.:[\]-]+$/.test(authority) && URL.canParse(`http://${authority}/`)
  const host = isPlain ? authority : 'localhost'
  return new Request(`${request.scheme}://${host}${request.target}`, {
    method: request.method,
    headers,
    redirect: 'manual',
    ...(bodiless ? {} : { body: request.content!.stream() as ReadableStream<Uint8Array<ArrayBuffer>>, duplex: 'half' }),
  } as RequestInit)
}

/** The answer of a Fetch application as a message of ours; its content is read as it is sent on. */
export function fromResponse(response: Response, method: string): ProxyResponse {
  const lines: string[] = []
  response.headers.forEach((value, name) => {
    if (name !== 'set-cookie') lines.push(name, value)
  })
  for (const cookie of response.headers.getSetCookie()) lines.push('set-cookie', cookie)
  const length = response.headers.get('content-length')
  const content =
    response.body === null || method === 'HEAD' || isBodiless(response.status)
      ? null
      : new StreamBody(response.body, length === null ? null : Number(length))
  return new ProxyResponse(response.status, new Fields(lines), content)
}

/** Methods that Fetch writes in capitals, and those that it refuses. */
const NORMALISED = /^(?:delete|get|head|options|post|put)$/i
const REFUSED = /^(?:connect|trace|track)$/i

/**
 * A Fetch application as a handler. A method that Fetch would change is another method, as rules see it (RFC 9110
 * §9.1): nobody gets past a rule for `PUT` by writing `put`.
 */
export function fromFetchHandler(fetch: FetchHandler): Handler {
  return async (request, cx) => {
    const { method } = request
    if (REFUSED.test(method) || (NORMALISED.test(method) && method !== method.toUpperCase())) {
      const reply = bareReply(405)
      reply.headers.append('Allow', 'GET')
      return reply
    }
    return fromResponse(await fetch(toRequest(request), cx), method)
  }
}
