import type { HealthView } from '../kinds/health-check.ts'
import { linkTcp, type TcpProbe } from './link-tcp.ts'
import { linkUdp } from './link-udp.ts'
import type { LinkStreams } from './streams.ts'

export interface StreamPorts {
  readonly health: HealthView
  readonly probe: TcpProbe
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** TCP and UDP for runtimes with raw connections. */
export function linkStreams(ports: StreamPorts): LinkStreams {
  return (plan, report) => {
    const { tables, checks } = linkTcp(plan, report.tcp, ports)
    return { tcp: tables, udp: linkUdp(plan.udp, report.udp, ports.random), checks }
  }
}
