import type { Handler } from './handler.ts'
import { andThen, type MaybePromise } from './maybe-promise.ts'
import type { ProxyRequest } from './request.ts'
import type { RequestContext } from './request-context.ts'
import type { ProxyResponse } from './response.ts'

/**
 * Hands a copy of a request on: whoever has the request itself does not hear of what becomes of the copy, as its fields
 * and its path are not theirs.
 */
export function onCopy(next: Handler, copy: ProxyRequest, cx: RequestContext): MaybePromise<ProxyResponse> {
  const { onForward } = cx.handling
  if (onForward === null) return next(copy, cx)
  cx.handling.onForward = null
  return andThen(next(copy, cx), (response) => {
    cx.handling.onForward = onForward
    return response
  })
}
