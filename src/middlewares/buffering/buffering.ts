import { defineMiddleware } from '../../contracts/kinds.ts'
import { compilePredicate, type Metrics } from '../../engine/matching/predicate.ts'
import { BytesBody } from '../../http/body.ts'
import { giveUp } from '../../http/give-up.ts'
import type { Handler } from '../../http/handler.ts'
import { busyReply, CountedBody, Kept, type KeptMemory, MemoryShort } from '../../http/kept.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import { onCopy } from '../../http/on-copy.ts'
import { readAhead } from '../../http/read-ahead.ts'
import { MOST_KEPT, type RequestCopies, replay } from '../../http/replay.ts'
import { bareReply, errorReply, phraseReply } from '../../http/replies.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { PredicateNode } from '../../plan/predicate.ts'
import { unlessBroken } from '../shared/broken-content.ts'
import { mayDouble } from '../shared/double-effect.ts'

export interface BufferingConfig {
  /** Bytes; 0: no limit. */
  readonly maxRequestBodyBytes: number
  /** Bytes; 0: no limit. */
  readonly maxResponseBodyBytes: number
  /** When a request with content is sent again; null: never. */
  readonly retryExpression: PredicateNode | null
}

/** What a retry expression asks about. */
interface Attempt {
  readonly number: number
  readonly method: string
  readonly status: number
}

const metrics: Metrics<Attempt> = {
  Attempts: () => (attempt) => attempt.number,
  ResponseCode: () => (attempt) => attempt.status,
  IsNetworkError:
    () =>
    ({ status }) =>
      status === 502 || status === 504,
  RequestMethod: () => (attempt) => attempt.method,
}

/** The first one and ten more. */
const MAX_TRIES = 11

/**
 * Reads requests and responses whole, within limits, before they go on (Traefik v3.7 `pkg/middlewares/buffering`). All
 * of it is held in memory; what has no limit and is larger than `MOST_KEPT` goes on as it comes, once.
 */
export const buffering = defineMiddleware<BufferingConfig>({
  build: ({ maxRequestBodyBytes, maxResponseBodyBytes, retryExpression }, { ports }) => {
    const requestLimit = limitOf(maxRequestBodyBytes)
    const responseLimit = limitOf(maxResponseBodyBytes)
    const again = retryExpression === null ? null : compilePredicate(retryExpression, metrics)

    const attempt = (
      next: Handler,
      copies: RequestCopies,
      cx: RequestContext,
      number: number,
    ): MaybePromise<ProxyResponse> => {
      const request = copies()
      const { method, content } = request
      const hasContent = content !== null && content.length !== 0
      if (!hasContent) request.content = null
      const mark = cx.beginPart()
      return andThen(onCopy(next, request, cx), (response) => {
        const { status, failure } = response
        if (status === 101) return response
        return andThen(readWhole(response, method, responseLimit, cx, ports.kept), (whole) => {
          // What is too large, or broke off, is answered for at once.
          if (whole !== response) return whole
          if (!hasContent || again === null || number === MAX_TRIES || cx.aborted) return whole
          if (failure !== null && mayDouble(method, failure, ports)) return whole
          if (!again({ number, method, status })) return whole
          giveUp(whole, cx, mark)
          return attempt(next, copies, cx, number + 1)
        })
      })
    }

    return (next) => (request, cx) => {
      const { informational } = cx.handling
      cx.handling.informational = null
      const answer = andThen(replay(request, requestLimit, 'measured', ports.kept, cx), (copies) => {
        if (copies === null) {
          if (requestLimit === Number.POSITIVE_INFINITY) {
            cx.handling.informational = informational
            return next(request, cx)
          }
          request.content?.cancel()
          return phraseReply(413)
        }
        return andThen(attempt(next, copies, cx, 1), (response) => {
          cx.handling.informational = informational
          return response
        })
      })
      return unlessBroken(answer)
    }
  },
})

const limitOf = (bytes: number): number => (bytes === 0 ? Number.POSITIVE_INFINITY : bytes)

/**
 * The response with its content in memory; a 500 of our own when that is too large or breaks off, 499 when the client
 * did.
 */
function readWhole(
  response: ProxyResponse,
  method: string,
  limit: number,
  cx: RequestContext,
  memory: KeptMemory | undefined,
): MaybePromise<ProxyResponse> {
  const { content, headers } = response
  if (content === null) return response
  if (method === 'HEAD') {
    // It is our own, or a page for errors: too much of it is refused all the same, and its length is lost with it.
    const isLimited = limit !== Number.POSITIVE_INFINITY
    return andThen(isLimited ? readAll(response, content, limit, cx, memory) : response, (whole) => {
      if (whole !== response) return whole
      response.discard()
      response.content = null
      headers.delete('content-length')
      return response
    })
  }
  const grpcStatus = headers.first('grpc-status') ?? ''
  if (grpcStatus !== '' && grpcStatus !== '0') {
    response.discard()
    response.content = null
    return response
  }
  return readAll(response, content, limit, cx, memory)
}

/** What `readWhole` does with content that clients get. */
function readAll(
  response: ProxyResponse,
  content: NonNullable<ProxyResponse['content']>,
  limit: number,
  cx: RequestContext,
  memory: KeptMemory | undefined,
): MaybePromise<ProxyResponse> {
  if (typeof content === 'string') return content.length > limit ? phraseReply(500) : response
  if (content.length !== null && content.length > limit) {
    cx.record.originSize = content.length
    return refuse(response, phraseReply(500))
  }
  const unlimited = limit === Number.POSITIVE_INFINITY
  const counted = memory === undefined || content.length === 0 ? null : new CountedBody(content, new Kept(memory, cx))
  return andThen(readAhead(counted ?? content, unlimited ? MOST_KEPT : limit + 1), (ahead) => {
    counted?.passOn()
    response.content = ahead
    if (ahead.broken?.reason instanceof MemoryShort) return refuse(response, busyReply())
    if (ahead.size > limit) {
      // What has come of it.
      cx.record.originSize = ahead.size
      return refuse(response, phraseReply(500))
    }
    if (ahead.broken !== null) return refuse(response, cx.aborted ? bareReply(499) : errorReply(500))
    // What is too much to keep goes on as it comes, and trailers can only follow content without a length.
    const hasTrailers = ahead.trailers !== null && ahead.trailers.lines.length > 0
    if (ahead.complete && !hasTrailers) response.content = new BytesBody(ahead.whole())
    return response
  })
}

function refuse(response: ProxyResponse, refusal: ProxyResponse): ProxyResponse {
  response.discard()
  return refusal
}
