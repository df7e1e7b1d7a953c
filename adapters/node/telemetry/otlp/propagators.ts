import type { Logger } from '../../../../src/contracts/ports.ts'

/** Formats that `OTEL_PROPAGATORS` may name; `none` among them stands for no format at all. */
const NAMES: readonly string[] = ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'ottrace']

const DEFAULT = ['tracecontext', 'baggage']

/** The formats of `OTEL_PROPAGATORS`; names that are none are told of and left out, as in OpenTelemetry for Go. */
export function propagatorsOf(text: string | undefined, log: Logger): readonly string[] {
  if (text === undefined || text === '') return DEFAULT
  const names = text.split(',')
  if (names.includes('none')) return []
  const known = names.filter((name) => NAMES.includes(name))
  const unknown = names.filter((name) => !NAMES.includes(name))
  if (unknown.length > 0) log.log('error', 'Unknown propagator', { names: unknown.join(',') })
  return known.length === 0 ? DEFAULT : known
}
