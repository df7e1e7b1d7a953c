import type { InstallConfig } from '../../../../src/compiler/install/install.ts'
import { ConventionMetrics } from '../../../../src/telemetry/metrics/conventions.ts'
import type { Family } from '../../../../src/telemetry/metrics/family.ts'
import type { TelemetryPorts } from '../../../../src/telemetry/observers.ts'
import type { Delivery } from '../../../../src/telemetry/otlp/delivery.ts'
import { levelsOf, type Metrics } from '../metrics.ts'
import { type ExportParts, OtlpExports, type OtlpOptions } from './exports.ts'
import { MetricsPush, type OtlpMetrics } from './metrics-push.ts'
import { propagatorsOf } from './propagators.ts'

/** What is to be sent; undefined: that is not. */
export interface OtlpWishes {
  readonly tracing: InstallConfig['tracing']
  readonly accessLog: OtlpOptions | undefined
  readonly metrics: OtlpMetrics | undefined
}

/** All that is sent by OpenTelemetry, but the log of the proxy itself. */
export interface Otlp {
  readonly ports: Pick<TelemetryPorts, 'spans' | 'accessRecords' | 'conventions'>
  /** Sends what waits, in some seconds at most. */
  close(): Promise<void>
}

/** Begins to send. What can't be sent is told of and left out. @param metrics what is counted */
export function loadOtlp(wishes: OtlpWishes, metrics: Metrics | null, parts: ExportParts): Otlp {
  const { tracing, accessLog } = wishes
  const { log, env, clock } = parts
  const exports = new OtlpExports(parts)
  const spans = tracing === undefined ? null : exports.spans(senderOf(tracing))
  const records = accessLog === undefined ? null : exports.records(accessLog, 'the access log')
  const conventions =
    wishes.metrics === undefined ? null : new ConventionMetrics(clock, boundariesOf(wishes.metrics.explicitBoundaries))
  const push =
    wishes.metrics === undefined || metrics === null
      ? null
      : new MetricsPush(
          {
            options: wishes.metrics,
            registry: metrics.registry,
            levels: levelsOf(wishes.metrics),
            conventions: conventions!,
          },
          parts,
        )
  const deliveries = [spans?.delivery, records?.delivery, push?.delivery].filter((delivery) => delivery !== undefined)
  metrics?.registry.add(() => [droppedOf(deliveries)])
  const platform = { endsAtHead: false }
  return {
    ports: {
      ...(spans === null
        ? {}
        : { spans: { sink: spans, propagators: propagatorsOf(env.OTEL_PROPAGATORS, log), platform } }),
      ...(records === null ? {} : { accessRecords: records }),
      ...(conventions === null ? {} : { conventions }),
    },
    async close() {
      await Promise.all([spans?.close(), records?.close(), push?.close()])
    },
  }
}

function senderOf({ serviceName, resourceAttributes, globalAttributes, otlp }: NonNullable<InstallConfig['tracing']>) {
  return { serviceName, resourceAttributes: resourceAttributes ?? globalAttributes, grpc: otlp.grpc, http: otlp.http }
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
