import { andThen, type MaybePromise } from './maybe-promise.ts'
import { readAhead } from './read-ahead.ts'
import type { ProxyResponse } from './response.ts'
import { SNIFFED, sniffContentType } from './sniff.ts'

const encoder = new TextEncoder()

/** Whether there is content to look at: HEAD leaves us only what is our own. */
export const mayGuessType = ({ content }: ProxyResponse, method: string): boolean =>
  method !== 'HEAD' || typeof content === 'string'

/** Gives an answer a Content-Type by looking at its content, where it has neither that nor a Content-Encoding. */
export function guessType(response: ProxyResponse): MaybePromise<ProxyResponse> {
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
