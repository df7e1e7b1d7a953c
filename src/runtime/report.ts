import type { Service } from '../contracts/kinds.ts'
import type { ElementPlan, MiddlewarePlan, Plan, RouterPlan, ServicePlan } from '../plan/plan.ts'
import { NO_TCP, type TcpMiddlewarePlan, type TcpRouterPlan, type TcpServicePlan } from '../plan/tcp.ts'
import { NO_UDP, type UdpRouterPlan, type UdpServicePlan } from '../plan/udp.ts'

/** Traefik's words. `warning`: it serves, and something about it is not as configured. */
export type Status = 'enabled' | 'warning' | 'disabled'

/** Most elements have nothing of either: tens of thousands of empty lists otherwise. */
const NONE: readonly string[] = []

/** One element as it stands in a running proxy, with the reasons why it does not or not quite. */
export class ElementReport<P extends ElementPlan> {
  readonly name: string
  readonly plan: P
  #errors: string[] | null = null
  #usedBy: string[] | null = null
  /** Of middlewares and services: an instance was to be made. */
  built = false
  /** Of services that were built. */
  service: Service | null = null
  /** Of TCP services that were built and have servers: their states by address. */
  servers: (() => Readonly<Record<string, 'UP' | 'DOWN'>>) | null = null
  #status: Status = 'enabled'

  constructor(name: string, plan: P) {
    this.name = name
    this.plan = plan
    if (plan.removed === true) for (const reason of plan.errors) this.disable(reason)
  }

  get errors(): readonly string[] {
    return this.#errors ?? NONE
  }

  /** Qualified names of the routers that use it, as often as they name it; of services and middlewares only. */
  get usedBy(): readonly string[] {
    return this.#usedBy ?? NONE
  }

  use(router: string): void {
    if (this.#usedBy === null) this.#usedBy = [router]
    else this.#usedBy.push(router)
  }

  get status(): Status {
    return this.#status
  }

  /** Each reason is kept once. */
  disable(reason: string): void {
    this.#status = 'disabled'
    this.#note(reason)
  }

  warn(reason: string): void {
    if (this.#status === 'enabled') this.#status = 'warning'
    this.#note(reason)
  }

  #note(reason: string): void {
    this.#errors ??= []
    if (!this.#errors.includes(reason)) this.#errors.push(reason)
  }
}

/** The elements of `tcp`, by qualified name. */
export interface TcpReport {
  readonly routers: ReadonlyMap<string, ElementReport<TcpRouterPlan>>
  readonly services: ReadonlyMap<string, ElementReport<TcpServicePlan>>
  readonly middlewares: ReadonlyMap<string, ElementReport<TcpMiddlewarePlan>>
}

/** The elements of `udp`, likewise. */
export interface UdpReport {
  readonly routers: ReadonlyMap<string, ElementReport<UdpRouterPlan>>
  readonly services: ReadonlyMap<string, ElementReport<UdpServicePlan>>
}

/** Every element of a snapshot with status and reasons: what the API, the dashboard and `check` show. */
export class RuntimeReport {
  readonly routers: ReadonlyMap<string, ElementReport<RouterPlan>>
  readonly services: ReadonlyMap<string, ElementReport<ServicePlan>>
  readonly middlewares: ReadonlyMap<string, ElementReport<MiddlewarePlan>>
  readonly tcp: TcpReport
  readonly udp: UdpReport

  constructor(plan: Plan, reports: ReportsOf = reportsOf) {
    this.routers = reports(plan.routers)
    this.services = reports(plan.services)
    this.middlewares = reports(plan.middlewares)
    // Published plans from before there was TCP have neither.
    const { tcp = NO_TCP, udp = NO_UDP } = plan
    this.tcp = {
      routers: reportsOf(tcp.routers),
      services: reportsOf(tcp.services),
      middlewares: reportsOf(tcp.middlewares),
    }
    this.udp = { routers: reportsOf(udp.routers), services: reportsOf(udp.services) }
  }
}

/** Makes reports of elements, by name. */
export type ReportsOf = <P extends ElementPlan>(
  plans: Readonly<Record<string, P>>,
) => ReadonlyMap<string, ElementReport<P>>

const reportsOf: ReportsOf = <P extends ElementPlan>(plans: Readonly<Record<string, P>>) => {
  const reports = new Map<string, ElementReport<P>>()
  for (const name of Object.keys(plans)) reports.set(name, new ElementReport(name, plans[name]!))
  return reports
}
