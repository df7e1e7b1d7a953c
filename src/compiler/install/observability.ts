import * as z from 'zod'
import { duration, emptyable, flag, integer, text, textMap, texts } from '../../schema/scalars.ts'
import { otlpGrpcBlock, otlpHttpBlock, otlpLogBlock } from './blocks.ts'

/** `metrics`, `ping`, `log`, `accessLog`, `tracing` (Traefik v3.7 `pkg/observability/types`). */

const labelFields = {
  addEntryPointsLabels: flag().default(true).describe('Label by entry point.'),
  addRoutersLabels: flag().optional().describe('Label by router.'),
  addServicesLabels: flag().default(true).describe('Label by service.'),
}

const pushInterval = () => duration().default('10s').describe('Time between sends.')

/** `metrics` */
export const metricsSchema = z
  .strictObject({
    addInternals: flag().optional().describe('Count internal services too.'),
    prometheus: emptyable(
      z.strictObject({
        buckets: z.array(z.number()).default([0.1, 0.3, 1.2, 5]).describe('Seconds that bound the latency buckets.'),
        ...labelFields,
        entryPoint: text().default('traefik').describe('Entry point that serves the metrics.'),
        manualRouting: flag().optional().describe('Make no router for them.'),
        headerLabels: textMap().optional().describe('Labels taken from request fields.'),
      }),
    )
      .optional()
      .describe('Metrics for Prometheus.'),
    datadog: emptyable(
      z.strictObject({
        address: text()
          .default('localhost:8125')
          .describe(
            'Address of the agent: `host:port`, `unix://`, `unixgram://` or `unixstream://` and a path; by default `DD_AGENT_HOST` and `DD_DOGSTATSD_PORT` of the environment, or `localhost:8125`.',
          ),
        pushInterval: pushInterval(),
        ...labelFields,
        prefix: text().default('traefik').describe('Prefix of the names.'),
      }),
    )
      .optional()
      .describe('Metrics for Datadog.'),
    statsD: emptyable(
      z.strictObject({
        address: text().default('localhost:8125').describe('Address of the server.'),
        pushInterval: pushInterval(),
        ...labelFields,
        prefix: text().default('traefik').describe('Prefix of the names.'),
      }),
    )
      .optional()
      .describe('Metrics for StatsD.'),
    influxDB2: emptyable(
      z.strictObject({
        address: text().default('http://localhost:8086').describe('URL of the server.'),
        token: text().optional().describe('Token.'),
        pushInterval: pushInterval(),
        org: text().optional().describe('Organization.'),
        bucket: text().optional().describe('Bucket.'),
        ...labelFields,
        additionalLabels: textMap().optional().describe('Further labels.'),
      }),
    )
      .optional()
      .describe('Metrics for InfluxDB 2.'),
    otlp: emptyable(
      z.strictObject({
        grpc: otlpGrpcBlock().optional().describe('Send by gRPC.'),
        http: otlpHttpBlock().prefault({}).describe('Send by HTTP.'),
        ...labelFields,
        explicitBoundaries: z
          .array(z.number())
          .default([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])
          .describe('Seconds that bound the latency buckets.'),
        pushInterval: pushInterval(),
        serviceName: text().default('traefik').describe('Name of the service in the data.'),
        resourceAttributes: textMap().optional().describe('Attributes of the resource.'),
      }),
    )
      .optional()
      .describe('Metrics by OpenTelemetry.'),
  })
  .meta({ typeName: '*otypes.Metrics' })
  .describe('Metrics.')

/** `ping` */
export const pingSchema = emptyable(
  z.strictObject({
    entryPoint: text().default('traefik').describe('Entry point that answers `/ping`.'),
    manualRouting: flag().optional().describe('Make no router for it.'),
    terminatingStatusCode: integer().default(503).describe('Status while the process stops.'),
  }),
).describe('An address for health checks of the proxy itself.')

/** `ready` */
export const readySchema = emptyable(
  z.strictObject({
    entryPoint: text().default('traefik').meta({ ours: true }).describe('Entry point that answers `/ready`.'),
    manualRouting: flag().optional().meta({ ours: true }).describe('Make no router for it.'),
    terminatingStatusCode: integer().default(503).meta({ ours: true }).describe('Status while the process stops.'),
  }),
)
  .meta({ ours: true })
  .describe('An address that answers 200 once what every provider says is in force.')

