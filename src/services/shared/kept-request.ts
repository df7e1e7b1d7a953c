import { UpstreamFailure } from '../../http/failure.ts'
import type { MaybePromise } from '../../http/maybe-promise.ts'
import { ContentBroken, type RequestCopies, replay } from '../../http/replay.ts'
import type { ProxyRequest } from '../../http/request.ts'

/**
 * Reads a request so that it can be sent more than once. Null: its content is longer than `limit` bytes (null: no limit). A
 * failure: the client broke off, so there is nobody to answer, but the log wants to know.
 */
export function keepRequest(
  request: ProxyRequest,
  limit: number | null,
): MaybePromise<RequestCopies | UpstreamFailure | null> {
  const kept = replay(request, limit ?? Number.POSITIVE_INFINITY, 'as-received')
  return kept instanceof Promise ? kept.catch(clientBroke) : kept
}

function clientBroke(error: unknown): UpstreamFailure {
  if (!(error instanceof ContentBroken)) throw error
  return new UpstreamFailure('aborted', 'unsent', error.cause)
}
