import type { ProxyRequest } from '../http/request.ts'
import type { RequestContext } from '../http/request-context.ts'

/** What a middleware would do to a request. */
export interface Effect {
  /** One line; holds no secret. */
  readonly text: string
  /** The status that it would answer with by itself; null: the request goes on. */
  readonly status: number | null
}

/**
 * Tells what a middleware would do to a request, without doing it: nothing is asked, counted or taken. The request is one
 * of a trial: what the middleware would change of it is changed. Kinds that remember nothing need none, as they can be
 * tried out.
 */
export type TellEffect<C> = (config: C, request: ProxyRequest, cx: RequestContext) => Effect

/** The request goes on. */
export const goesOn = (text: string): Effect => ({ text, status: null })
