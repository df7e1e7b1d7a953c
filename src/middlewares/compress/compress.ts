import { defineMiddleware } from '../../contracts/kinds.ts'
import type { ContentCoding } from '../../contracts/ports.ts'
import { type Body, BytesBody } from '../../http/body.ts'
import { weakenEtag } from '../../http/etag.ts'
import type { Fields } from '../../http/fields.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import { mediaTypeOf } from '../../http/media-type.ts'
import { isBodiless } from '../../http/outgoing.ts'
import { readAhead } from '../../http/read-ahead.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import { SNIFFED, sniffContentType } from '../../http/sniff.ts'
import { chooseCoding, namesGzip } from './accept-encoding.ts'

export interface CompressConfig {
  /** Lower-case media types; `application/grpc` is among them. */
  readonly excluded: readonly string[]
  /** Empty: all. */
  readonly included: readonly string[]
  /** Bytes, at least 1. */
  readonly minBytes: number
  /** In the order of preference. */
  readonly encodings: readonly ContentCoding[]
  /** For clients that say nothing. */
  readonly defaultEncoding: ContentCoding | null
}

/** Compresses responses (Traefik v3.7 `pkg/middlewares/compress`). */
export const compress = defineMiddleware<CompressConfig>({
  isStateless: true,
  build: (config, { ports }) => {
    const { codecs } = ports
    const { excluded, included, minBytes, defaultEncoding } = config
    const offered = config.encodings.filter((coding) => codecs.encodings.includes(coding))
    const [first] = offered
    if (first === undefined) return (next) => next
    const fallback = defaultEncoding !== null && offered.includes(defaultEncoding) ? defaultEncoding : null

    const choose = (request: ProxyRequest): ContentCoding | null => {
      const type = request.headers.first('content-type')
      if (type !== null && excluded.includes(mediaTypeOf(type) ?? '')) return null
      const lines = request.headers.getAll('accept-encoding')
      if (lines.length === 0) return fallback
      return chooseCoding(lines, offered, fallback ?? first)
    }

    const admitsType = (type: string, coding: ContentCoding): boolean => {
      const mediaType = mediaTypeOf(type)
      // Traefik's gzip code lets pass what is no media type, unless it has a list of those that may.
      if (mediaType === null) return coding === 'gzip' && included.length === 0
      return included.length > 0 ? included.includes(mediaType) : !excluded.includes(mediaType)
    }
    // Sniffing never says gRPC, so without other lists there is nothing to sniff for.
    const sniffs = included.length > 0 || excluded.length > 1

    const mayCompress = ({ headers, status }: ProxyResponse, coding: ContentCoding): boolean => {
      if (coding === 'gzip' && headers.has('no-gzip-compression')) {
        headers.delete('no-gzip-compression')
        return false
      }
      if (headers.get('content-encoding')) return false
      // A part is put together with others by its place in the whole: encoded for itself it has none (RFC 9110 §14.4).
      if (status === 206 || headers.has('content-range') || forbidsTransform(headers)) return false
      const type = headers.first('content-type')
      return type === null || type === '' || admitsType(type, coding)
    }

    const encode = (response: ProxyResponse, content: Body, coding: ContentCoding): ProxyResponse => {
      const { headers } = response
      headers.delete('content-length')
      if (coding === 'gzip') headers.delete('accept-ranges')
      headers.set('Content-Encoding', coding)
      weakenEtag(headers)
      response.content = codecs.compress(content, coding)
      response.encodesLater = codecs.encodesLater === true
      return response
    }

    const shrink = (
      response: ProxyResponse,
      coding: ContentCoding,
      cx: RequestContext,
    ): MaybePromise<ProxyResponse> => {
      const { headers } = response
      const content = typeof response.content === 'string' ? bytesBody(response.content) : response.content
      if (content === null || content.length === 0 || isBodiless(response.status)) return response
      if (!mayCompress(response, coding)) return response
      const { length } = content
      // What is flushed as it comes is compressed however short it is.
      const flushed = length === null || (coding !== 'gzip' && isEventStream(headers))
      if (!flushed && length < minBytes) return response
      if (length !== null) cx.record.originSize = length
      const untyped = coding === 'gzip' && sniffs && !headers.get('content-type')
      if (length !== null && !untyped) return encode(response, content, coding)
      return andThen(readAhead(content, length === null ? 1 : Math.min(length, SNIFFED)), (ahead) => {
        response.content = ahead
        if (ahead.size === 0 || (untyped && !admitsType(sniffContentType(ahead.start(SNIFFED)), coding)))
          return response
        // The rest may pass by, in the hands of the runtime.
        const counted = (): void => {
          if (ahead.complete) cx.record.originSize = ahead.size
        }
        if (length === null && cx.wantsEnd) cx.onEnd(counted)
        return encode(response, ahead, coding)
      })
    }

    return (next) => (request, cx) => {
      if (request.method === 'HEAD') return next(request, cx)
      const coding = choose(request)
      if (coding === null) return next(request, cx)
      const applies = coding !== 'gzip' || namesGzip(request.headers.first('accept-encoding') ?? '')
      return andThen(next(request, cx), (response) => {
        if (response.status === 101) return response
        response.headers.lines.unshift('Vary', 'Accept-Encoding')
        return applies ? shrink(response, coding, cx) : response
      })
    }
  },
})

const encoder = new TextEncoder()

const bytesBody = (text: string): Body => new BytesBody(encoder.encode(text))

const isEventStream = (headers: Fields): boolean =>
  mediaTypeOf(headers.first('content-type') ?? '') === 'text/event-stream'

/** Whether whoever sends the message forbids to change its content on the way (RFC 9111 §5.2.2.6, RFC 9110 §7.7). */
function forbidsTransform(fields: Fields): boolean {
  const value = fields.get('cache-control')
  if (value === null || !/no-transform/i.test(value)) return false
  return /(?:^|,)[ \t]*no-transform[ \t]*(?:,|$)/i.test(value.replace(/"[^"]*"/g, '""'))
}
