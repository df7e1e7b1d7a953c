import type { InstallConfig } from '../../../../src/compiler/install/install.ts'
import { ConventionMetrics } from '../../../../src/telemetry/metrics/conventions.ts'
import type { Family } from '../../../../src/telemetry/metrics/family.ts'
import type { MetricsRegistry } from '../../../../src/telemetry/metrics/registry.ts'
import type { SpanParts, TelemetryPorts } from '../../../../src/telemetry/observers.ts'
import type { Delivery } from '../../../../src/telemetry/otlp/delivery.ts'
import { propagatorsOf } from '../../../../src/telemetry/tracing/propagator-names.ts'
import { levelsOf } from '../metric-levels.ts'
import { type ExportParts, OtlpExports } from './exports.ts'
import { MetricsPush } from './metrics-push.ts'

/** All that is sent by OpenTelemetry, but the log of the proxy itself. */
export interface Otlp {
  readonly ports: Pick<TelemetryPorts, 'spansOf' | 'accessRecords' | 'conventions'>
  /** Sends what waits, in some seconds at most. */
  close(): Promise<void>
}

/**
 * Begins to send what the install configuration asks for. What can't be sent is told of and left out.
 * @param registry what is counted; null: nothing is
 */
export function loadOtlp(install: InstallConfig, registry: MetricsRegistry | null, parts: ExportParts): Otlp {
  const { tracing, accessLog, metrics } = install
  const exports = new OtlpExports(parts)
  const spans = tracing === undefined ? null : exports.spans(senderOf(tracing))
  const records = accessLog?.otlp === undefined ? null : exports.records(accessLog.otlp, 'the access log')
  const pushed = metrics === undefined || registry === null ? null : pushOf(metrics, registry, parts)
  const deliveries = [spans?.delivery, records?.delivery, pushed?.push.delivery].filter((one) => one !== undefined)
  registry?.add(() => [droppedOf(deliveries)])
  const sunk = spans === null ? null : spansTo(spans, parts)
  return {
    ports: {
      spansOf: () => sunk,
      ...(records === null ? {} : { accessRecords: records }),
      ...(pushed === null ? {} : { conventions: pushed.conventions }),
    },
    async close() {
      await Promise.all([spans?.close(), records?.close(), pushed?.push.close()])
    },
  }
}

const spansTo = (sink: SpanParts['sink'], { env, log }: ExportParts): SpanParts => ({
  sink,
  propagators: propagatorsOf(env.OTEL_PROPAGATORS, log),
  platform: { endsAtHead: false },
})

function senderOf({ serviceName, resourceAttributes, globalAttributes, otlp }: NonNullable<InstallConfig['tracing']>) {
  return { serviceName, resourceAttributes: resourceAttributes ?? globalAttributes, grpc: otlp.grpc, http: otlp.http }
}

/** Null: metrics go elsewhere. */
function pushOf(
  { otlp, prometheus }: NonNullable<InstallConfig['metrics']>,
  registry: MetricsRegistry,
  parts: ExportParts,
) {
  if (otlp === undefined) return null
  const conventions = new ConventionMetrics(parts.clock, boundariesOf(otlp.explicitBoundaries))
  const forgets = prometheus === undefined
  const push = new MetricsPush({ options: otlp, registry, levels: levelsOf(otlp), conventions, forgets }, parts)
  return { conventions, push }
}

/** Rising, without what is no number. */
const boundariesOf = (boundaries: readonly number[]): readonly number[] =>
  [...new Set(boundaries)].filter(Number.isFinite).sort((a, b) => a - b)

const droppedOf = (deliveries: readonly Delivery[]): Family => ({
  name: 'signalbox_otlp_dropped_total',
  help: 'Spans, log records and sendings of metrics that no collector has taken.',
  type: 'counter',
  samples: deliveries.map((delivery) => ({
    labels: [['signal', delivery.signal]],
    value: delivery.dropped,
    series: delivery,
  })),
})
