import type { Observer } from '../contracts/observer.ts'
import type { Clock } from '../contracts/ports.ts'
import type { Middleware } from '../http/handler.ts'
import type { MaybePromise } from '../http/maybe-promise.ts'
import type { RequestContext } from '../http/request-context.ts'
import type { AccessLogPlan, MetricsPlan, TelemetryPlan, TracingPlan } from '../plan/telemetry.ts'
import type { AccessLogPlatform } from './access-log/access-log.ts'
import type { RecordSink } from './access-log/record.ts'
import type { ConventionMetrics } from './metrics/conventions.ts'
import type { MetricsRegistry } from './metrics/registry.ts'
import { nowhere } from './nowhere.ts'
import type { SpanPlatform } from './tracing/exchange.ts'
import type { SpanSink } from './tracing/span.ts'

/** What telemetry needs from outside. */
export interface TelemetryPorts {
  readonly clock: Clock
  /** Takes a line of the access log, with its newline. */
  readonly writeAccessLog: (line: string) => void
  /** Takes it as a record too; absent: nobody does. */
  readonly accessRecords?: RecordSink
  /** From 0 to below 1. */
  readonly random: () => number
  /** What is particular of access lines on this platform; absent: nothing. */
  readonly accessLog?: AccessLogPlatform
  /** Where plans that want metrics have them counted; absent: nowhere. */
  readonly metrics?: MetricsRegistry
  /** The same where only a plan says that there is anything to count; null: nowhere. */
  readonly countsOf?: (telemetry: TelemetryPlan) => MaybePromise<CountParts | null>
  /** Durations by OpenTelemetry's conventions; absent: they are not counted. */
  readonly conventions?: ConventionMetrics
  /** Where spans go of a plan that wants them; null or absent: nowhere, and there are none. */
  readonly spansOf?: (telemetry: TelemetryPlan) => MaybePromise<SpanParts | null>
}

/** Where a platform counts on which waiting for the end of an exchange costs. */
export interface CountParts {
  readonly registry: MetricsRegistry
  readonly conventions: ConventionMetrics
  /** Told with the head of an answer. */
  counted(cx: RequestContext): void
}

/** What spans need beside what a plan says of them. */
export interface SpanParts {
  readonly sink: SpanSink
  /** Formats by which traces are told of, as `OTEL_PROPAGATORS` names them. */
  readonly propagators: readonly string[]
  readonly platform: SpanPlatform
}

/** Observers by what plans want of them. Equal wishes keep the observer there is: its counts go on over snapshots. */
export class Observers {
  readonly #ports: TelemetryPorts
  /** Those that listen whatever a plan says, from the outermost. */
  readonly #always: readonly Observer[]
  #wish = ''
  #observer: Observer | null

  constructor(ports: TelemetryPorts, always: readonly Observer[] = []) {
    this.#ports = ports
    this.#always = always
    this.#observer = combined(always)
  }

  /** Null where nothing is wanted, and then nothing is loaded. */
  async of(telemetry: TelemetryPlan | undefined): Promise<Observer | null> {
    const wish = JSON.stringify(telemetry ?? null)
    if (wish === this.#wish) return this.#observer
    const { accessLog = null, metrics, tracing } = telemetry ?? {}
    const wanted = await Promise.all([
      // Outermost, so that the others know the trace.
      tracing === undefined ? null : this.#tracing(tracing, telemetry!),
      accessLog === null ? null : this.#accessLog(accessLog),
      ...(metrics === undefined ? [] : await this.#metrics(metrics, telemetry!)),
    ])
    this.#wish = wish
    this.#observer = combined([...this.#always, ...wanted.filter((observer) => observer !== null)])
    return this.#observer
  }

  async #accessLog(plan: AccessLogPlan): Promise<Observer> {
    const [{ createAccessLog }, { notingRouter, notingService }] = await Promise.all([
      import('./access-log/access-log.ts'),
      import('./access-log/origins.ts'),
    ])
    const { writeAccessLog, accessLog, accessRecords } = this.#ports
    const log = createAccessLog(plan, writeAccessLog, this.#ports, accessLog, accessRecords)
    return {
      ...nowhere,
      entryPoint: (_, { accessLogs }) => (accessLogs ? log : unlessRouted(log)),
      router: (_, { origin }) => (origin === undefined ? null : notingRouter(origin)),
      service: (_, { origin }) => (origin === undefined ? null : notingService(origin)),
    }
  }

  async #metrics(plan: MetricsPlan, telemetry: TelemetryPlan): Promise<readonly Observer[]> {
    const { metrics, conventions, countsOf } = this.#ports
    const parts =
      metrics === undefined
        ? ((await countsOf?.(telemetry)) ?? null)
        : { registry: metrics, conventions, counted: null }
    if (parts === null) return []
    const { createMetricsObserver } = await import('./metrics/observer.ts')
    const counts = createMetricsObserver(plan, parts.registry, parts.counted)
    const durations = plan.conventions === true ? parts.conventions : undefined
    return durations === undefined ? [counts] : [counts, durations.observer(plan.addInternals, parts.counted !== null)]
  }

  async #tracing(plan: TracingPlan, telemetry: TelemetryPlan): Promise<Observer | null> {
    const { spansOf, clock, random } = this.#ports
    const spans = (await spansOf?.(telemetry)) ?? null
    if (spans === null) return null
    const [{ Tracer }, { createTracingObserver }] = await Promise.all([
      import('./tracing/tracer.ts'),
      import('./tracing/observer.ts'),
    ])
    const { sink, propagators, platform } = spans
    const tracer = new Tracer(plan, propagators, { sink, now: () => clock.now(), random }, () => clock.date())
    return createTracingObserver(tracer, { addInternals: plan.addInternals, metrics: telemetry.metrics, platform })
  }
}

/** No line of what no router takes. */
const unlessRouted =
  (log: Middleware): Middleware =>
  (next) => {
    const logged = log(next)
    return (request, cx) => {
      cx.record.logged = false
      return logged(request, cx)
    }
  }

/** Several observers as one. @param observers from the outermost */
function combined(observers: readonly Observer[]): Observer | null {
  if (observers.length <= 1) return observers[0] ?? null
  const around = (at: (observer: Observer) => Middleware | null): Middleware | null => {
    const middlewares = observers.map(at).filter((middleware) => middleware !== null)
    if (middlewares.length <= 1) return middlewares[0] ?? null
    return (next) => middlewares.reduceRight((inner, middleware) => middleware(inner), next)
  }
  return {
    entryPoint: (...of) => around((observer) => observer.entryPoint(...of)),
    router: (...of) => around((observer) => observer.router(...of)),
    service: (...of) => around((observer) => observer.service(...of)),
    attempt: (...of) => around((observer) => observer.attempt(...of)),
    middleware: (...of) => around((observer) => observer.middleware(...of)),
    retry: (...of) => around((observer) => observer.retry(...of)),
    client(asked, transport) {
      const way = observers.reduceRight((inner, observer) => observer.client(asked, inner) ?? inner, transport)
      return way === transport ? null : way
    },
  }
}
