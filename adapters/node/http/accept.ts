import type { HttpOptions } from '../../../src/compiler/install/entry-point-options.ts'
import type { MaybePromise } from '../../../src/http/maybe-promise.ts'
import type { ProxyRequest } from '../../../src/http/request.ts'
import type { ProxyResponse } from '../../../src/http/response.ts'
import type { NodeContext } from './node-context.ts'

/** How a server speaks HTTP, and who hears of what went wrong. */
export interface EntryPointHttpOptions extends HttpOptions {
  /** Hears of exceptions that no handler's guard could catch, as those of a body's reader; the connection ends. */
  readonly onBug?: (reason: unknown) => void
  /** Hears of heads that are answered here: by 400, 431 and the like. */
  readonly onRefused?: (status: number) => void
}

/** What a server does with a request. */
export type Accept = (request: ProxyRequest, cx: NodeContext) => MaybePromise<ProxyResponse>
