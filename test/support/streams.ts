import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { readDynamicText } from '../../src/compiler/dynamic/read.ts'
import { compile } from '../../src/compiler/planning/compile.ts'
import { HealthTable } from '../../src/engine/health/table.ts'
import { compileRegexp } from '../../src/engine/matching/regexp/regexp.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { linkStreams } from '../../src/runtime/linking/streams.ts'
import type { TcpProbe } from '../../src/runtime/linking/tcp.ts'
import { Operator } from '../../src/runtime/operator.ts'
import { RuntimeReport } from '../../src/runtime/report.ts'
import type { Streams } from '../../src/runtime/streams.ts'
import { installOf } from './install.ts'
import { FakeClock } from './ports.ts'

export interface LinkedStreams {
  readonly plan: Plan
  readonly report: RuntimeReport
  readonly streams: Streams
  readonly health: HealthTable
  readonly operator: Operator
}

/** TCP and UDP of a dynamic configuration of the file provider, with the entry points `e`, `f` (TCP), `u` and `v` (UDP). */
export function streamsOf(dynamic: unknown, probe: TcpProbe = async () => null): LinkedStreams {
  const { value, problems } = readDynamicText(JSON.stringify(dynamic), 'json', null)
  if (value === null) throw new Error(JSON.stringify(problems))
  return streamsIn(value, probe)
}

/** The same of one that is read. */
export function streamsIn(config: DynamicConfig, probe: TcpProbe = async () => null): LinkedStreams {
  const internal: DynamicConfig = {
    tcp: { serversTransports: { default: { dialTimeout: '30s', dialKeepAlive: '15s' } as never } },
  }
  const plan = compile(
    new Map([
      ['file', config],
      ['internal', internal],
    ]),
    {
      install: installOf({
        entryPoints: {
          e: { address: ':1' },
          f: { address: ':2' },
          u: { address: ':3/udp' },
          v: { address: ':4/UDP' },
        },
      }),
      target: 'node',
      readFile: () => '',
    },
  )
  const report = new RuntimeReport(plan)
  const health = new HealthTable()
  const operator = new Operator(new FakeClock())
  // The last of several stays where it is, so that nothing is shuffled.
  const streams = linkStreams({ health, operator, probe, random: () => 0.999_999, log: { log() {} }, compileRegexp })(
    plan,
    report,
  )
  return { plan, report, streams, health, operator }
}
