import { TooCostly } from '../../http/effort.ts'
import type { Handler, Middleware } from '../../http/handler.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { ExchangeRecord, RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { AttributeValue } from '../otlp/attributes.ts'
import { isLargeHead, setFields } from './captured.ts'
import { INTERNAL, Span } from './span.ts'
import { setStatus } from './status.ts'
import type { Tracer } from './tracer.ts'

/** What is particular of spans on a platform. */
export interface SpanPlatform {
  /** Where waiting for the end of an exchange costs, spans end with the head of the answer. */
  readonly endsAtHead: boolean
  /** Told once the span of an exchange has ended with the head. */
  ended?(cx: RequestContext): void
}

/** The span of a whole exchange. */
export const inExchange =
  (tracer: Tracer, isDetailed: boolean, platform: SpanPlatform): Middleware =>
  (next) =>
  (request, cx) => {
    const span = tracer.begin(request, cx, isDetailed)
    if (!span.trace.isSampled) return next(request, cx)
    if (platform.endsAtHead) return untilHead(tracer, span, platform, next, request, cx)
    cx.onEnd(({ status }) => {
      setStatus(span, status, 500)
      span.finish()
    })
    const answer = next(request, cx)
    return tracer.responseHeaders.length === 0
      ? answer
      : andThen(answer, (response) => captured(tracer, span, response))
  }

/** Of a bug others make an answer. */
function untilHead(
  tracer: Tracer,
  span: Span,
  platform: SpanPlatform,
  next: Handler,
  request: ProxyRequest,
  cx: RequestContext,
): MaybePromise<ProxyResponse> {
  const end = (status: number): void => {
    setStatus(span, status, 500)
    span.finish()
    platform.ended?.(cx)
  }
  const answered = (response: ProxyResponse): ProxyResponse => {
    captured(tracer, span, response)
    end(response.status)
    return response
  }
  const failed = (error: unknown): never => {
    end(error instanceof TooCostly ? 400 : 500)
    throw error
  }
  let answer: MaybePromise<ProxyResponse>
  try {
    answer = next(request, cx)
  } catch (error) {
    return failed(error)
  }
  return answer instanceof Promise ? answer.then(answered, failed) : answered(answer)
}

function captured({ responseHeaders }: Tracer, span: Span, response: ProxyResponse): ProxyResponse {
  if (responseHeaders.length === 0) return response
  const { lines } = response.headers
  setFields(span, 'http.response.header.', responseHeaders, lines, isLargeHead(lines))
  return response
}

/**
 * A span of a part of an exchange, where the trace has such; what is behind it is inside. It lasts until its part of
 * the exchange is over.
 */
export const inSpan =
  (
    name: string,
    attributesOf: (record: ExchangeRecord) => readonly AttributeValue[],
    { endsAtHead }: SpanPlatform,
  ): Middleware =>
  (next) =>
  (request, cx) => {
    const { record } = cx
    const outer = record.span
    if (!(outer instanceof Span) || !outer.trace.isDetailed || !outer.trace.isSampled) return next(request, cx)
    const span = outer.child(name, INTERNAL)
    const attributes = attributesOf(record)
    for (let i = 0; i < attributes.length; i += 2) span.set(attributes[i] as string, attributes[i + 1]!)
    record.span = span
    if (!endsAtHead) cx.onEnd(() => span.finish())
    const leave = (): void => {
      record.span = outer
      if (endsAtHead) span.finish()
    }
    const answer = next(request, cx)
    if (!(answer instanceof Promise)) {
      leave()
      return answer
    }
    return answer.then(
      (response) => {
        leave()
        return response
      },
      (error: unknown) => {
        leave()
        throw error
      },
    )
  }
