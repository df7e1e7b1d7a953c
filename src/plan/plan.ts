import type { RouterOrigin, ServiceOrigin } from '../http/cluster-objects.ts'
import type { ManagementPlan } from './management.ts'
import type { ConfigProblem } from './problem.ts'
import type { RuleNode } from './rule.ts'
import type { SecretPlan } from './secrets.ts'
import type { TcpPlan } from './tcp.ts'
import type { TelemetryPlan } from './telemetry.ts'
import type { ServerTlsPlan, TlsPlan } from './tls.ts'
import type { UdpPlan } from './udp.ts'

export type Target = 'node' | 'edge'

/** Raised with every change that an older worker could not read. */
export const PLAN_VERSION = 1

/**
 * A whole routing configuration, ready to be linked: every default filled in, names resolved, rules parsed, regular
 * expressions compiled. Plain JSON: it is stored in KV, signed, diffed and sent to threads.
 */
export interface Plan {
  readonly version: typeof PLAN_VERSION
  readonly target: Target
  readonly entryPoints: Readonly<Record<string, EntryPointPlan>>
  /** Which entry points answer a request by its scheme; absent: its connection says by which it came. */
  readonly schemes?: SchemesPlan
  /** Longest time for an answer of the state that isolates share, in milliseconds; absent: the adapter's own limit. */
  readonly stateTimeoutMs?: number
  /** All maps are keyed by qualified name: `web@file`. */
  readonly routers: Readonly<Record<string, RouterPlan>>
  readonly middlewares: Readonly<Record<string, MiddlewarePlan>>
  readonly services: Readonly<Record<string, ServicePlan>>
  readonly serversTransports: Readonly<Record<string, ServersTransportPlan>>
  /** TLS of entry points; empty where the platform ends it. */
  readonly tls: TlsPlan
  /** Empty where there are no raw connections. */
  readonly tcp: TcpPlan
  readonly udp: UdpPlan
  /** `providers.precedence`: decides between routers of equal priority. */
  readonly precedence: readonly string[]
  /** Absent: nothing is told of exchanges. */
  readonly telemetry?: TelemetryPlan
  /** Absent: what runs the plan knows it by itself. */
  readonly management?: ManagementPlan
  readonly problems: readonly ConfigProblem[]
}

/** Entry points of requests where a platform ends TLS, all of them existing ones. */
export interface SchemesPlan {
  /** Its routers without `tls` answer http. Empty: nobody does. */
  readonly http: string
  /**
   * Their routers answer https, with `tls` or without: those of the first one, and where none of them matches those of
   * the next. The options of the first one hold for all.
   */
  readonly https: readonly string[]
}

/** What happens to requests of an HTTP entry point before routing. */
export interface EntryPointPlan {
  readonly forwardedHeaders: {
    readonly insecure: boolean
    readonly trustedIPs: readonly string[]
    /** Lower-case `Connection` tokens that survive until the request is forwarded. */
    readonly connection: readonly string[]
    readonly notAppendXForwardedFor: boolean
  }
  /** Longer request targets are refused. */
  readonly maxTargetBytes: number
  readonly sanitizePath: boolean
  readonly encodeQuerySemicolons: boolean
  /** For names with characters other than letters, digits and dash (`_` alone when `underscoreOnly`). */
  readonly aliasHeaders: { readonly strategy: 'keep' | 'delete' | 'reject'; readonly underscoreOnly: boolean }
  /** What is told of requests that no router takes; absent: everything. */
  readonly observability?: ObservabilityPlan
}

export interface ElementPlan {
  readonly provider: string
  /**
   * The dynamic object as Traefik's API shows it: Traefik's spelling, zero values left out, durations as Go text. Empty
   * in a published plan: it is elsewhere (`definitions.ts`).
   */
  readonly definition: Readonly<Record<string, unknown>>
  /** Why it cannot be built: it is disabled once something needs it. */
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
  /** It was taken out, and is only shown: it is disabled from the start. Absent: it is not. */
  readonly removed?: true
}

