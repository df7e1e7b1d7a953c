import type { Fields } from '../../http/fields.ts'
import { b3, b3Multi } from './b3.ts'
import { jaeger, openTracing, xray } from './other-formats.ts'
import type { TraceParent } from './parent.ts'
import type { Span } from './span.ts'
import { baggage, traceContext } from './w3c.ts'

/** A format in which requests say which trace they belong to. */
export interface Propagator {
  /** Absent: no. */
  readonly carriesBaggage?: boolean
  /** Null where nothing valid is said. */
  extract(headers: Fields): TraceParent | null
  /** Says it to whoever is asked. */
  inject(span: Span, headers: Fields): void
}

/** The formats by the names that `OTEL_PROPAGATORS` knows. */
const FORMATS: Readonly<Record<string, Propagator>> = {
  tracecontext: traceContext,
  baggage,
  b3,
  b3multi: b3Multi,
  jaeger,
  xray,
  ottrace: openTracing,
}

/** Whether a format has this name. */
export const isPropagator = (name: string): boolean => Object.hasOwn(FORMATS, name)

/** The formats of these names as one: what the last of them reads counts, and all of them are written. */
export function propagatorOf(names: readonly string[]): Propagator {
  const formats = names.filter(isPropagator).map((name) => FORMATS[name]!)
  if (formats.length === 1) return formats[0]!
  return {
    carriesBaggage: formats.includes(baggage),
    extract(headers) {
      let parent: TraceParent | null = null
      for (const format of formats) parent = format.extract(headers) ?? parent
      return parent
    },
    inject(span, headers) {
      for (const format of formats) format.inject(span, headers)
    },
  }
}
