import type { Observer } from '../../contracts/observer.ts'
import type { Body } from '../../http/body.ts'
import type { Handler } from '../../http/handler.ts'
import { andThen } from '../../http/maybe-promise.ts'
import type { ProxyRequest } from '../../http/request.ts'
import { EndListener, type ExchangeEnd, type RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { MetricsPlan } from '../../plan/telemetry.ts'
import { nowhere } from '../nowhere.ts'
import { atHead } from './at-head.ts'
import type { Meter } from './meter.ts'
import type { MetricsRegistry } from './registry.ts'
import { classOfAttempt, classOfRequest, grpcCode, isGrpc, type RequestClass } from './request-class.ts'

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

  const count = (meter: Meter, part: Part, code: number, end: ExchangeEnd, sizes: Sizes): void => {
    const durationMs = timeOf(end) - part.start
    const { answer, cx, requestClass } = part
    const { record } = cx
    const status = isGrpc(requestClass) ? grpcCode(answer?.headers, trailersOf(answer)) : code
    const series = meter.add(requestClass, status, durationMs, sizes.requestSize, sizes.size)
    const { tls } = cx.client
    if (tls !== null) meter.addTls(tls.version, tls.cipher)
    if (part.headers !== null) registry.countHeaders(meter, series, part.headers)
    if (record.span?.isSampled === true)
      meter.trace(series, durationMs, record.traceId, registry.clock.date().getTime())
    if (registry.wantsEach) registry.tell(series, meter, durationMs)
  }

  /** Has a part counted when it is over. */
  const watched = (next: Handler, request: ProxyRequest, part: Part) => {
    const { cx } = part
    if (counted !== null) {
      const requestSize = request.content?.length ?? 0
      return atHead(next, request, cx, (status, answer) => {
        part.answer = answer
        part.tell({ status, size: answer?.content?.length ?? 0, requestSize, aborted: false })
      })
    }
    cx.listen(part)
    // Only what says how it ended later than its head is kept.
    if (!isGrpc(part.requestClass)) return next(request, cx)
    return andThen(next(request, cx), (answer) => {
      part.answer = answer
      return answer
    })
  }

  /** That of an exchange which is being handed on and has not waited for anything yet: what it reaches begins with it. */
  let unpaused: Part | null = null

  /** Whether an attempt begins and ends with what is counted at the entry point. */
  const isAlike = (part: Part, requestClass: RequestClass): boolean =>
    counted === null &&
    !takesHeaders &&
    part.attempt === null &&
    part.requestClass === requestClass &&
    !isGrpc(requestClass) &&
    !part.cx.hasParts

  const startOf = (cx: RequestContext): number => (cx === unpaused?.cx ? cx.start : registry.clock.now())

  /** @param done counts it */
  const partOf = (
    request: ProxyRequest,
    cx: RequestContext,
    start: number,
    requestClass: RequestClass,
    done: Done,
  ): Part => {
    const headers = takesHeaders ? registry.headerValues(request.headers) : null
    return new Part(cx, start, requestClass, headers, request.content, done)
  }

  return {
    ...nowhere,
    entryPoint(name, observed) {
      const meter = plan.entryPoints ? registry.meter('entrypoint', [['entrypoint', name]]) : null
      const done: Done = (part, end) => {
        const { record } = part.cx
        if (part.attempt !== null) count(part.attempt, part, statusAtServer(part, end), end, sizesAtServer(part, end))
        if (part.router !== null) count(part.router, part, end.status, end, end)
        if (!record.metered || isInternal(record.service)) return
        count(meter!, part, end.status, end, end)
        counted?.(part.cx)
      }
      return (next) => (request, cx) => {
        const { record } = cx
        record.metered = observed.metrics
        record.requestClass = classOfRequest(request)
        if (meter === null) return next(request, cx)
        const outer = unpaused
        const part = partOf(request, cx, cx.start, record.requestClass, done)
        unpaused = part
        try {
          return watched(next, request, part)
        } finally {
          unpaused = outer
        }
      }
    },
    router(name, { service, isChild, observability }) {
      // Of a child its root decides.
      if (!plan.routers || isInternal(service) || !(isChild || observability.metrics)) return null
      const meter = registry.meter('router', [
        ['router', name],
        ['service', service ?? `${name}-muxer`],
      ])
      const done: Done = (part, end) => count(meter, part, part.status || end.status, end, end)
      return (next) => (request, cx) => {
        if (isChild && !cx.record.metered) return next(request, cx)
        if (!isChild && !takesHeaders && cx === unpaused?.cx && unpaused.router === null) {
          // It begins and ends with what is counted at the entry point.
          unpaused.router = meter
          return next(request, cx)
        }
        const part = partOf(request, cx, startOf(cx), cx.record.requestClass, done)
        return watched(isChild ? notingStatus(next, part) : next, request, part)
      }
    },
    attempt(service) {
      if (!plan.services) return null
      const meter = registry.meter('service', [['service', service]])
      const done: Done = (part, end) => count(meter, part, statusAtServer(part, end), end, sizesAtServer(part, end))
      return (next) => (request, cx) => {
        const { record } = cx
        if (!record.metered) return next(request, cx)
        if (record.retries > record.retriesCounted) {
          record.retriesCounted = record.retries
          meter.addRetry()
        }
        const requestClass = classOfAttempt(request, record.requestClass)
        if (cx === unpaused?.cx && isAlike(unpaused, requestClass)) {
          unpaused.attempt = meter
          return next(request, cx)
        }
        return watched(next, request, partOf(request, cx, startOf(cx), requestClass, done))
      }
    },
  }
}

