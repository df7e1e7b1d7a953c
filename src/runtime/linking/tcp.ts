import type { HealthCheck, HealthView } from '../../contracts/health-check.ts'
import { ConfigError } from '../../contracts/kinds.ts'
import type { ServerStanding } from '../../contracts/operator.ts'
import type { Logger } from '../../contracts/ports.ts'
import type { CompileRegexp } from '../../contracts/regexp.ts'
import { compileTcpRule } from '../../engine/matching/tcp-matchers.ts'
import { type Admission, admitThrough, createAdmission } from '../../engine/streams/tcp/admission.ts'
import type { TcpTarget } from '../../engine/streams/tcp/decision.ts'
import { createLoadBalancer, createWeighted, type TcpService, targetsOf } from '../../engine/streams/tcp/service.ts'
import { createTcpTable, type HttpsHosts, type TcpRoute, type TcpTable } from '../../engine/streams/tcp/table.ts'
import { createHostOptions } from '../../engine/tls/host-options.ts'
import type { Plan } from '../../plan/plan.ts'
import type {
  TcpHealthCheckPlan,
  TcpLoadBalancerPlan,
  TcpPlan,
  TcpRouterPlan,
  TcpTransportPlan,
} from '../../plan/tcp.ts'
import type { TcpReport } from '../report.ts'
import { BlameUser, Resolver, reasonOf } from './resolver.ts'

/** Connects to a server and exchanges what a health check says. Null when all is well, else why not; never rejects. */
export type TcpProbe = (target: TcpTarget, check: TcpHealthCheckPlan, signal: AbortSignal) => Promise<string | null>

interface TcpLinkPorts {
  readonly log: Logger
  readonly compileRegexp: CompileRegexp
  readonly health: HealthView
  readonly probe: TcpProbe
  readonly random: () => number
  /** The standing of a service's server. */
  readonly server: (service: string, address: string) => ServerStanding
}

/** The TCP tables of all entry points; an entry point without a TCP router has one too, for HTTP and HTTPS. */
export function linkTcp(
  plan: Plan,
  report: TcpReport,
  ports: TcpLinkPorts,
): { readonly tables: ReadonlyMap<string, TcpTable>; readonly checks: readonly HealthCheck[] } {
  const linker = new TcpLinker(plan, report, ports)
  return { tables: linker.link(), checks: linker.checks }
}

class TcpLinker {
  readonly checks: HealthCheck[] = []
  readonly #plan: Plan
  readonly #tcp: TcpPlan
  readonly #report: TcpReport
  readonly #ports: TcpLinkPorts
  readonly #resolver = new Resolver()

  constructor(plan: Plan, report: TcpReport, ports: TcpLinkPorts) {
    this.#plan = plan
    this.#tcp = plan.tcp
    this.#report = report
    this.#ports = ports
  }

