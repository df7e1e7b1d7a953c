import { maskUrl } from '../../http/masked-url.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { shownUrl } from '../../http/shown-url.ts'
import type { ServicePlan } from '../../plan/plan.ts'
import type {
  FailoverPlan,
  LoadBalancerPlan,
  MirroringPlan,
  ServerPlan,
  ServiceGroupPlan,
} from '../../plan/services.ts'
import type { OperatorState } from '../operator.ts'
import type { ElementReport, RuntimeReport } from '../report.ts'
import type { ServerTrace, ServiceTrace } from './trace.ts'

/** Where a request goes from a service on. */
export type Choice =
  /** @param balancer of the server's service */
  | { readonly kind: 'server'; readonly server: ServerPlan; readonly balancer: LoadBalancerPlan }
  | { readonly kind: 'service'; readonly name: string }
  /** The management plane answers. */
  | { readonly kind: 'internal' }
  /** Chance decides. */
  | { readonly kind: 'chance' }
  | { readonly kind: 'nobody'; readonly reason: string }

/** Services that are shown, levels of them, servers of one. */
const MOST_SERVICES = 200
const MOST_LEVELS = 20
const MOST_SERVERS = 200

/** What one step from a service leads to. Asks the service itself, which moves nothing. */
export function choose(name: string, { services }: RuntimeReport, request: ProxyRequest, cx: RequestContext): Choice {
  if (name.endsWith('@internal')) return { kind: 'internal' }
  const report = services.get(name)
  const built = report?.service ?? null
  if (report === undefined || built === null || report.plan.config === null) {
    return { kind: 'nobody', reason: `${name} can’t be used` }
  }
  const { kind, config } = report.plan
  if (kind === 'mirroring') return { kind: 'service', name: (config as MirroringPlan).main.service }
  if (kind === 'failover') return failedOver(config as FailoverPlan, services)
  const member = built.preview?.(request, cx)
  if (member === undefined) return { kind: 'chance' }
  if (member === null) return { kind: 'nobody', reason: `no server of ${name} is available` }
  if (kind === 'loadBalancer') {
    const balancer = config as LoadBalancerPlan
    const server = balancer.servers.find(({ url }) => url === member)
    return server === undefined ? { kind: 'chance' } : { kind: 'server', server, balancer }
  }
  const child = (config as ServiceGroupPlan).members.find(({ id }) => id === member)
  if (child === undefined) return { kind: 'chance' }
  if (child.answer !== undefined) return { kind: 'nobody', reason: `there is no ${child.id}: ${child.answer.status}` }
  return { kind: 'service', name: child.service }
}

function failedOver({ main, fallback }: FailoverPlan, services: RuntimeReport['services']): Choice {
  const first = services.get(main.service)?.service ?? null
  const isUp = first === null || first.unchecked !== null || first.isUp()
  return { kind: 'service', name: isUp ? main.service : fallback.service }
}

/** A service with all that is behind it. */
export class ServiceTree {
  readonly #report: RuntimeReport
  readonly #drained: ReadonlySet<string>
  readonly #chosen: { readonly service: string; readonly url: string } | null
  #left = MOST_SERVICES

  /** @param chosen the server that the request goes to */
  constructor(
    report: RuntimeReport,
    state: OperatorState,
    chosen: { readonly service: string; readonly url: string } | null,
  ) {
    this.#report = report
    this.#drained = new Set(state.drained.map(({ service, url }) => keyOf(service, url)))
    this.#chosen = chosen
  }

  of(name: string, weight: number | null = null, level = 0): ServiceTrace {
    this.#left--
    const report = this.#report.services.get(name)
    const children = report === undefined || level >= MOST_LEVELS ? [] : childrenOf(report.plan)
    return {
      name,
      type: report?.plan.kind ?? (name.endsWith('@internal') ? 'internal' : ''),
      weight,
      children: children
        .slice(0, Math.max(0, this.#left))
        .map((child) => this.of(child.service, child.weight ?? null, level + 1)),
      servers: report === undefined ? [] : this.#serversOf(report),
    }
  }

  #serversOf({ name, service, plan }: ElementReport<ServicePlan>): ServerTrace[] {
    const states = Object.entries(service?.servers?.() ?? {})
    // What is not built has no states.
    const known: readonly (readonly [string, 'UP' | 'DOWN'])[] =
      service !== null || plan.kind !== 'loadBalancer' || plan.config === null
        ? states
        : (plan.config as LoadBalancerPlan).servers.map(({ url }) => [shownUrl(url), 'UP'])
    const servers = known.map(([url, state]): ServerTrace => {
      const drained = this.#drained.has(keyOf(name, url))
      const chosen = this.#chosen?.service === name && this.#chosen.url === url
      return { url: maskUrl(url), state: drained ? 'DRAINED' : state, chosen }
    })
    if (servers.length <= MOST_SERVERS) return servers
    return servers.toSorted((a, b) => Number(b.chosen) - Number(a.chosen)).slice(0, MOST_SERVERS)
  }
}

const keyOf = (service: string, url: string): string => `${service} ${url}`

function childrenOf({
  kind,
  config,
}: ServicePlan): readonly { readonly service: string; readonly weight?: number | null }[] {
  if (config === null) return []
  switch (kind) {
    case 'weighted':
    case 'highestRandomWeight':
      return (config as ServiceGroupPlan).members
    case 'mirroring': {
      const { main, mirrors } = config as MirroringPlan
      return [main, ...mirrors.map(({ service, percent }) => ({ service, weight: percent }))]
    }
    case 'failover': {
      const { main, fallback } = config as FailoverPlan
      return [main, fallback]
    }
    default:
      return []
  }
}
