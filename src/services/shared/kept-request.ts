import { UpstreamFailure } from '../../http/failure.ts'
import { busyReply, type KeptMemory, MemoryShort } from '../../http/kept.ts'
import type { MaybePromise } from '../../http/maybe-promise.ts'
import { ContentBroken, type RequestCopies, replay } from '../../http/replay.ts'
import { failureReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'

/**
 * Reads a request so that it can be sent more than once. Null: its content is longer than `limit` bytes (null: no
 * limit). An answer: there is no memory for it, or the client broke off, so that there is nobody to answer, but the log
 * wants to know.
 */
export function keepRequest(
  request: ProxyRequest,
  limit: number | null,
  memory: KeptMemory | undefined,
  cx: RequestContext,
): MaybePromise<RequestCopies | ProxyResponse | null> {
  const kept = replay(request, limit ?? Number.POSITIVE_INFINITY, 'as-received', memory, cx)
  return kept instanceof Promise ? kept.catch(notKept) : kept
}

function notKept(error: unknown): ProxyResponse {
  if (error instanceof MemoryShort) return busyReply()
  if (!(error instanceof ContentBroken)) throw error
  return failureReply(new UpstreamFailure('aborted', 'unsent', error.cause))
}