  link(): ReadonlyMap<string, TcpTable> {
    const routes = new Map<string, TcpRoute>()
    for (const [name, router] of Object.entries(this.#tcp.routers)) {
      this.#report.services.get(router.service)?.use(name)
      const route = this.#route(name, router)
      if (route !== null) routes.set(name, route)
    }
    const tables = new Map<string, TcpTable>()
    for (const entryPoint of Object.keys(this.#plan.entryPoints)) {
      const own = [...routes].flatMap(([name, route]) =>
        this.#tcp.routers[name]!.entryPoints.includes(entryPoint) ? [route] : [],
      )
      const report = (expression: string) =>
        this.#ports.log.log('warn', 'A connection is closed: matching its server name took too many steps', {
          entryPointName: entryPoint,
          expression,
        })
      tables.set(entryPoint, createTcpTable(own, this.#httpsHosts(entryPoint), this.#plan.precedence, report))
    }
    return tables
  }

  #httpsHosts(entryPoint: string): HttpsHosts {
    const { hosts, options } = this.#plan.tls
    const own = Object.hasOwn(hosts, entryPoint) ? hosts[entryPoint]! : {}
    const { specific, catchAll } = createHostOptions(own)
    return {
      specific,
      catchAll,
      any: Object.keys(own).length > 0,
      isUsable: (name) => Object.hasOwn(options, name),
    }
  }

  /** Null when the router is disabled. */
  #route(name: string, router: TcpRouterPlan): TcpRoute | null {
    const report = this.#report.routers.get(name)!
    for (const warning of router.warnings) report.warn(warning)
    for (const error of router.errors) report.disable(error)
    const { tls } = router
    const isBroken = tls !== null && !tls.passthrough && !Object.hasOwn(this.#plan.tls.options, tls.options)
    if (router.errors.length > 0 && !isBroken) {
      if (router.ruleError !== null) report.disable(router.ruleError)
      return null
    }
    try {
      // Options that can't be used close what the router matches, so they need no service.
      const service = isBroken ? null : this.#service(router.service)
      const admit = isBroken ? admitThrough([]) : this.#chain(router.middlewares)
      if (router.rule === null) {
        if (router.ruleError !== null) report.disable(router.ruleError)
        return null
      }
      return {
        name,
        provider: router.provider,
        matches: compileTcpRule(router.rule, this.#ports.compileRegexp),
        isCatchAll: router.isCatchAll,
        priority: BigInt(router.priority),
        mode: tls === null ? 'plain' : isBroken ? 'broken' : tls.passthrough ? 'passthrough' : 'terminate',
        tlsOptions: tls?.options ?? '',
        admit,
        pick: () => service?.pick() ?? null,
      }
    } catch (error) {
      report.disable(reasonOf(error))
      return null
    }
  }

  /** Traefik builds a chain from its end, and the first that fails is the one it names. */
  #chain(names: readonly string[]): Admission {
    const admissions = names.toReversed().map((name) => this.#middleware(name))
    return admitThrough(admissions.reverse())
  }

  #middleware(name: string): Admission {
    const report = this.#report.middlewares.get(name)
    if (report === undefined) throw new ConfigError(`middleware "${name}" does not exist`)
    const { config, errors } = report.plan
    if (config !== null) return createAdmission(config)
    const reason = errors[0] ?? 'invalid middleware'
    report.disable(reason)
    throw new ConfigError(reason)
  }

  #service(name: string): TcpService {
    const report = this.#report.services.get(name)
    if (report === undefined) throw new ConfigError(`the service "${name}" does not exist`)
    return this.#resolver.shared('service', name, report, () => {
      const { config, errors } = report.plan
      if (config === null) throw new ConfigError(errors[0] ?? 'invalid service')
      report.built = true
      const { random } = this.#ports
      const service =
        config.kind === 'loadBalancer'
          ? this.#loadBalancer(name, config)
          : createWeighted(config, (member) => this.#child(name, config.healthCheck, member), random)
      report.servers = service.servers
      return service
    })
  }

  #child(parent: string, follows: boolean, member: { readonly id: string; readonly service: string }): TcpService {
    const child = this.#service(member.service)
    if (!follows || child.isChecked) return child
    const shown = member.id.includes('@') ? parent : parent.slice(0, parent.lastIndexOf('@'))
    throw new ConfigError(
      `cannot register ${member.id} as updater for ${shown}: healthCheck not enabled in config for this weighted service`,
    )
  }

  /**
   * What is wrong with a servers transport is shown on the routers that need it, not on the service, and it does not
   * matter where there are no servers, as in Traefik.
   */
  #loadBalancer(name: string, plan: TcpLoadBalancerPlan): TcpService {
    const targets = plan.servers.length === 0 ? [] : targetsOf(plan, this.#transportOf(plan))
    const { healthCheck } = plan
    const { health, random, server } = this.#ports
    const standingOf = ({ address }: TcpTarget) => server(name, address)
    if (healthCheck === null) return createLoadBalancer(targets, null, standingOf, random)
    const keys = new Map(targets.map((target) => [target, this.#watch(name, target, healthCheck)]))
    return createLoadBalancer(targets, (target) => health.isUp(keys.get(target)!), standingOf, random)
  }

  #transportOf({ serversTransport, error }: TcpLoadBalancerPlan): TcpTransportPlan {
    const transport = this.#tcp.serversTransports[serversTransport]
    if (transport === undefined) throw new BlameUser(`no transport configuration found for "${serversTransport}"`)
    const reason = error ?? transport.error
    if (reason !== null) throw new BlameUser(reason)
    return transport
  }

  #watch(service: string, target: TcpTarget, check: TcpHealthCheckPlan): string {
    const key = `tcp ${service} ${target.address} ${JSON.stringify(check)}`
    const { probe } = this.#ports
    this.checks.push({
      key,
      service,
      serverUrl: target.address,
      options: check,
      run: (cx) => probe(target, check, cx.signal),
    })
    return key
  }
}
