import type { HealthCheck } from '../../contracts/health-check.ts'
import {
  ConfigError,
  type CreateRouteTable,
  type MiddlewareKind,
  type Resources,
  type Service,
  type ServiceKind,
} from '../../contracts/kinds.ts'
import { hostsOf } from '../../engine/matching/host-index.ts'
import { compileRule } from '../../engine/matching/matchers.ts'
import type { Handler, Middleware } from '../../http/handler.ts'
import { atOnce, type Steps } from '../../http/steps.ts'
import type { MiddlewarePlan, Plan, RouterPlan, ServersTransportPlan, ServicePlan } from '../../plan/plan.ts'
import type { RuleNode } from '../../plan/rule.ts'
import type { ServerName } from '../operator.ts'
import { type ElementReport, RuntimeReport } from '../report.ts'
import { createRouteTable, type Route } from '../routing/route-table.ts'
import { routed } from '../routing/routed.ts'
import { Snapshot } from '../snapshot.ts'
import { NO_STREAMS } from '../streams.ts'
import type { Closable } from '../usage-pool.ts'
import { linkEntryPoints, type TableOf, tableOfRoots } from './entry-points.ts'
import { later, mayWait } from './later.ts'
import type { Linking, Remembered } from './link-memory.ts'
import type { LinkOptions } from './link-options.ts'
import { noteUse } from './note-use.ts'
import { MAX_DEPTH, Resolver, reasonOf, TooMuch } from './resolver.ts'
import { type Building, Scope } from './scope.ts'
import { type Made, Trace } from './trace.ts'

/**
 * Plan in, handlers out: the only place where kinds meet. Total: a bad element is disabled with its reason, and so is
 * what needs it; everything else goes on.
 */
export function link(plan: Plan, options: LinkOptions): Snapshot {
  return atOnce(linking(plan, options))
}

/** The same in steps, between which others may have their turns. */
export const linking = (plan: Plan, options: LinkOptions): Steps<Snapshot> => new Linker(plan, options).link()

/**
 * Handlers of one router, or of one service's own chain; chains that name others several times make many of few lines.
 */
const MAX_HANDLERS = 10_000
/** Handlers of all of them: some hundred megabytes. */
const MAX_ALL = 1_000_000

/** One plan while it is linked: what elements share, and the limits that hold for all of them together. */
class Linker implements Building, Linking {
  readonly plan: Plan
  readonly report: RuntimeReport
  readonly #options: LinkOptions
  readonly #resolver = new Resolver()
  /** Of what is being built. */
  #trace = new Trace()
  /** Handlers of everything. */
  #all = 0
  readonly #checks: HealthCheck[] = []
  readonly #servers: ServerName[] = []
  /** What instances of one element share. */
  readonly #shared = new Map<string, unknown>()
  readonly #opened: Closable[] = []
  #children: ReadonlyMap<string, readonly string[]> = new Map()
  /** Links what is not linked yet. */
  readonly #waiting: (() => unknown)[] = []
  readonly #openers: { [K in keyof Resources]: (options: Resources[K]['options']) => Resources[K]['opened'] & Closable }

