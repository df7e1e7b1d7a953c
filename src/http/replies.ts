import type { FailureKind, UpstreamFailure } from './failure.ts'
import { Fields } from './fields.ts'
import { ProxyResponse } from './response.ts'
import { statusText } from './status.ts'

/**
 * Every answer we make ourselves, in Traefik's shapes: a bare status, its phrase, or Go's `http.Error`.
 */

/** E1: no Content-Type, no content. */
export const bareReply = (status: number): ProxyResponse => new ProxyResponse(status, new Fields(), null)

/** E2: the reason phrase, no Content-Type, no newline. */
export const phraseReply = (status: number): ProxyResponse =>
  new ProxyResponse(status, new Fields(), statusText(status))

/** E3: Go's `http.Error`: plain text with a newline. */
export const errorReply = (status: number, message: string = statusText(status)): ProxyResponse =>
  new ProxyResponse(
    status,
    new Fields(['Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff']),
    `${message}\n`,
  )

/** No router takes the request: Go's `http.NotFound`. */
export const notFound = (): ProxyResponse => errorReply(404, '404 page not found')

/** Every server of a service is down, or it has none. */
export const noAvailableServer = (): ProxyResponse => errorReply(503, 'no available server')

/** What the client gets for each way in which a server may fail. */
export const failureStatus: Readonly<Record<FailureKind, number>> = {
  connect: 502,
  reset: 502,
  timeout: 504,
  aborted: 499,
  tls: 500,
  protocol: 500,
}

/**
 * What the client gets for a server that failed, once for both runtimes (Traefik v3.7 `pkg/proxy/httputil/proxy.go`).
 */
export function failureReply(failure: UpstreamFailure): ProxyResponse {
  const reply = phraseReply(failureStatus[failure.kind])
  reply.failure = failure
  return reply
}