/** `log` */
export const logSchema = emptyable(
  z.strictObject({
    level: text().default('ERROR').describe('`TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR`, `FATAL` or `PANIC`.'),
    format: text().default('common').describe('`common` or `json`.'),
    noColor: flag().optional().describe('No colours in the common format.'),
    filePath: text().optional().describe('File in place of the standard output.'),
    maxSize: integer().optional().describe('Megabytes after which the file is rotated; 0: 100.'),
    maxAge: integer().optional().describe('Days that rotated files are kept; 0: for ever.'),
    maxBackups: integer().optional().describe('Rotated files that are kept; 0: all.'),
    compress: flag().optional().describe('Compress rotated files.'),
    otlp: otlpLogBlock().optional().describe('Send the log by OpenTelemetry.'),
  }),
).describe('The log of the proxy itself.')

const fieldHeadersSchema = z
  .strictObject({
    defaultMode: text().default('drop').describe('`keep`, `drop` or `redact` for all others.'),
    names: textMap().optional().describe('The same by name of the field.'),
  })
  .meta({ typeName: '*otypes.FieldHeaders' })

/** `accessLog` */
export const accessLogSchema = emptyable(
  z.strictObject({
    filePath: text().optional().describe('File in place of the standard output.'),
    format: text().default('common').describe('`common`, `genericCLF` or `json`.'),
    filters: z
      .strictObject({
        statusCodes: texts().optional().describe('Statuses (`200`, `400-499`) that are logged.'),
        retryAttempts: flag().optional().describe('Log requests that were sent more than once.'),
        minDuration: duration().optional().describe('Log requests that took at least this long.'),
      })
      .meta({ typeName: '*otypes.AccessLogFilters' })
      .prefault({})
      .describe('Which requests are logged; all by default.'),
    fields: z
      .strictObject({
        defaultMode: text().default('keep').describe('`keep` or `drop` for all others.'),
        names: textMap().optional().describe('`keep`, `drop` or `redact` by name of the entry.'),
        headers: fieldHeadersSchema.prefault({}).describe('Which request fields are logged.'),
        queryParameters: z
          .strictObject({ defaultMode: text().default('keep').describe('`keep`, `drop` or `redact`.') })
          .meta({ typeName: '*otypes.FieldQueryParameters' })
          .prefault({})
          .describe('What is logged of queries.'),
      })
      .meta({ typeName: '*otypes.AccessLogFields' })
      .prefault({})
      .describe('What is logged.'),
    bufferingSize: integer().optional().describe('Lines that may wait to be written.'),
    addInternals: flag().optional().describe('Log internal services too.'),
    sample: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .meta({ ours: true })
      .describe('Share of requests that are logged, 0 to 1; answers of 500 and above are logged in any case.'),
    dualOutput: flag().optional().describe('Write to the file or output as well when `otlp` is used.'),
    otlp: otlpLogBlock().optional().describe('Send the access log by OpenTelemetry.'),
  }),
).describe('The log of requests.')

/** `tracing` */
export const tracingSchema = emptyable(
  z.strictObject({
    serviceName: text().default('traefik').describe('Name of the service in the data.'),
    resourceAttributes: textMap().optional().describe('Attributes of the resource.'),
    capturedRequestHeaders: texts().optional().describe('Request fields that become attributes.'),
    capturedResponseHeaders: texts().optional().describe('Response fields that become attributes.'),
    safeQueryParams: texts().optional().describe('Query parameters that are not redacted.'),
    sampleRate: z.number().default(1).describe('Share of requests that are traced: 0 to 1.'),
    addInternals: flag().optional().describe('Trace internal services too.'),
    otlp: emptyable(
      z.strictObject({
        grpc: otlpGrpcBlock().optional().describe('Send by gRPC.'),
        http: otlpHttpBlock().prefault({}).describe('Send by HTTP.'),
      }),
    )
      .prefault({})
      .describe('Send by OpenTelemetry.'),
    globalAttributes: textMap().optional().describe('Old name of `resourceAttributes`.'),
  }),
).describe('Tracing.')
