import type { Handler } from '../http/handler.ts'
import { andThen, type MaybePromise } from '../http/maybe-promise.ts'
import { readAhead } from '../http/read-ahead.ts'
import type { ProxyResponse } from '../http/response.ts'
import { SNIFFED, sniffContentType } from '../http/sniff.ts'
import { defineMiddleware } from '../kinds/kinds.ts'

export interface ContentTypeConfig {
  /** False: it does nothing. */
  readonly autoDetect: boolean
}

/** Fills in a missing Content-Type by looking at the content (Traefik v3.7 `pkg/middlewares/contenttype`). */
export const contentType = defineMiddleware<ContentTypeConfig>({
  build:
    ({ autoDetect }) =>
    (next): Handler =>
      autoDetect ? (request, cx) => andThen(next(request, cx), fillIn) : next,
})

const encoder = new TextEncoder()

function fillIn(response: ProxyResponse): MaybePromise<ProxyResponse> {
  const { headers, content } = response
  if (content === null || headers.has('content-type') || headers.get('content-encoding')) return response
  if (typeof content === 'string') {
    if (content !== '') headers.append('Content-Type', sniffContentType(encoder.encode(content.slice(0, SNIFFED))))
    return response
  }
  // Content of unknown length is sent on as it comes, so its first piece decides.
  return andThen(readAhead(content, content.length === null ? 1 : Math.min(content.length, SNIFFED)), (ahead) => {
    const start = ahead.start(SNIFFED)
    if (start.byteLength > 0) headers.append('Content-Type', sniffContentType(start))
    response.content = ahead
    return response
  })
}