type Done = (part: Part, end: ExchangeEnd) => void

/** An exchange as one meter sees it. */
class Part extends EndListener {
  readonly cx: RequestContext
  readonly start: number
  readonly requestClass: RequestClass
  readonly headers: readonly string[] | null
  /** Of the request. */
  readonly content: Body | null
  answer: ProxyResponse | null = null
  /** Of an entry point: the meter of the router, where that counts the very same. */
  router: Meter | null = null
  /** Likewise of the only attempt at a server. */
  attempt: Meter | null = null
  /** Of the answer here, whatever becomes of it outside; 0: that of the exchange. */
  status = 0
  readonly #done: Done

  constructor(
    cx: RequestContext,
    start: number,
    requestClass: RequestClass,
    headers: readonly string[] | null,
    content: Body | null,
    done: Done,
  ) {
    super()
    this.cx = cx
    this.start = start
    this.requestClass = requestClass
    this.headers = headers
    this.content = content
    this.#done = done
  }

  override tell(end: ExchangeEnd): void {
    this.#done(this, end)
  }
}

/** What middlewares of its parents make of the answer of a child is theirs. */
const notingStatus =
  (next: Handler, part: Part): Handler =>
  (request, cx) =>
    andThen(next(request, cx), (answer) => {
      part.status = answer.status
      return answer
    })

const statusAtServer = ({ cx }: Part, end: ExchangeEnd): number => cx.record.originStatus || end.status

type Sizes = Pick<ExchangeEnd, 'size' | 'requestSize'>

/**
 * What the server sent may have become something else for the client; and who asks several servers has kept the content
 * that each of them got.
 */
function sizesAtServer({ cx: { record }, content }: Part, end: ExchangeEnd): Sizes {
  const { originSize } = record
  if (end.isPart === true) return { size: end.size, requestSize: content?.used === true ? (content.length ?? 0) : 0 }
  return originSize < 0 ? end : { size: originSize, requestSize: end.requestSize }
}

function trailersOf(answer: ProxyResponse | null) {
  const content = answer?.content ?? null
  return content === null || typeof content === 'string' ? null : content.trailers
}
