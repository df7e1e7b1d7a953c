import type { HealthView } from '../../contracts/health-check.ts'
import type { OperatorView } from '../../contracts/operator.ts'
import type { Logger } from '../../contracts/ports.ts'
import type { CompileRegexp } from '../../contracts/regexp.ts'
import type { ServerName } from '../operator.ts'
import { serviceKey } from '../service-key.ts'
import type { LinkStreams } from '../streams.ts'
import { linkTcp, type TcpProbe } from './tcp.ts'
import { linkUdp } from './udp.ts'

/** What links of raw connections need from outside. */
export interface StreamPorts {
  readonly health: HealthView
  readonly operator: OperatorView
  readonly probe: TcpProbe
  readonly log: Logger
  readonly compileRegexp: CompileRegexp
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** TCP and UDP for runtimes with raw connections. */
export function linkStreams(ports: StreamPorts): LinkStreams {
  return (plan, report) => {
    const servers: ServerName[] = []
    const standingIn = (protocol: 'tcp' | 'udp') => (name: string, url: string) => {
      const service = serviceKey(protocol, name)
      servers.push({ service, url })
      return ports.operator.server(service, url)
    }
    const { tables, checks } = linkTcp(plan, report.tcp, { ...ports, server: standingIn('tcp') })
    const udp = linkUdp(plan.udp, report.udp, { random: ports.random, server: standingIn('udp') })
    return { tcp: tables, udp, checks, servers }
  }
}
