import { UpstreamFailure } from '../../http/failure.ts'
import { busyReply, MemoryShort } from '../../http/kept.ts'
import type { MaybePromise } from '../../http/maybe-promise.ts'
import { ContentBroken } from '../../http/replay.ts'
import { failureReply } from '../../http/replies.ts'
import type { ProxyResponse } from '../../http/response.ts'

/**
 * The answer; 503 where there is no memory for the content of the request; where reading it broke off, 499: the client
 * left, whichever way, and nobody who counts failures is to take that for one of ours or of a server.
 */
export function unlessBroken(answer: MaybePromise<ProxyResponse>): MaybePromise<ProxyResponse> {
  if (!(answer instanceof Promise)) return answer
  return answer.catch((error: unknown) => {
    if (error instanceof ContentBroken) return failureReply(new UpstreamFailure('aborted', 'unsent', error.cause))
    if (error instanceof MemoryShort) return busyReply()
    throw error
  })
}
