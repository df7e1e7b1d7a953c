import type { TelemetryPlan } from '../../src/plan/telemetry.ts'
import type { SpanParts } from '../../src/telemetry/observers.ts'
import { Batches } from '../../src/telemetry/otlp/batches.ts'
import { sizeOfSpan } from '../../src/telemetry/otlp/size.ts'
import { encodeTraces } from '../../src/telemetry/otlp/traces.ts'
import { propagatorsOf } from '../../src/telemetry/tracing/propagator-names.ts'
import type { Span } from '../../src/telemetry/tracing/span.ts'
import { type CollectorParts, Sending, wayTo } from './collector.ts'

const WINDOW_MS = 1_000

/** Spans of this isolate, sent by HTTP after answers; null: a plan names no collector, or a secret is missing. */
export function edgeSpans({ collector }: TelemetryPlan, parts: CollectorParts): SpanParts | null {
  const way = collector === undefined ? null : wayTo(collector, 'traces', parts)
  if (way === null) return null
  const { resource, delivery, variables } = way
  const encode = (spans: readonly Span[]) => encodeTraces(resource, spans)
  const batches = new Batches({ delivery, encode, sizeOf: sizeOfSpan, timer: null })
  const sending = new Sending(() => batches.sendNow(), WINDOW_MS)
  return {
    sink: batches,
    propagators: propagatorsOf(variables.OTEL_PROPAGATORS, parts.log),
    platform: { endsAtHead: true, ended: (cx) => sending.soon(cx) },
  }
}
