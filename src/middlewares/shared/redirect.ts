import { toFieldText } from '../../http/fields.ts'
import type { Handler } from '../../http/handler.ts'
import type { MaybePromise } from '../../http/maybe-promise.ts'
import { phraseReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import { parseRedirectUrl } from './redirect-url.ts'

/** Request target with the path that is sent: an empty one is the root. */
export const requestUri = (request: ProxyRequest): string =>
  request.writtenTarget.startsWith('/') ? request.writtenTarget : `/${request.writtenTarget}`

/**
 * Sends the client to `wanted`, or the request on where that is the URL it has already; 502 for what is no URL
 * (Traefik v3.7 `pkg/middlewares/redirect`).
 * @param status null: by the method and `permanent`
 */
export function redirectTo(
  wanted: string,
  current: string,
  permanent: boolean,
  next: Handler,
  request: ProxyRequest,
  cx: RequestContext,
  status: number | null = null,
): MaybePromise<ProxyResponse> {
  const url = parseRedirectUrl(wanted)
  if (url === null) return phraseReply(502)
  if (wanted === current) {
    if (request.target !== url.requestUri) request.target = url.requestUri
    return next(request, cx)
  }
  const reply = phraseReply(status ?? redirectStatus(request.method, permanent))
  reply.headers.append('Location', toFieldText(url.text))
  return reply
}

/** HEAD counts as another method, as in Traefik. */
function redirectStatus(method: string, permanent: boolean): number {
  if (method === 'GET') return permanent ? 301 : 302
  return permanent ? 308 : 307
}
