import type { Observer } from '../../contracts/observer.ts'
import type { Middleware } from '../../http/handler.ts'
import type { ObservabilityPlan, RouterPlan } from '../../plan/plan.ts'
import type { MetricsPlan } from '../../plan/telemetry.ts'
import type { AttributeValue } from '../otlp/attributes.ts'
import { tracedTransport } from './client.ts'
import { inExchange, inSpan, type SpanPlatform } from './exchange.ts'
import { spanNameOf } from './middleware-names.ts'
import type { Tracer } from './tracer.ts'

export interface TracingOptions {
  /** Requests to `@internal` services have spans too. */
  readonly addInternals: boolean
  /** What is counted: in Traefik that has spans of its own. */
  readonly metrics: MetricsPlan | undefined
  readonly platform: SpanPlatform
}

/**
 * Spans of exchanges: entry point, router, middlewares, service, and what is asked (Traefik
 * `pkg/middlewares/observability`).
 */
export function createTracingObserver(tracer: Tracer, { addInternals, metrics, platform }: TracingOptions): Observer {
  const named = (name: string, ...attributes: readonly AttributeValue[]): Middleware =>
    inSpan(name, () => attributes, platform)
  const counting = (isCounted: boolean | undefined, place: string): Middleware | null =>
    isCounted === true ? named('Metrics', 'traefik.middleware.name', `metrics-${place}`) : null
  const countingEntryPoint = counting(metrics?.entryPoints, 'entrypoint')
  const countingRouter = counting(metrics?.routers, 'router')
  const countingService = counting(metrics?.services, 'service')
  const isTraced = (observed: ObservabilityPlan, service: string | null): boolean =>
    observed.tracing && (addInternals || service?.endsWith('@internal') !== true)
  const exchange = ({ detailed }: ObservabilityPlan) => inExchange(tracer, detailed === true, platform)

  return {
    entryPoint(_, observed) {
      if (!isTraced(observed, null)) return null
      const unrouted = chained(exchange(observed), countingEntryPoint)
      return (next) => (request, cx) => {
        const answer = next(request, cx)
        // What no router takes is answered at once, by nobody but the table of routes.
        if (answer instanceof Promise || cx.record.router !== '') return answer
        return unrouted(() => answer)(request, cx)
      }
    },
    router(name, router) {
      const { service, isChild, observability } = router
      const inside = chained(
        named(
          'Router',
          ...['traefik.service.name', service ?? `${name}-muxer`],
          ...['traefik.router.name', name],
          ...['http.route', ruleOf(router)],
        ),
        countingRouter,
      )
      // Of a child its root decides.
      if (isChild) return inside
      if (!isTraced(observability, service)) return null
      return chained(exchange(observability), countingEntryPoint, inside)
    },
    service: () => null,
    attempt: (service) => chained(named('Service', 'traefik.service.name', service), countingService),
    middleware(name, kind) {
      const spanName = spanNameOf(kind)
      return spanName === null ? null : named(spanName, 'traefik.middleware.name', name)
    },
    retry: (name) =>
      inSpan(
        'Retry',
        ({ resends = 0 }) => [
          ...['traefik.middleware.name', name],
          ...(resends > 0 ? ['http.request.resend_count', resends] : []),
        ],
        platform,
      ),
    client: (asked, transport) => tracedTransport(tracer, asked, transport),
  }
}

/** The first one outermost. */
const chained =
  (...middlewares: readonly (Middleware | null)[]): Middleware =>
  (next) =>
    middlewares.reduceRight((inner, middleware) => middleware?.(inner) ?? inner, next)

const ruleOf = ({ definition: { rule }, observability }: RouterPlan): string =>
  typeof rule === 'string' ? rule : (observability.route ?? '')
