import type { TcpMiddlewarePlan, TcpRouterPlan, TcpServicePlan } from '../plan/tcp.ts'
import type { UdpRouterPlan, UdpServicePlan } from '../plan/udp.ts'
import type { ElementReport, RuntimeReport } from '../runtime/report.ts'
import { byName, listOrNothing, reasons, section, serverStatusOf, type View } from './views.ts'

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

type StreamServiceReport = ElementReport<TcpServicePlan> | ElementReport<UdpServicePlan>

/** As in `/api/rawdata`; UDP servers have no status. */
export function rawStreamService(report: StreamServiceReport): View {
  const { plan, errors, status, usedBy } = report
  return {
    ...plan.definition,
    error: reasons(errors),
    status,
    usedBy: listOrNothing([...usedBy].sort(byName)),
    serverStatus: serverStatusOf(report.servers),
  }
}

/** As in `/api/tcp/services` and `/api/udp/services`. */
export function streamServiceView(report: StreamServiceReport): View {
  const { serverStatus, ...raw } = rawStreamService(report)
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

/** The part of `/api/rawdata` that is about TCP and UDP; empty sections are left out. */
export function rawStreams({ tcp, udp }: RuntimeReport): View {
  return {
    tcpRouters: section(tcp.routers, rawTcpRouter),
    tcpMiddlewares: section(tcp.middlewares, rawTcpMiddleware),
    tcpServices: section(tcp.services, rawStreamService),
    udpRouters: section(udp.routers, rawUdpRouter),
    udpServices: section(udp.services, rawStreamService),
  }
}