export interface RouterPlan extends ElementPlan {
  /** Entry points that exist; names that don't are in `errors` or `warnings`. */
  readonly entryPoints: readonly string[]
  readonly rule: RuleNode | null
  /** Why there is no rule; Traefik notices it after everything that the router needs has been built. */
  readonly ruleError: string | null
  /** Of TLS routers: what Traefik says last, where it looks for hosts in a rule that can't be read; absent: nothing. */
  readonly domainsError?: string
  /** Why it does not get the TLS options that it asks for; likewise said last. Absent: it gets them. */
  readonly tlsWarning?: string
  /** Decimal; beyond 2^53 for internal routers, so it is compared as an integer of any size. */
  readonly priority: string
  /** Qualified name, or null on parents. */
  readonly service: string | null
  readonly middlewares: readonly string[]
  /** It names parents: it never competes at the top level, whether they exist or not. */
  readonly isChild: boolean
  /** Not to be built for what is wrong with it, whatever children it has; absent: it may be. */
  readonly closed?: true
  /** Routers whose chain ends in this one. */
  readonly parents: readonly string[]
  readonly tls: boolean
  /** Where a platform ends TLS: it sends all of an entry point elsewhere, and never requests by https. Absent: no. */
  readonly redirectsEntryPoint?: true
  /** Qualified name of the TLS options its connections must have; null: it has no `tls`, or the platform ends TLS. */
  readonly tlsOptions: string | null
  /** Upper-case escapes (`%2F` …) that are answered by 400; null: nothing is checked. */
  readonly deniedEscapes: readonly string[] | null
  readonly observability: ObservabilityPlan
  /** Absent: none. */
  readonly timeouts?: RouterTimeoutsPlan
  /** What its requests carry, so that one that comes back is refused; absent: nothing is refused. */
  readonly recursionMark?: string
  /** What it is made of; absent: nobody said. */
  readonly origin?: RouterOrigin
}

/** What is told of exchanges. */
export interface ObservabilityPlan {
  readonly accessLogs: boolean
  readonly metrics: boolean
  readonly tracing: boolean
  /** Spans of routers, middlewares and services too; absent: no. */
  readonly detailed?: true
  /** The rule as it was written, where spans of the router may show it; absent: they do not. */
  readonly route?: string
}

/** How long exchanges of a router may take, counted from their arrival at it, in milliseconds; 0: no limit. */
export interface RouterTimeoutsPlan {
  /** Until the head of the answer. */
  readonly responseHeaderMs: number
  /** Until the end of the answer. */
  readonly totalMs: number
}

export interface MiddlewarePlan extends ElementPlan {
  /** What is put into `config` when it is linked; absent: nothing. */
  readonly secrets?: readonly SecretPlan[]
  /** A key of `middlewareKinds`; null when it has no type, which is in `errors`. */
  readonly kind: string | null
  readonly config: unknown
  /** Services to be built before the first of `errors` counts; absent: none. */
  readonly after?: readonly string[]
}

export interface ServicePlan extends ElementPlan {
  /** What is put into `config` when it is linked; absent: nothing. */
  readonly secrets?: readonly SecretPlan[]
  /** A key of `serviceKinds`; `internal` for those that the API brings. */
  readonly kind: string | null
  readonly config: unknown
  readonly middlewares: readonly string[]
  /** The definition with what building completes; absent: nothing. */
  readonly completed?: Readonly<Record<string, unknown>>
  /** Whose servers they are; absent: nobody said. */
  readonly origin?: ServiceOrigin
  /** Services to be built before the first of `errors` counts; absent: none. */
  readonly after?: readonly string[]
}

/** How servers are connected to. Times are milliseconds; 0 means none. */
export interface ServersTransportPlan {
  /** Why it can't be used: services that name it are disabled. */
  readonly error: string | null
  readonly dialTimeoutMs: number
  readonly responseHeaderTimeoutMs: number
  readonly idleConnTimeoutMs: number
  /** Negative: connections are not reused. */
  readonly maxIdleConnsPerHost: number
  /** Whether HTTP/2 is offered to `https` servers. */
  readonly http2: boolean
  /** HTTP/2: a connection that has been silent for so long is pinged. */
  readonly readIdleTimeoutMs: number
  /** HTTP/2: how long a ping may go unanswered. */
  readonly pingTimeoutMs: number
  /** The longest silence of a server within an answer, its head counted in; absent: no limit. */
  readonly readTimeoutMs?: number
  /** The longest time in which a server takes nothing of a request; absent: no limit. */
  readonly writeTimeoutMs?: number
  /** Octets of the head of an answer; absent or 0: the adapter's own limit. */
  readonly maxResponseHeaderBytes?: number
  /** Fields of an answer; absent or 0: the adapter's own limit. */
  readonly maxResponseHeaderFields?: number
  readonly tls: ServerTlsPlan
}
