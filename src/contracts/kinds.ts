import type { Handler, Middleware } from '../http/handler.ts'
import type { IpMatcher } from '../http/ip.ts'
import type { ProxyRequest } from '../http/request.ts'
import type { RequestContext } from '../http/request-context.ts'
import type { Plan, RouterTimeoutsPlan, ServersTransportPlan } from '../plan/plan.ts'
import type { RedisPlan } from '../plan/redis.ts'
import type { Scheme } from '../plan/scheme.ts'
import type { SecretOf, SecretPlan } from '../plan/secrets.ts'
import type { ServerPlan } from '../plan/services.ts'
import type { HealthCheck, HealthView } from './health-check.ts'
import type { Observer } from './observer.ts'
import type { ManualSwitch, ServerStanding } from './operator.ts'
import type { Clock, Ports, Transport } from './ports.ts'
import type { Regexp } from './regexp.ts'
import type { TokenStore } from './token-store.ts'

/** A bad element, found while it is built: the linker disables the element and whatever needs it. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigError'
  }
}

/** Something that answers requests: servers behind a balancer, or services behind one another. */
export interface Service {
  readonly name: string
  readonly handle: Handler
  /** False when no member can take a request. */
  isUp(): boolean
  /** Why a parent can't follow its health, in Traefik's words; null: it can. */
  readonly unchecked: string | null
  /** State of each server by URL, for the API; null where it has none of its own. */
  readonly servers: (() => Readonly<Record<string, 'UP' | 'DOWN'>>) | null
  /** Absent: it has no choice. */
  readonly preview?: Preview
}

/**
 * Which member a request would get at this moment, by server URL or by name as written, while nothing moves; null: nobody
 * is available, undefined: chance decides.
 */
export type Preview = (request: ProxyRequest, cx: RequestContext) => string | null | undefined

/** What a kind may ask for while it is built. Names are qualified. */
export interface BuildScope {
  /** `auth@docker` */
  readonly name: string
  /**
   * Whose chain a middleware becomes part of: labels of a router and its parents, or a service. Of a service itself,
   * its name.
   */
  readonly user: string
  readonly ports: Ports
  /** One value for all instances that this element has in the snapshot. */
  once<T>(create: () => T): T
  /** Throws `ConfigError` when it does not exist or can't be built. */
  service(name: string): Service
  /** The middlewares of that name, the first one outermost. */
  chain(names: readonly string[]): Middleware
  /** Opens something for as long as the snapshot lives. Throws `ConfigError` where it can't be had. */
  open<K extends keyof Resources>(kind: K, options: Resources[K]['options']): Resources[K]['opened']
  /** Who hears of exchanges; null: nobody. */
  readonly observer: Observer | null
  readonly health: HealthView
  /** The standing of one of this service's servers, by the URL that is shown of it. */
  server(url: string): ServerStanding
  /** Whether operators have switched this element. */
  readonly manual: ManualSwitch
  /** Has a server checked from the moment the snapshot is in force. */
  watch(check: HealthCheck): void
  /** Status "warning"; the element stays enabled. */
  warn(message: string): void
}

/** What can be opened while a snapshot is linked; it is given back when the snapshot closes. */
export interface Resources {
  /** The way to a server through a servers transport, by qualified name or as it is. */
  readonly transport: {
    readonly options: { readonly through: string | ServersTransportPlan; readonly origin: Origin }
    readonly opened: Transport
  }
  /** A store of token buckets that other proxies use too. */
  readonly tokenStore: { readonly options: RedisPlan; readonly opened: TokenStore }
  /** Something of the kind's own, which is closed with all the rest. */
  readonly closable: { readonly options: { close(): void }; readonly opened: { close(): void } }
}

/** The part of a server's URL that a connection needs. */
export type Origin = Pick<ServerPlan, 'host' | 'port'> & { readonly scheme: Scheme }

/**
 * The run-time half of a middleware: `config` is what its plan-time half has prepared. `build` may throw `ConfigError`.
 */
export interface MiddlewareKind<C> {
  /**
   * Nothing counts or remembers in what it builds: where the element stays the same, the next snapshot may have the same
   * instance. Absent: state begins anew with each snapshot, as in Traefik.
   */
  readonly isStateless?: true
  /**
   * Whether it may be built when a request first needs it: nothing is to be done or known before. Absent: yes.
   * @param allMayWait of the middlewares of these names
   */
  readonly mayWait?: (config: C, allMayWait: (names: readonly string[]) => boolean) => boolean
  readonly build: (config: C, scope: BuildScope) => Middleware
}

