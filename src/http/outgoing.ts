import type { ProxyResponse } from './response.ts'

/**
 * What an answer may carry to a client, once for every engine (RFC 9110 §6.4, §8.6, §15). Engines only write it.
 */

/** There is no content, and no length is told. */
export const NO_CONTENT = -1
/** There is content whose length is not known. */
export const UNTOLD_LENGTH = -2
/**
 * There is no content, as a HEAD request wants none; the length that the answer tells is that of the content left out.
 */
export const LENGTH_OF_HEAD = -3

/** Statuses whose answers have no content. */
export const isBodiless = (status: number): boolean =>
  status === 204 || status === 205 || status === 304 || status < 200

const encoder = new TextEncoder()

/** Bytes of a text of ours in UTF-8. */
const sizeOf = (text: string): number => (/^[\x00-\x7f]*$/.test(text) ? text.length : encoder.encode(text).length)

/**
 * Makes an answer one that may be sent: what it must not carry is given up. A status that no engine can send becomes a
 * 500: only a configuration or a server's mistake makes one.
 * @param most the highest status of the engine
 * @returns bytes of content, or one of the above
 */
export function prepareAnswer(response: ProxyResponse, method: string, most: number): number {
  if (!(response.status >= 200 && response.status <= most)) {
    response.discard()
    response.status = 500
    response.reason = ''
    response.headers.lines.length = 0
    response.content = null
  }
  const { status, content, headers } = response
  const isHead = method === 'HEAD'
  const isText = typeof content === 'string'
  const size = content === null ? 0 : isText ? sizeOf(content) : content.length
  if (!isHead && !isBodiless(status)) return size ?? UNTOLD_LENGTH
  if (content !== null) {
    response.discard()
    response.content = null
  }
  if (status === 204 || status === 304) return NO_CONTENT
  if (!isHead) return 0
  if (isText && size && !headers.has('content-length')) headers.append('Content-Length', String(size))
  return LENGTH_OF_HEAD
}
