import { type FailureProgress, UpstreamFailure } from '../../../src/http/failure.ts'
import type { RequestContext } from '../../../src/http/request-context.ts'

/**
 * Why an attempt ends whose exchange was called off. At the end of a time limit a server that has the whole request, or
 * took no connection, is late; while content is on its way it may be the client that is slow.
 */
export function calledOff(cx: RequestContext, progress: FailureProgress): UpstreamFailure {
  const isLate = cx.expired && progress !== 'head-sent'
  return isLate
    ? new UpstreamFailure('timeout', progress, new Error('no answer within the time limit'))
    : new UpstreamFailure('aborted', progress, new Error('client left'))
}