/** The run-time half of a service, likewise. */
export interface ServiceKind<C> {
  /** The same for a service, which may depend on its configuration. */
  readonly isStateless?: (config: C) => boolean
  /** Whether it may be built when a request first needs it. Absent: no. */
  readonly mayWait?: (config: C) => boolean
  readonly build: (config: C, scope: BuildScope) => Service
}

/** What a plan may name, by option (`stripPrefix`) or Traefik's name (`weighted`). */
export interface Kinds {
  readonly middlewares: Readonly<Record<string, MiddlewareKind<never>>>
  readonly services: Readonly<Record<string, ServiceKind<never>>>
  /** Keeps what is behind a router within its time limits. Absent: no router has any. */
  readonly withTimeouts?: (timeouts: RouterTimeoutsPlan, clock: Clock, next: Handler) => Handler
  /** Refuses what a router has sent on before. Absent: no router has a mark. */
  readonly refusingReturns?: (mark: string, next: Handler) => Handler
  /** Routers below others. Absent: there are none. */
  readonly tree?: RouterTree
  /** Services of the management plane. Absent: nothing names one. */
  readonly internalService?: (name: string, handlers: ReadonlyMap<string, Handler>) => Service
  /** Puts texts in the place of their references. Absent: no element has any. */
  readonly withSecrets?: (config: unknown, secrets: readonly SecretPlan[], secretOf: SecretOf | undefined) => unknown
  /** Matchers beside those that every runtime has, by name. Absent: no rule names any. */
  readonly matchers?: Readonly<Record<string, MatcherKind>>
  /** Tables of routers where aliases of hosts are followed. Absent: nobody follows them. */
  readonly createTable?: CreateRouteTable
  /** Addresses in ranges. Absent: no entry point trusts some peers and not others. */
  readonly createIpMatcher?: (ranges: readonly string[]) => IpMatcher
}

/** A router as a table of them needs it. */
export interface TableRoute {
  readonly name: string
  readonly provider: string
  readonly priority: bigint
  readonly group?: number
  /** That its rule can match; null: any. */
  readonly hosts: { readonly names: readonly string[]; readonly wildcards: readonly string[] } | null
  readonly matches: Predicate
  readonly handle: Handler
}

/** @param precedence providers: decides between equal priorities; those not named come last */
export type CreateRouteTable = (routes: readonly TableRoute[], precedence: readonly string[]) => Handler

/** How routers are put below others. */
export interface RouterTree {
  /** Names of the routers that name one as their parent, by its name. */
  childrenOf(plan: Plan): ReadonlyMap<string, readonly string[]>
  /**
   * What serves below a router. Throws `ConfigError` where nothing does.
   * @param path routers above them
   * @param build null: it is disabled
   * @param isEnabled without a reason, a warning included
   */
  routesBelow<R>(
    children: readonly string[],
    path: readonly string[],
    build: (child: string) => R | null,
    isEnabled: (child: string) => boolean,
  ): readonly R[]
}

/** Whether a request is one that a rule is about. */
export type Predicate = (request: ProxyRequest, cx: RequestContext) => boolean

/** Makes a predicate of a matcher's checked arguments. */
export type MatcherKind = (args: readonly string[], regexps: readonly Regexp[]) => Predicate

/**
 * A kind of middleware: what is built of its options when a snapshot is linked. `build` may throw `ConfigError`, which
 * disables the element.
 */
export const defineMiddleware = <C>(kind: MiddlewareKind<C>): MiddlewareKind<C> => kind

/** Middlewares of the program that a proxy runs in, by name; routers call them `NAME@program`. */
export type ProgramMiddlewares = Readonly<Record<string, MiddlewareKind<null>>>

/** Adds a program's middlewares to the kinds, as the plan names them. */
export const withProgram = ({ middlewares, ...others }: Kinds, program: ProgramMiddlewares): Kinds => ({
  ...others,
  middlewares: {
    ...middlewares,
    ...Object.fromEntries(Object.entries(program).map(([name, kind]) => [`${name}@program`, kind])),
  },
})

/** Keeps the type of a kind's configuration. */
export const defineService = <C>(kind: ServiceKind<C>): ServiceKind<C> => kind
