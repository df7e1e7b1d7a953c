import { atOnce } from '../../src/http/steps.ts'
import type { TelemetryPlan } from '../../src/plan/telemetry.ts'
import { ConventionMetrics } from '../../src/telemetry/metrics/conventions.ts'
import { LEVELS } from '../../src/telemetry/metrics/families.ts'
import type { Family } from '../../src/telemetry/metrics/family.ts'
import { MetricsRegistry } from '../../src/telemetry/metrics/registry.ts'
import type { CountParts } from '../../src/telemetry/observers.ts'
import { Deltas } from '../../src/telemetry/otlp/deltas.ts'
import { DELTA, encodeMetrics } from '../../src/telemetry/otlp/metrics.ts'
import { VERSION } from '../../src/version.ts'
import { runtimeClock } from '../web/clock.ts'
import { type CollectorParts, Sending, wayTo } from './collector.ts'

/** A request may go on for so long behind its answer: 30 s at most on the platform. */
const WINDOW_MS = 5_000

/**
 * What this isolate counts, sent by HTTP after answers as what was added since the last time: a collector adds isolates
 * up. Null: a plan names none, or a secret is missing.
 */
export function edgeCounts({ metrics, metricsCollector }: TelemetryPlan, parts: CollectorParts): CountParts | null {
  const way = metrics === undefined || metricsCollector === undefined ? null : wayTo(metricsCollector, 'metrics', parts)
  if (metrics === undefined || way === null) return null
  const { resource, delivery } = way
  const registry = new MetricsRegistry(runtimeClock)
  const conventions = new ConventionMetrics(runtimeClock, metrics.boundaries)
  const deltas = new Deltas()
  const levels = new Set(LEVELS)
  let start = Date.now()
  const sendNow = async (): Promise<void> => {
    const now = Date.now()
    const families = deltas.of(allOf(registry.families(levels, false), conventions.families()))
    const { boundaries } = metrics
    const encoding = { resource, version: VERSION, boundaries, start, now, temporality: DELTA } as const
    const message = atOnce(encodeMetrics(families, encoding))
    start = now
    // What does not arrive is lost: nothing waits in an isolate.
    if (message !== null) await delivery.deliver(message, 1)
  }
  const sending = new Sending(sendNow, WINDOW_MS)
  return { registry, conventions, counted: (cx) => sending.soon(cx) }
}

function* allOf(...lists: readonly Iterable<Family>[]): Generator<Family> {
  for (const families of lists) yield* families
}
