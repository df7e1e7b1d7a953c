import type { Client, ExchangeEnd, ExchangeRecord } from '../../src/http/request-context.ts'
import { RequestContext } from '../../src/http/request-context.ts'
import type { ObservabilityPlan, RouterPlan } from '../../src/plan/plan.ts'
import type { MetricsPlan } from '../../src/plan/telemetry.ts'
import { LEVELS } from '../../src/telemetry/metrics/families.ts'
import type { Sample } from '../../src/telemetry/metrics/family.ts'
import { createMetricsObserver } from '../../src/telemetry/metrics/observer.ts'
import { MetricsRegistry } from '../../src/telemetry/metrics/registry.ts'
import { type RequestSketch, type ResponseSketch, requestOf, responseOf } from './middleware.ts'
import { FakeClock } from './ports.ts'

type Writable<T> = { -readonly [K in keyof T]?: T[K] }

class CountedContext extends RequestContext {
  override waitUntil(): void {}
}

/** An exchange through `web`, `router@file` and `service@file`, as far as nothing else is said. */
export interface CountedExchange {
  readonly request?: RequestSketch
  /** What middlewares have made of the request; absent: nothing. */
  readonly sent?: RequestSketch
  /** Tries whose answers are given up for another one: whether a server has got the content. */
  readonly givenUp?: readonly boolean[]
  readonly response?: ResponseSketch
  readonly client?: Partial<Client>
  /** What happens on the way is written into the record. */
  readonly record?: Writable<ExchangeRecord>
  readonly router?: Partial<Pick<RouterPlan, 'service' | 'isChild' | 'observability'>>
  readonly observed?: ObservabilityPlan
  readonly end?: Partial<ExchangeEnd>
  readonly durationMs?: number
}

const ALL: ObservabilityPlan = { accessLogs: true, metrics: true, tracing: true }

/** A registry and the exchanges that it is told of; only what a test is about differs from all levels and Traefik's buckets. */
export class CountedExchanges {
  readonly clock = new FakeClock()
  readonly registry = new MetricsRegistry(this.clock)
  readonly #plan: MetricsPlan

  constructor(plan: Partial<MetricsPlan> = {}) {
    this.#plan = {
      addInternals: false,
      entryPoints: true,
      routers: true,
      services: true,
      boundaries: [0.1, 0.3, 1.2, 5],
      headerLabels: {},
      ...plan,
    }
  }

  add(exchange: CountedExchange = {}): void {
    const { request, sent, givenUp = [], response, client, record, end, durationMs = 200 } = exchange
    const observer = createMetricsObserver(this.#plan, this.registry)
    const router = { service: 'service@file', isChild: false, observability: ALL, ...exchange.router } as RouterPlan
    const cx = new CountedContext('web', { address: '192.0.2.1', port: 4711, tls: null, ...client }, this.clock.now())
    const server = observer.attempt('service@file', 'http://server') ?? ((next) => next)
    const routed = observer.router('router@file', router) ?? ((next) => next)
    const entered = observer.entryPoint('web', exchange.observed ?? ALL) ?? ((next) => next)
    const asked = server((_, { record }) => {
      const answer = responseOf(response)
      record.originStatus = answer.status
      return answer
    })
    const handle = entered((message, context) => {
      context.record.service = router.service ?? ''
      context.record.metered = router.observability.metrics
      Object.assign(context.record, record)
      return routed((routedMessage, inner) => {
        for (const isRead of givenUp) {
          const mark = inner.beginPart()
          const copy = requestOf(sent ?? request)
          void asked(copy, inner)
          if (isRead) copy.content?.cancel()
          inner.endSince(mark, { status: 502, size: 0, requestSize: 0, aborted: false, isPart: true })
        }
        return asked(sent === undefined ? routedMessage : requestOf(sent), inner)
      })(message, context)
    })
    void handle(requestOf(request), cx)
    this.clock.advance(durationMs)
    cx.end({ status: response?.status ?? 200, size: 5, requestSize: 0, aborted: false, ...end })
  }

  /** Samples of a family that have a value, by their labels as `name=value,…`. */
  samples(family: string, byHeaders = true): Record<string, Sample> {
    const found: Record<string, Sample> = {}
    for (const { name, samples } of this.registry.families(new Set(LEVELS), byHeaders)) {
      if (name !== family) continue
      for (const sample of samples) found[sample.labels.map((label) => label.join('=')).join(',')] = sample
    }
    return found
  }

  values(family: string, byHeaders = true): Record<string, number> {
    return Object.fromEntries(
      Object.entries(this.samples(family, byHeaders)).map(([labels, { value }]) => [labels, value]),
    )
  }
}
