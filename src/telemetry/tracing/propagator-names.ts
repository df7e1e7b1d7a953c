import type { Logger } from '../../contracts/ports.ts'
import { isPropagator } from './propagators.ts'

/** Stands for no format at all. */
const NONE = 'none'

const DEFAULT = ['tracecontext', 'baggage']

/** The formats of `OTEL_PROPAGATORS`; names that are none are told of and left out, as in OpenTelemetry for Go. */
export function propagatorsOf(text: string | undefined, log: Logger): readonly string[] {
  if (text === undefined || text === '') return DEFAULT
  const names = text.split(',')
  if (names.includes(NONE)) return []
  const known = names.filter(isPropagator)
  const unknown = names.filter((name) => !isPropagator(name))
  if (unknown.length > 0) log.log('error', 'Unknown propagator', { names: unknown.join(',') })
  return known.length === 0 ? DEFAULT : known
}