  constructor(plan: Plan, options: LinkOptions) {
    this.plan = plan
    this.#options = options
    this.report = new RuntimeReport(plan, options.indexed?.reports)
    const { transports, tokenStores } = options.ports
    this.#openers = {
      transport: ({ through, origin }) => {
        // Files that its options name may have changed.
        if (origin.scheme === 'https') this.#trace.mayStay = false
        const options = typeof through === 'string' ? this.#transportPlan(through) : through
        return transports.open({ ...origin, options })
      },
      tokenStore(redis) {
        if (tokenStores !== null) return tokenStores.open(redis)
        throw new ConfigError('creating redis limiter: there are no connections to Redis on this platform')
      },
      closable: (own) => own,
    }
  }

  *link(): Steps<Snapshot> {
    const { memory, observer } = this.#options
    memory?.begin(observer)
    yield
    // Only reports say who uses what: where routers wait it is found out with them.
    if (this.#options.isLazy === true) this.#waiting.push(() => noteUse(this.plan, this.report))
    else noteUse(this.plan, this.report)
    yield
    const indexed = this.#options.indexed?.routes(this.plan, (name, router) => this.#root(name, router))
    const { tree } = this.#options.kinds
    // No router of an index is below another one.
    if (indexed !== undefined) this.#waiting.push(() => indexed.linkAll())
    else if (tree !== undefined) this.#children = tree.childrenOf(this.plan)
    yield
    const tableOf: TableOf =
      indexed === undefined
        ? tableOfRoots(this.plan, yield* this.#roots(), this.#createTable)
        : (...of) => indexed.tableOf(...of)
    const http = yield* linkEntryPoints(this.plan, tableOf, this.#options)
    const streams = this.#options.streams?.(this.plan, this.report) ?? NO_STREAMS
    const checks = [...this.#checks, ...streams.checks]
    const servers = [...this.#servers, ...streams.servers]
    return new Snapshot(this.plan, this.report, http, checks, servers, this.#opened, streams, this.#waiting)
  }

  /** Routers that work, or may, and are not below others. */
  *#roots(): Steps<ReadonlyMap<string, Route>> {
    const roots = new Map<string, Route>()
    for (const [name, router] of Object.entries(this.plan.routers)) {
      if (router.isChild) {
        this.#notePlanned(name, router)
        continue
      }
      // That takes no time in which others would want their turn.
      if (this.#isLazy(router)) {
        const { route, link } = later(name, router, () => this.#root(name, router))
        roots.set(name, route)
        this.#waiting.push(link)
        continue
      }
      const route = this.#root(name, router)
      if (route !== null) roots.set(name, route)
      yield
    }
    for (const [name, { domainsError, tlsWarning }] of Object.entries(this.plan.routers)) {
      const report = this.report.routers.get(name)!
      if (domainsError !== undefined) report.disable(domainsError)
      else if (tlsWarning !== undefined) report.warn(tlsWarning)
    }
    return roots
  }

  #isLazy(router: RouterPlan): router is RouterPlan & { readonly rule: RuleNode } {
    const { isLazy, kinds } = this.#options
    return isLazy === true && router.rule !== null && this.#children.size === 0 && mayWait(router, this.plan, kinds)
  }

  /** Null when the router is disabled. */
  #root(name: string, router: RouterPlan): Route | null {
    return this.#remembered('routers', name, () => this.#route(name, router, []))
  }

  /** Builds something of which it is noted what it asks for, unless it is there already. */
  #remembered<K extends keyof Remembered>(
    kind: K,
    name: string,
    build: (trace: Trace) => Remembered[K],
  ): Remembered[K] {
    const { memory } = this.#options
    return memory === undefined ? this.traced(build) : memory.linked(kind, name, this, build)
  }

  takeOver(handlers: number, { checks, servers, opened }: Made): void {
    this.#all += handlers
    for (const check of checks) this.#checks.push(check)
    for (const server of servers) this.#servers.push(server)
    for (const item of opened) this.#opened.push(item)
  }

  /** What is built has a count of its own. */
  traced<T>(build: (trace: Trace) => T): T {
    const outer = this.#trace
    const trace = new Trace()
    this.#trace = trace
    try {
      return build(trace)
    } finally {
      this.#trace = outer
      this.takeOver(0, trace)
    }
  }

  #route(name: string, router: RouterPlan, path: readonly string[]): Route | null {
    const report = this.#notePlanned(name, router)
    const children = this.#children.get(name) ?? []
    // A root with a service and children is reported disabled and yet serves its children, as in Traefik.
    const servesChildren = children.length > 0 && router.service !== null && !router.isChild && router.closed !== true
    if (report.status === 'disabled' && !servesChildren) return null
    const { ports, observer, kinds } = this.#options
    try {
      if (path.length >= MAX_DEPTH) throw new ConfigError(`more than ${MAX_DEPTH} routers below one another`)
      this.#countHandler()
      const names = [...path, name]
      const label = names.join(' -> ')
      const inner = children.length > 0 ? this.#below(children, names) : this.#serviceHandler(router)
      const chain = this.chain(router.middlewares, label, [])(inner)
      if (router.rule === null) throw new ConfigError(router.ruleError ?? 'no rule')
      // Routers below that were too many are missing from the tables: nothing goes past them.
      if (!router.isChild && this.#trace.handlers > MAX_HANDLERS) throw new TooMuch(TOO_MANY)
      const inside = routed(label, router, !router.isChild, chain, ports, kinds)
      const handle = observer?.router(name, router)?.(inside) ?? inside
      return {
        name,
        hosts: hostsOf(router.rule),
        matches: compileRule(router.rule, ports.compileRegexp, kinds.matchers),
        priority: BigInt(router.priority),
        provider: router.provider,
        handle,
      }
    } catch (error) {
      report.disable(reasonOf(error))
      return null
    }
  }

  #notePlanned(name: string, router: RouterPlan): ElementReport<RouterPlan> {
    const report = this.report.routers.get(name)!
    for (const warning of router.warnings) report.warn(warning)
    for (const error of router.errors) report.disable(error)
    return report
  }

  get #createTable(): CreateRouteTable {
    return this.#options.kinds.createTable ?? createRouteTable
  }

  #below(children: readonly string[], path: readonly string[]): Handler {
    // What becomes of it depends on other routers.
    this.#trace.mayStay = false
    const routes = this.#options.kinds.tree!.routesBelow(
      children,
      path,
      (child) => this.#route(child, this.plan.routers[child]!, path),
      (child) => this.report.routers.get(child)!.status === 'enabled',
    )
    return this.#createTable(routes, this.plan.precedence)
  }

  #serviceHandler(router: RouterPlan): Handler {
    if (router.service === null) throw new ConfigError('router must have either a service or child routers')
    return this.service(router.service).handle
  }

  service(name: string): Service {
    const service = this.shared(name)
    this.#trace.services.push(service)
    return service
  }

  shared(name: string): Service {
    return this.#resolver.shared('service', name, this.report.services.get(name), () =>
      this.#remembered('services', name, (trace) => this.#buildService(name, trace)),
    )
  }

  #countHandler(): void {
    if (++this.#trace.handlers > MAX_HANDLERS) throw new TooMuch(TOO_MANY)
    if (++this.#all > MAX_ALL) throw new TooMuch(`more than ${MAX_ALL} middlewares of all routers together`)
  }

  #buildService(name: string, trace: Trace): Service {
    const { internal, kinds } = this.#options
    if (name.endsWith('@internal')) return kinds.internalService!(name, internal)
    const plan = Object.hasOwn(this.plan.services, name) ? this.plan.services[name] : undefined
    if (plan === undefined) throw new ConfigError(`the service "${name}" does not exist`)
    const report = this.report.services.get(name)
    if (report !== undefined) report.built = plan.kind !== null
    if (plan.errors[0] !== undefined) {
      for (const child of plan.after ?? []) this.service(child)
      throw new ConfigError(plan.errors[0])
    }
    const kind = kindOf<ServiceKind<unknown>>(kinds.services, plan.kind)
    if (kind.isStateless?.(plan.config) !== true) trace.mayStay = false
    const inner = this.#built(kind, plan, new Scope(this, this.#options, name, name, [], report))
    // Its servers are known from here on, whatever comes of its middlewares.
    if (report !== undefined) report.service = inner
    const chained = plan.middlewares.length === 0 ? null : this.chain(plan.middlewares, name, [])(inner.handle)
    const observed = this.#options.observer?.service(name, plan)?.(chained ?? inner.handle) ?? chained
    return observed === null ? inner : { ...inner, handle: observed }
  }

  /** Fresh instances: state of middlewares belongs to the router (or service) that names them. */
  chain(names: readonly string[], user: string, stack: readonly string[]): Middleware {
    // From the innermost to the outermost, as in Traefik: what comes before a bad one is not built, nor blamed.
    const middlewares = names.toReversed().map((name) => this.#middleware(name, user, stack))
    return (next) => middlewares.reduce((inner, middleware) => middleware(inner), next)
  }

  #middleware(name: string, user: string, stack: readonly string[]): Middleware {
    this.#countHandler()
    const report = this.report.middlewares.get(name)
    if (report === undefined) throw new ConfigError(`middleware "${name}" does not exist`)
    return this.#resolver.fresh('middleware', name, report, () => {
      report.built = true
      const { plan } = report
      this.#trace.needs.push({ kind: 'middlewares', name, plan })
      for (const service of plan.after ?? []) this.service(service)
      if (plan.errors[0] !== undefined) throw new ConfigError(plan.errors[0])
      for (const warning of plan.warnings) report.warn(warning)
      const kind = kindOf<MiddlewareKind<unknown>>(this.#options.kinds.middlewares, plan.kind)
      if (kind.isStateless !== true) this.#trace.mayStay = false
      const built = this.#built(kind, plan, new Scope(this, this.#options, name, user, [...stack, name], report))
      const observed = this.#options.observer?.middleware(name, plan.kind!) ?? null
      return observed === null ? built : (next) => observed(built(next))
    })
  }

  #built<T>(
    kind: { readonly build: (config: unknown, scope: Scope) => T },
    plan: MiddlewarePlan | ServicePlan,
    scope: Scope,
  ): T {
    const built = kind.build(this.#configOf(plan), scope)
    scope.end()
    return built
  }

  #configOf({ config, secrets }: MiddlewarePlan | ServicePlan): unknown {
    if (secrets === undefined) return config
    // They may have changed.
    this.#trace.mayStay = false
    const { kinds, ports } = this.#options
    return kinds.withSecrets!(config, secrets, ports.secretOf)
  }

  once<T>(element: string, create: () => T): T {
    if (!this.#shared.has(element)) this.#shared.set(element, create())
    return this.#shared.get(element) as T
  }

  open<K extends keyof Resources>(kind: K, options: Resources[K]['options']): Resources[K]['opened'] {
    const opened = this.#openers[kind](options)
    this.#trace.opened.push(opened)
    return opened
  }

  server(service: string, url: string): void {
    this.#trace.servers.push({ service, url })
  }

  watch(check: HealthCheck): void {
    this.#trace.checks.push(check)
  }

  #transportPlan(name: string): ServersTransportPlan {
    const plan = this.plan.serversTransports[name]
    if (plan === undefined) throw new ConfigError(`servers transport not found ${name}`)
    if (plan.error !== null) throw new ConfigError(plan.error)
    this.#trace.needs.push({ kind: 'serversTransports', name, plan })
    return plan
  }
}

function kindOf<K>(kinds: Readonly<Record<string, unknown>>, name: string | null): K {
  if (name === null || !Object.hasOwn(kinds, name)) throw new ConfigError(`${name} is not available yet`)
  return kinds[name] as K
}

const TOO_MANY = `more than ${MAX_HANDLERS} middlewares: chains name one another too often`
