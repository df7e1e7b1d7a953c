import type { EndListener, RequestContext } from './request-context.ts'
import type { ProxyResponse } from './response.ts'

/**
 * Gives an answer up for another one: its content goes unread, and what has registered for the end of the exchange
 * since `mark` (`cx.beginPart()` before the attempt) hears that its part is over.
 */
export function giveUp(response: ProxyResponse, cx: RequestContext, mark: EndListener | null): void {
  const { content, status } = response
  const size = content?.length ?? 0
  response.discard()
  cx.endSince(mark, { status, size, requestSize: 0, aborted: false, isPart: true })
}
