import type { Observer } from '../../contracts/observer.ts'
import type { Body } from '../../http/body.ts'
import type { Handler } from '../../http/handler.ts'
import { andThen } from '../../http/maybe-promise.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { ExchangeEnd, RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { MetricsPlan } from '../../plan/telemetry.ts'
import { nowhere } from '../nowhere.ts'
import { atHead } from './at-head.ts'
import type { Meter } from './meter.ts'
import type { MetricsRegistry } from './registry.ts'
import { classOfRequest, grpcCode, isGrpc, type RequestClass } from './request-class.ts'

/**
 * Counts exchanges at entry points, routers and servers (Traefik `pkg/middlewares/metrics/metrics.go`).
 * @param counted where waiting for the end of an exchange costs, it is counted with the head of its answer, by the
 * lengths that are declared, and this is told; null: at its end
 */
export function createMetricsObserver(
  plan: MetricsPlan,
  registry: MetricsRegistry,
  counted: ((cx: RequestContext) => void) | null = null,
): Observer {
  const { addInternals } = plan
  const takesHeaders = Object.keys(plan.headerLabels).length > 0
  registry.use(plan)
  const isInternal = (service: string | null): boolean => !addInternals && service?.endsWith('@internal') === true

  let lastEnd: ExchangeEnd | null = null
  let endedAt = 0
  /** All meters of an exchange hear of its end at the same time: the clock is read once. */
  const timeOf = (end: ExchangeEnd): number => {
    if (end !== lastEnd) {
      lastEnd = end
      endedAt = registry.clock.now()
    }
    return endedAt
  }

  const count = (meter: Meter, cx: RequestContext, part: Part, code: number, end: ExchangeEnd, sizes: Sizes): void => {
    const durationMs = timeOf(end) - part.start
    const { record } = cx
    const { answer, requestClass } = part
    const status = isGrpc(requestClass) ? grpcCode(answer?.headers, trailersOf(answer)) : code
    const series = meter.add(requestClass, status, durationMs, sizes.requestSize, sizes.size)
    const { tls } = cx.client
    if (tls !== null) meter.addTls(tls.version, tls.cipher)
    if (part.headers !== null) registry.countHeaders(meter, series, part.headers)
    if (record.span?.isSampled === true)
      meter.trace(series, durationMs, record.traceId, registry.clock.date().getTime())
    if (registry.wantsEach) registry.tell(series, meter, durationMs)
  }

  /** Has a part counted when it is over. @param done counts it */
  const watched = (next: Handler, request: ProxyRequest, cx: RequestContext, part: Part, done: Done) => {
    if (counted !== null) {
      const requestSize = request.content?.length ?? 0
      return atHead(next, request, cx, (status, answer) => {
        part.answer = answer
        done({ status, size: answer?.content?.length ?? 0, requestSize, aborted: false })
      })
    }
    cx.onEnd(done)
    // Only what says how it ended later than its head is kept.
    if (!isGrpc(part.requestClass)) return next(request, cx)
    return andThen(next(request, cx), (answer) => {
      part.answer = answer
      return answer
    })
  }

  const partOf = (request: ProxyRequest, requestClass: RequestClass): Part => ({
    start: registry.clock.now(),
    requestClass,
    headers: takesHeaders ? registry.headerValues(request.headers) : null,
    answer: null,
  })

  return {
    ...nowhere,
    entryPoint(name, observed) {
      const meter = plan.entryPoints ? registry.meter('entrypoint', [['entrypoint', name]]) : null
      return (next) => (request, cx) => {
        const { record } = cx
        record.metered = observed.metrics
        record.requestClass = classOfRequest(request)
        if (meter === null) return next(request, cx)
        const part = partOf(request, record.requestClass)
        return watched(next, request, cx, part, (end) => {
          if (!record.metered || isInternal(record.service)) return
          count(meter, cx, part, end.status, end, end)
          counted?.(cx)
        })
      }
    },
    router(name, { service, isChild, observability }) {
      // Of a child its root decides.
      if (!plan.routers || isInternal(service) || !(isChild || observability.metrics)) return null
      const meter = registry.meter('router', [
        ['router', name],
        ['service', service ?? `${name}-muxer`],
      ])
      if (isChild) {
        return (next) => (request, cx) => {
          if (!cx.record.metered) return next(request, cx)
          const part = partOf(request, cx.record.requestClass)
          // What middlewares of its parents make of its answer is theirs.
          let status = 0
          const noted: Handler = (message, inner) =>
            andThen(next(message, inner), (answer) => {
              status = answer.status
              return answer
            })
          return watched(noted, request, cx, part, (end) => count(meter, cx, part, status || end.status, end, end))
        }
      }
      return (next) => (request, cx) => {
        const part = partOf(request, cx.record.requestClass)
        return watched(next, request, cx, part, (end) => count(meter, cx, part, end.status, end, end))
      }
    },
    attempt(service) {
      if (!plan.services) return null
      const meter = registry.meter('service', [['service', service]])
      return (next) => (request, cx) => {
        const { record } = cx
        if (!record.metered) return next(request, cx)
        // A page for an error is asked for by GET, and gRPC-Web has become gRPC.
        const part = partOf(request, classOfRequest(request))
        if (record.retries > record.retriesCounted) {
          record.retriesCounted = record.retries
          meter.addRetry()
        }
        const { content } = request
        return watched(next, request, cx, part, (end) =>
          count(meter, cx, part, record.originStatus || end.status, end, sizesAtServer(cx, end, content)),
        )
      }
    },
  }
}

type Done = (end: ExchangeEnd) => void

/** An exchange as one meter sees it. */
interface Part {
  readonly start: number
  readonly requestClass: RequestClass
  readonly headers: readonly string[] | null
  answer: ProxyResponse | null
}

type Sizes = Pick<ExchangeEnd, 'size' | 'requestSize'>

/**
 * What the server sent may have become something else for the client; and who asks several servers has kept the content
 * that each of them got.
 */
function sizesAtServer({ record: { originSize } }: RequestContext, end: ExchangeEnd, content: Body | null): Sizes {
  if (end.isPart === true) return { size: end.size, requestSize: content?.used === true ? (content.length ?? 0) : 0 }
  return originSize < 0 ? end : { size: originSize, requestSize: end.requestSize }
}

function trailersOf(answer: ProxyResponse | null) {
  const content = answer?.content ?? null
  return content === null || typeof content === 'string' ? null : content.trailers
}
