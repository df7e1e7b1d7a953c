import type { MaybePromise } from '../../../src/http/maybe-promise.ts'
import type { ProxyRequest } from '../../../src/http/request.ts'
import type { ProxyResponse } from '../../../src/http/response.ts'
import type { NodeContext } from './node-context.ts'

/** The HTTP options of an entry point; times in milliseconds, 0 means none. */
export interface EntryPointHttpOptions {
  readonly entryPoint: string
  /** Heads may be 4096 octets longer, as Go reads them. */
  readonly maxHeaderBytes: number
  readonly maxHeaderFields: number
  /** From the first octet of a request to the end of its content; on a new connection, from its start. */
  readonly readTimeoutMs: number
  /** From the end of the request's head to the end of the answer. */
  readonly writeTimeoutMs: number
  /** Between two requests; 0: `readTimeoutMs`. */
  readonly idleTimeoutMs: number
  /** 0: no limit. */
  readonly keepAliveMaxRequests: number
  readonly keepAliveMaxTimeMs: number
  /** Hears of exceptions that no handler's guard could catch, as those of a body's reader; the connection ends. */
  readonly onBug?: (reason: unknown) => void
  /** Hears of heads that are answered by 431. */
  readonly onHeadTooLarge?: () => void
}

/** What a server does with a request. */
export type Accept = (request: ProxyRequest, cx: NodeContext) => MaybePromise<ProxyResponse>
