import { ConfigError } from '../../contracts/kinds.ts'
import type { ServerStanding } from '../../contracts/operator.ts'
import { createUdpLoadBalancer, createUdpWeighted, type UdpTable } from '../../engine/streams/udp/table.ts'
import type { UdpPlan } from '../../plan/udp.ts'
import type { UdpReport } from '../report.ts'
import { Resolver, reasonOf } from './resolver.ts'

interface UdpLinkPorts {
  readonly random: () => number
  /** The standing of a service's server. */
  readonly server: (service: string, address: string) => ServerStanding
}

/** The UDP tables by entry point; of several routers on one, that whose name sorts last counts. */
export function linkUdp(plan: UdpPlan, report: UdpReport, ports: UdpLinkPorts): ReadonlyMap<string, UdpTable> {
  const linker = new UdpLinker(plan, report, ports)
  const tables = new Map<string, UdpTable>()
  for (const name of Object.keys(plan.routers).sort()) {
    const table = linker.router(name)
    if (table !== null) for (const entryPoint of plan.routers[name]!.entryPoints) tables.set(entryPoint, table)
  }
  return tables
}

class UdpLinker {
  readonly #plan: UdpPlan
  readonly #report: UdpReport
  readonly #ports: UdpLinkPorts
  #resolver = new Resolver()

  constructor(plan: UdpPlan, report: UdpReport, ports: UdpLinkPorts) {
    this.#plan = plan
    this.#report = report
    this.#ports = ports
  }

  /** Null when the router is disabled. Each router has balancers of its own. */
  router(name: string): UdpTable | null {
    const router = this.#plan.routers[name]!
    const report = this.#report.routers.get(name)!
    this.#report.services.get(router.service)?.use(name)
    for (const warning of router.warnings) report.warn(warning)
    for (const error of router.errors) report.disable(error)
    if (router.errors.length > 0) return null
    this.#resolver = new Resolver()
    try {
      return this.#service(router.service)
    } catch (error) {
      report.disable(reasonOf(error))
      return null
    }
  }

  #service(name: string): UdpTable {
    const report = this.#report.services.get(name)
    if (report === undefined) throw new ConfigError(`the UDP service "${name}" does not exist`)
    return this.#resolver.shared('service', name, report, () => {
      const { config, errors } = report.plan
      if (config === null) throw new ConfigError(errors[0] ?? 'invalid service')
      const { random, server } = this.#ports
      if (config.kind === 'weighted') return createUdpWeighted(config, (child) => this.#service(child), random)
      return createUdpLoadBalancer(config, ({ address }) => server(name, address), random)
    })
  }
}
