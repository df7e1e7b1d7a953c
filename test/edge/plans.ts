import type { MiddlewarePlan, Plan, RouterPlan, ServicePlan } from '../../src/plan/plan.ts'
import type { RuleNode } from '../../src/plan/rule.ts'
import type { LoadBalancerPlan, StickyPlan } from '../../src/plan/services.ts'
import { DEFAULT_SERVER_TLS, NO_TLS } from '../../src/plan/tls.ts'

/** Plans made by hand, so that these tests need nothing of plan time. Names get `@file`. */

const element = { provider: 'file', definition: {}, errors: [], warnings: [], position: null }

export function edgePlan(parts: {
  readonly routers?: Readonly<Record<string, RouterPlan>>
  readonly services?: Readonly<Record<string, ServicePlan>>
  readonly middlewares?: Readonly<Record<string, MiddlewarePlan>>
}): Plan {
  return {
    version: 1,
    target: 'edge',
    entryPoints: {
      web: {
        forwardedHeaders: { insecure: false, trustedIPs: [], connection: [], notAppendXForwardedFor: false },
        sanitizePath: true,
        encodeQuerySemicolons: false,
        aliasHeaders: { strategy: 'keep', underscoreOnly: false },
      },
    },
    routers: qualified(parts.routers),
    services: qualified(parts.services),
    middlewares: qualified(parts.middlewares),
    serversTransports: {
      'default@internal': {
        error: null,
        dialTimeoutMs: 30_000,
        responseHeaderTimeoutMs: 0,
        idleConnTimeoutMs: 90_000,
        maxIdleConnsPerHost: 200,
        http2: true,
        readIdleTimeoutMs: 0,
        pingTimeoutMs: 15_000,
        tls: DEFAULT_SERVER_TLS,
      },
      'quick@file': {
        error: null,
        dialTimeoutMs: 30_000,
        responseHeaderTimeoutMs: 100,
        idleConnTimeoutMs: 90_000,
        maxIdleConnsPerHost: 200,
        http2: true,
        readIdleTimeoutMs: 0,
        pingTimeoutMs: 15_000,
        tls: DEFAULT_SERVER_TLS,
      },
    },
    tls: NO_TLS,
    precedence: [],
    problems: [],
  }
}

function qualified<T>(elements: Readonly<Record<string, T>> = {}): Record<string, T> {
  return Object.fromEntries(Object.entries(elements).map(([name, plan]) => [`${name}@file`, plan]))
}

export const match = (matcher: string, ...args: string[]): RuleNode => ({ op: 'match', matcher, args, regexps: [] })

export function router(
  service: string,
  rule: RuleNode,
  options: { priority?: number; middlewares?: string[] } = {},
): RouterPlan {
  return {
    ...element,
    entryPoints: ['web'],
    rule,
    priority: String(options.priority ?? 1),
    service: `${service}@file`,
    middlewares: (options.middlewares ?? []).map((name) => `${name}@file`),
    parents: [],
    tls: false,
    tlsOptions: null,
    deniedEscapes: null,
    observability: { accessLogs: true, metrics: true, tracing: true },
  }
}

export const middleware = (kind: string, config: unknown): MiddlewarePlan => ({ ...element, kind, config })

export function servers(urls: readonly string[], options: Partial<LoadBalancerPlan> = {}): ServicePlan {
  const config: LoadBalancerPlan = {
    servers: urls.map((text) => {
      const url = new URL(text)
      return {
        url: text,
        scheme: url.protocol.slice(0, -1),
        host: url.hostname,
        port: Number(url.port) || 80,
        authority: url.host,
        path: url.pathname === '/' ? '' : url.pathname,
        weight: 1,
        preservePath: false,
        fenced: false,
      }
    }),
    strategy: 'wrr',
    sticky: null,
    healthCheck: null,
    passiveHealthCheck: null,
    passHostHeader: true,
    serversTransport: 'default@internal',
    ...options,
  }
  return { ...element, kind: 'loadBalancer', config, middlewares: [] }
}

export const cookieFor = (urls: readonly string[]): StickyPlan => ({
  cookieName: 'lb',
  attributes: '; Path=/',
  values: Object.fromEntries(urls.map((url, at) => [url, [`member-${at}`]])),
})
