import type { MaybePromise } from './maybe-promise.ts'
import type { ProxyRequest } from './request.ts'
import type { RequestContext } from './request-context.ts'
import type { ProxyResponse } from './response.ts'

/**
 * A server is a function. It settles at the response head; what must last until the exchange is over registers
 * with `cx.onEnd`. You own the request until you call the next handler, and the response once you have it.
 * Expected failures are values; a throw is a bug and becomes a 500.
 */
export type Handler = (request: ProxyRequest, cx: RequestContext) => MaybePromise<ProxyResponse>

/** Applied once, when a snapshot is linked. */
export type Middleware = (next: Handler) => Handler
