import type { AccessLogPlan } from '../../plan/telemetry.ts'
import { type AttributeValue, Double } from '../otlp/attributes.ts'
import type { LogRecord } from '../otlp/logs.ts'
import { type AccessFields, accessFields, withoutQuery } from './fields.ts'
import type { LoggedExchange } from './logged-exchange.ts'
import { messageFields } from './message-fields.ts'
import { modes } from './modes.ts'

/** Characters of a text of a record: clients choose them, and records wait in memory. */
const LONGEST_TEXT = 4096

/** Takes lines of the access log as OpenTelemetry has them; never waits. */
export interface RecordSink {
  add(record: LogRecord): void
}

/**
 * An exchange as a record: the line is its body, and the fields that are kept are its attributes, times in nanoseconds
 * (Traefik `pkg/middlewares/accesslog/logger.go` with `otellogrus`).
 */
export function recordFormat(
  { fields }: AccessLogPlan,
  more: AccessFields = {},
): (exchange: LoggedExchange, line: string) => LogRecord {
  const modeOf = modes(fields.defaultMode, fields.names)
  const isKept = (name: string): boolean => modeOf(name) === 'keep'
  const values = Object.entries({ ...accessFields, ...more }).filter(([name]) => isKept(name) && !TIMES.has(name))
  const times = [...TIMES].filter(isKept)
  const keepsEntryPoint = isKept('entryPointName')
  const shown = messageFields(fields.headers)
  const cutsQuery = fields.queryParameters.defaultMode !== 'keep'
  return (exchange, line) => {
    const { cx, startedAt } = exchange
    const attributes: AttributeValue[] = []
    for (const [name, field] of values) {
      const value = field(exchange)
      if (value === undefined) continue
      if (name === 'GzipRatio') attributes.push(name, new Double(value as number))
      else if (typeof value === 'number') attributes.push(name, Math.round(value))
      else attributes.push(name, cut(cutsQuery && name === 'RequestPath' ? withoutQuery(value) : value))
    }
    for (const name of times) attributes.push(name, BigInt(Math.round(startedAt * 1000)) * 1000n)
    if (keepsEntryPoint) attributes.push('entryPointName', cx.entryPoint)
    addFields(attributes, 'request_', shown(exchange.requestFields ?? []))
    addFields(attributes, 'origin_', shown(cx.record.originFields ?? []))
    addFields(attributes, 'downstream_', shown(exchange.downstream?.lines ?? []))
    return {
      at: startedAt,
      observedAt: startedAt + exchange.durationMs,
      level: 'info',
      namesLevel: true,
      body: `${cut(line)}\n`,
      attributes,
      traceId: cx.record.traceId,
      spanId: cx.record.spanId,
      isSampled: cx.record.span?.isSampled === true,
    }
  }
}

/** Fields that are times: numbers here, texts elsewhere. */
const TIMES: ReadonlySet<string> = new Set(['StartLocal', 'StartUTC'])

const cut = (text: string): string => (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}\u2026` : text)

function addFields(attributes: AttributeValue[], prefix: string, fields: ReadonlyMap<string, string>): void {
  for (const [name, value] of fields) attributes.push(prefix + name, cut(value))
}
