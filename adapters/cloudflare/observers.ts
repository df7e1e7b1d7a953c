import type { Logger } from '../../src/contracts/ports.ts'
import type { SecretOf } from '../../src/plan/secrets.ts'
import { Observers } from '../../src/telemetry/observers.ts'
import { runtimeClock } from '../web/clock.ts'
import { edgeFields } from './access-fields.ts'

/** Characters of an access line: the platform cuts what a request logs, and a line that is cut says nothing. */
const LONGEST_LINE = 16_384

/** One console line an exchange where a plan wants an access log; spans and numbers to a collector, likewise. */
export function createObservers(env: object, log: Logger, secretOf: SecretOf): Observers {
  const parts = { env: { ...env }, log, secretOf }
  return new Observers({
    clock: runtimeClock,
    writeAccessLog: (line) => console.log(line.trimEnd()),
    random: () => Math.random(),
    accessLog: { fields: edgeFields, longestLine: LONGEST_LINE, isEndCostly: true },
    spansOf: async (telemetry) => (await import('./spans.ts')).edgeSpans(telemetry, parts),
    countsOf: async (telemetry) => (await import('./counts.ts')).edgeCounts(telemetry, parts),
  })
}
