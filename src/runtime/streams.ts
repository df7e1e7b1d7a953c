import type { HealthCheck } from '../contracts/health-check.ts'
import type { TcpTable } from '../engine/streams/tcp/table.ts'
import type { UdpTable } from '../engine/streams/udp/table.ts'
import type { Plan } from '../plan/plan.ts'
import type { ServerName } from './operator.ts'
import type { RuntimeReport } from './report.ts'

/** TCP and UDP of a snapshot, by entry point. */
export interface Streams {
  readonly tcp: ReadonlyMap<string, TcpTable>
  /** Entry points without a router that works are not in here. */
  readonly udp: ReadonlyMap<string, UdpTable>
  readonly checks: readonly HealthCheck[]
  /** Servers of its services, named as `serviceKey` does. */
  readonly servers: readonly ServerName[]
}

/** Links them; notes in the report what becomes of each element. Total, as `link`. */
export type LinkStreams = (plan: Plan, report: RuntimeReport) => Streams

/** Where there are no raw connections. */
export const NO_STREAMS: Streams = { tcp: new Map(), udp: new Map(), checks: [], servers: [] }
