import type { TcpMiddlewarePlan, TcpRouterPlan, TcpServicePlan } from '../plan/tcp.ts'
import type { UdpRouterPlan, UdpServicePlan } from '../plan/udp.ts'
import type { ElementReport } from '../runtime/report.ts'
import { listOrNothing, reasons, serverStatusOf, usedByOf, type View } from './views.ts'

/** As in `/api/rawdata` (Traefik `pkg/config/runtime`, `TCPRouterInfo`). */
export function rawTcpRouter({ plan, errors, status }: ElementReport<TcpRouterPlan>): View {
  const { tls, priority, ...definition } = plan.definition
  return {
    ...definition,
    priority: priority === undefined ? undefined : BigInt(plan.priority),
    tls,
    error: reasons(errors),
    status,
    using: listOrNothing(plan.entryPoints),
  }
}

/** As in `/api/tcp/routers`. */
export function tcpRouterView(report: ElementReport<TcpRouterPlan>): View {
  const raw = rawTcpRouter(report)
  return { ...raw, name: report.name, provider: report.plan.provider, priorityStr: String(raw.priority ?? 0) }
}

/** As in `/api/rawdata`; UDP routers have no priority. */
export function rawUdpRouter({ plan, errors, status }: ElementReport<UdpRouterPlan>): View {
  return { ...plan.definition, error: reasons(errors), status, using: listOrNothing(plan.entryPoints) }
}

/** As in `/api/udp/routers`. */
export function udpRouterView(report: ElementReport<UdpRouterPlan>): View {
  return { ...rawUdpRouter(report), name: report.name, provider: report.plan.provider }
}

/** TCP and UDP services are shown alike. */
export type StreamServiceReport = ElementReport<TcpServicePlan> | ElementReport<UdpServicePlan>

/** The states of a service's servers, as they are now; UDP servers have none. */
export const streamStates = ({ servers }: StreamServiceReport) => serverStatusOf(servers)

/** As in `/api/rawdata`; `states` come last. */
export function rawStreamService(report: StreamServiceReport, states = streamStates): View {
  const { plan, errors, status } = report
  return {
    ...plan.definition,
    ...builtTransport(report),
    error: reasons(errors),
    status,
    usedBy: usedByOf(report),
    serverStatus: states(report),
  }
}

/** Traefik qualifies the name of a servers transport when it builds the service, and shows it so from then on. */
function builtTransport({ built, plan: { config, definition } }: StreamServiceReport): View | null {
  const loadBalancer = definition.loadBalancer as View | undefined
  if (!built || config === null || !('serversTransport' in config) || !loadBalancer?.serversTransport) return null
  return { loadBalancer: { ...loadBalancer, serversTransport: config.serversTransport } }
}

/** As in `/api/tcp/services` and `/api/udp/services`. */
export function streamServiceView(report: StreamServiceReport, states = streamStates): View {
  const { serverStatus, ...raw } = rawStreamService(report, states)
  const { name, plan } = report
  const type = plan.definition.loadBalancer === undefined ? 'weighted' : 'loadbalancer'
  return { ...raw, name, provider: plan.provider, type, serverStatus }
}

/** As in `/api/rawdata`; middlewares of TCP never list their users. */
export function rawTcpMiddleware({ plan, errors, status }: ElementReport<TcpMiddlewarePlan>): View {
  return { ...plan.definition, error: reasons(errors), status }
}

/** As in `/api/tcp/middlewares`. */
export function tcpMiddlewareView(report: ElementReport<TcpMiddlewarePlan>): View {
  const { name, plan } = report
  // Traefik's order of the declaration.
  const type = ['inFlightConn', 'ipWhiteList', 'ipAllowList'].find((kind) => plan.definition[kind] !== undefined)
  return { ...rawTcpMiddleware(report), name, provider: plan.provider, type: type?.toLowerCase() }
}
