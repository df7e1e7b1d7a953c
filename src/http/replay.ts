import { BytesBody } from './body.ts'
import { CountedBody, Kept, type KeptMemory, MemoryShort } from './kept.ts'
import { andThen, type MaybePromise } from './maybe-promise.ts'
import { readAhead } from './read-ahead.ts'
import { ProxyRequest } from './request.ts'
import type { RequestContext } from './request-context.ts'

/** Makes a fresh copy of a request as it was; its content is in memory. */
export interface RequestCopies {
  (): ProxyRequest
  /** For who makes copies when the exchange is over; absent: nothing is counted. */
  readonly kept?: Kept
}

/** The client broke off within the content of its request; `cause` says how. */
export class ContentBroken extends Error {
  constructor(cause: unknown) {
    super('content broke off', { cause })
    this.name = 'ContentBroken'
  }
}

/** What is kept of one message where the configuration sets no limit: a peer must not be able to fill the memory. */
export const MOST_KEPT: number = 64 * 1024 * 1024

/** Whether content whose length the client did not tell has one in the copies. */
type LengthOfCopies = 'measured' | 'as-received'

/**
 * Reads the content of a request, at most `most` bytes (infinite: `MOST_KEPT`), so that the request can be sent more
 * than once. Null when it is too large: then the request itself can still be sent, once, content and all. Rejects with
 * `ContentBroken`, or with `MemoryShort` where `memory` has no room; what is taken of it is given back with the end of
 * `cx`.
 */
export function replay(
  request: ProxyRequest,
  most: number,
  lengthOfCopies: LengthOfCopies = 'measured',
  memory?: KeptMemory,
  cx?: RequestContext,
): MaybePromise<RequestCopies | null> {
  const limit = most === Number.POSITIVE_INFINITY ? MOST_KEPT : most
  const { content } = request
  if (content === null) return copiesOf(request, null)
  if (content.length !== null && content.length > limit) return null
  const kept = memory === undefined || cx === undefined || content.length === 0 ? null : new Kept(memory, cx)
  const counted = kept === null ? null : new CountedBody(content, kept)
  return andThen(readAhead(counted ?? content, limit + 1), (ahead) => {
    const reason = ahead.broken?.reason
    if (ahead.broken !== null) {
      return Promise.reject(reason instanceof MemoryShort ? reason : new ContentBroken(reason))
    }
    const isMeasured = lengthOfCopies === 'measured' || content.length !== null
    if (ahead.complete && ahead.size <= limit) {
      const copies = copiesOf(request, ahead.whole(), isMeasured)
      return kept === null ? copies : Object.assign(copies, { kept })
    }
    counted?.passOn()
    request.content = ahead
    return null
  })
}

/** A copy whose fields and path may be changed without touching the original; the content is shared. */
export function copyOf(request: ProxyRequest): ProxyRequest {
  const { method, scheme, authority, target, writtenTarget, headers, content, upgrade, version } = request
  const copy = new ProxyRequest(method, scheme, authority, target, headers.copy(), content, upgrade, version)
  if (writtenTarget !== target) copy.replaceTarget(target, writtenTarget)
  copy.host = request.host
  return copy
}

function copiesOf(request: ProxyRequest, bytes: Uint8Array | null, isMeasured = true): RequestCopies {
  const original = copyOf(request)
  return () => {
    const copy = copyOf(original)
    copy.content = bytes === null ? null : new BytesBody(bytes, isMeasured ? bytes.byteLength : null)
    return copy
  }
}
