import type { SecretPlan } from './secrets.ts'

/** What is told of exchanges. */
export interface TelemetryPlan {
  /** Null: there is no access log. */
  readonly accessLog: AccessLogPlan | null
  /** Absent: nothing is counted. */
  readonly metrics?: MetricsPlan
  /** Absent: there are no spans. */
  readonly tracing?: TracingPlan
  /** Where spans are sent by a platform that has nothing but the plan; absent: the adapter knows. */
  readonly collector?: CollectorPlan
  /** Where numbers are sent likewise. */
  readonly metricsCollector?: CollectorPlan
}

/** A collector that takes OTLP by HTTP, and who says that it sends. */
export interface CollectorPlan {
  /** With its path. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** What is put into `headers` when they are used; absent: nothing. */
  readonly secrets?: readonly SecretPlan[]
  readonly serviceName: string
  readonly resourceAttributes: Readonly<Record<string, string>>
}

/** Which spans there are, and what they say (Traefik `pkg/observability/tracing`). */
export interface TracingPlan {
  /** Share of the traces that begin here which are recorded, 0 to 1; of others those decide who began them. */
  readonly sampleRate: number
  /** Whether requests to `@internal` services have spans. */
  readonly addInternals: boolean
  /** Names of fields that become attributes, in lower case. */
  readonly requestHeaders: readonly string[]
  readonly responseHeaders: readonly string[]
  /** Parameters of queries that are shown. */
  readonly safeQueryParams: readonly string[]
}

/** What is counted, for all who read it together. */
export interface MetricsPlan {
  /** Whether requests to `@internal` services count. */
  readonly addInternals: boolean
  readonly entryPoints: boolean
  readonly routers: boolean
  readonly services: boolean
  /** Upper bounds of the buckets of durations, in seconds, rising. */
  readonly boundaries: readonly number[]
  /** Further labels of the numbers of requests: header fields by label. */
  readonly headerLabels: Readonly<Record<string, string>>
  /** Durations by OpenTelemetry's semantic conventions too; absent: no. */
  readonly conventions?: true
}

export type FieldMode = 'keep' | 'drop' | 'redact'

/** Options of an access log, decoded (Traefik `pkg/types/logs.go`, `AccessLog`). Where its lines go is not in here. */
export interface AccessLogPlan {
  readonly format: 'common' | 'genericCLF' | 'json'
  /** Whether requests to `@internal` services are logged. */
  readonly addInternals: boolean
  /** Share of the exchanges that have a line, 0 to 1; those that ended in an error have one in any case. Absent: all. */
  readonly sample?: number
  /** A line is kept when one of them holds; without any, all are. */
  readonly filters: {
    /** Inclusive ranges. */
    readonly statusCodes: readonly (readonly [first: number, last: number])[]
    readonly retryAttempts: boolean
    /** Longer than this; 0: no filter. */
    readonly minDurationMs: number
  }
  readonly fields: {
    readonly defaultMode: FieldMode
    /** By field name, in any case. */
    readonly names: Readonly<Record<string, FieldMode>>
    readonly headers: { readonly defaultMode: FieldMode; readonly names: Readonly<Record<string, FieldMode>> }
    readonly queryParameters: { readonly defaultMode: FieldMode }
  }
}
