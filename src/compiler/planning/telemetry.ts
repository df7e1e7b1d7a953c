import type { ObservabilityPlan, Target } from '../../plan/plan.ts'
import type { AccessLogPlan, FieldMode, MetricsPlan, TelemetryPlan, TracingPlan } from '../../plan/telemetry.ts'
import { durationMs } from '../../schema/duration.ts'
import type { InstallConfig } from '../install/install.ts'

/** What is told of exchanges, as the install configuration has it; null: nothing. */
export function planTelemetry({ accessLog, metrics, tracing }: InstallConfig, target: Target): TelemetryPlan | null {
  // Of one isolate of many only what is sent and added up elsewhere means anything.
  const kept = target === 'edge' ? { addInternals: metrics?.addInternals, otlp: metrics?.otlp } : metrics
  const counted = kept === undefined ? null : planMetrics(kept)
  if (accessLog === undefined && counted === null && tracing === undefined) return null
  return {
    accessLog: accessLog === undefined ? null : planAccessLog(accessLog),
    ...(counted === null ? {} : { metrics: counted }),
    ...(tracing === undefined ? {} : { tracing: planTracing(tracing) }),
  }
}

const planTracing = (tracing: NonNullable<InstallConfig['tracing']>): TracingPlan => ({
  sampleRate: tracing.sampleRate,
  addInternals: tracing.addInternals ?? false,
  requestHeaders: lowerCase(tracing.capturedRequestHeaders),
  responseHeaders: lowerCase(tracing.capturedResponseHeaders),
  safeQueryParams: tracing.safeQueryParams ?? [],
})

const lowerCase = (names: readonly string[] = []): string[] => [...new Set(names.map((name) => name.toLowerCase()))]

/** What is told of the exchanges of a router or an entry point. */
export const planObservability = (options: {
  readonly accessLogs?: boolean | undefined
  readonly metrics?: boolean | undefined
  readonly tracing?: boolean | undefined
  readonly traceVerbosity?: string | undefined
}): ObservabilityPlan => ({
  accessLogs: options.accessLogs ?? true,
  metrics: options.metrics ?? true,
  tracing: options.tracing ?? true,
  ...(options.traceVerbosity === 'detailed' ? { detailed: true } : {}),
})

type Metrics = NonNullable<InstallConfig['metrics']>

/** What one of the back ends wants is counted; each takes of it what it wants itself. */
function planMetrics({ addInternals, prometheus, ...others }: Metrics): MetricsPlan | null {
  const wishes = [prometheus, others.datadog, others.statsD, others.influxDB2, others.otlp].filter(
    (wish) => wish !== undefined,
  )
  if (wishes.length === 0) return null
  const boundaries = new Set([...(prometheus?.buckets ?? []), ...(others.otlp?.explicitBoundaries ?? [])])
  return {
    addInternals: addInternals ?? false,
    entryPoints: wishes.some(({ addEntryPointsLabels }) => addEntryPointsLabels),
    routers: wishes.some(({ addRoutersLabels }) => addRoutersLabels === true),
    services: wishes.some(({ addServicesLabels }) => addServicesLabels),
    boundaries: [...boundaries].filter(Number.isFinite).sort((a, b) => a - b),
    headerLabels: prometheus?.headerLabels ?? {},
    ...(others.otlp === undefined ? {} : { conventions: true }),
  }
}

type AccessLog = NonNullable<InstallConfig['accessLog']>

function planAccessLog(accessLog: AccessLog): AccessLogPlan {
  const { fields, filters, format } = accessLog
  const fieldMode = modeOf(fields?.defaultMode, 'keep')
  const headerMode = modeOf(fields?.headers?.defaultMode, 'drop')
  return {
    format: format === 'json' || format === 'genericCLF' ? format : 'common',
    addInternals: accessLog.addInternals ?? false,
    ...(accessLog.sample === undefined ? {} : { sample: accessLog.sample }),
    filters: {
      statusCodes: (filters?.statusCodes ?? []).map(statusRange),
      retryAttempts: filters?.retryAttempts ?? false,
      minDurationMs: durationMs(filters?.minDuration ?? '0s'),
    },
    fields: {
      defaultMode: fieldMode,
      names: modesOf(fields?.names, fieldMode),
      headers: { defaultMode: headerMode, names: modesOf(fields?.headers?.names, headerMode) },
      queryParameters: { defaultMode: modeOf(fields?.queryParameters?.defaultMode, 'keep') },
    },
  }
}

function statusRange(text: string): readonly [number, number] {
  const [first = '', last = first] = text.split('-').map((part) => part.trim())
  return [Number(first), Number(last)]
}

const modeOf = (text: string | undefined, otherwise: FieldMode): FieldMode =>
  text === 'keep' || text === 'drop' || text === 'redact' ? text : otherwise

/** A mode that is none is as if nothing was said of its name. */
const modesOf = (
  names: Readonly<Record<string, string>> | undefined,
  otherwise: FieldMode,
): Record<string, FieldMode> =>
  Object.fromEntries(Object.entries(names ?? {}).map(([name, mode]) => [name, modeOf(mode, otherwise)]))
