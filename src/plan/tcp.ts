import type { ElementPlan } from './plan.ts'
import type { RuleNode } from './rule.ts'
import type { ServerTlsPlan } from './tls.ts'

/** The section `tcp` of a plan; names are qualified. */
export interface TcpPlan {
  readonly routers: Readonly<Record<string, TcpRouterPlan>>
  readonly services: Readonly<Record<string, TcpServicePlan>>
  readonly middlewares: Readonly<Record<string, TcpMiddlewarePlan>>
  readonly serversTransports: Readonly<Record<string, TcpTransportPlan>>
}

export interface TcpRouterPlan extends ElementPlan {
  /** Entry points that exist. */
  readonly entryPoints: readonly string[]
  /** Null: see `errors` or `ruleError`. */
  readonly rule: RuleNode | null
  /** Traefik notices it last, once service and middlewares have been built. */
  readonly ruleError: string | null
  /** The rule is exactly ``HostSNI(`*`)``: it comes after HTTPS routers without a host. */
  readonly isCatchAll: boolean
  /** Decimal, may be negative. */
  readonly priority: string
  /** Qualified name. */
  readonly service: string
  readonly middlewares: readonly string[]
  /** Null: connections without TLS. */
  readonly tls: {
    readonly passthrough: boolean
    /** Qualified name of the TLS options. */
    readonly options: string
  } | null
}

export interface TcpServicePlan extends ElementPlan {
  /** Null when `errors` says why. */
  readonly config: TcpLoadBalancerPlan | TcpWeightedPlan | null
}

export interface TcpLoadBalancerPlan {
  readonly kind: 'loadBalancer'
  readonly servers: readonly TcpServerPlan[]
  /** Qualified name. */
  readonly serversTransport: string
  /** Deprecated options of a service that names no servers transport; null: the transport's own count. */
  readonly override: Pick<TcpTransportPlan, 'terminationDelayMs' | 'proxyProtocol'> | null
  readonly healthCheck: TcpHealthCheckPlan | null
  /** Why routers can't use it, though it is itself shown without an error; as in Traefik. */
  readonly error: string | null
}

export interface TcpServerPlan {
  /** As configured. */
  readonly address: string
  /** Without brackets. */
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

/** Times in milliseconds. */
export interface TcpHealthCheckPlan {
  /** 0: the server's. */
  readonly port: number
  readonly send: string
  readonly expect: string
  readonly intervalMs: number
  readonly unhealthyIntervalMs: number
  readonly timeoutMs: number
}

export interface TcpWeightedPlan {
  readonly kind: 'weighted'
  readonly members: readonly {
    /** As written. */
    readonly id: string
    /** Qualified name. */
    readonly service: string
    /** 0: never picked. */
    readonly weight: number
  }[]
  /** Children that are down are passed over. */
  readonly healthCheck: boolean
}

export interface TcpMiddlewarePlan extends ElementPlan {
  /** Null when `errors` says why. */
  readonly config:
    | { readonly kind: 'ipAllowList'; readonly sourceRange: readonly string[] }
    | { readonly kind: 'inFlightConn'; readonly amount: number }
    | null
}

/** How servers are connected to; times in milliseconds. */
export interface TcpTransportPlan {
  /** Why services that name it are disabled. */
  readonly error: string | null
  /** 0: none. */
  readonly dialTimeoutMs: number
  /** Negative: no probes. */
  readonly dialKeepAliveMs: number
  /** How long one side may still be read after the other has ended; negative: until it ends. */
  readonly terminationDelayMs: number
  /** Version of the PROXY header that is sent first; null: none. */
  readonly proxyProtocol: 1 | 2 | null
  /** Without a server name none is trusted, unless nothing is checked at all. */
  readonly tls: ServerTlsPlan
}

/** Where there is none. */
export const NO_TCP: TcpPlan = { routers: {}, services: {}, middlewares: {}, serversTransports: {} }
