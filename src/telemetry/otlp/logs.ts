import type { LogLevel } from '../../contracts/ports.ts'
import { type Attributes, nanoseconds, writeAttributes, writeValue } from './attributes.ts'
import { ProtoWriter } from './protobuf.ts'
import { type Resource, writeResource, writeScope } from './resource.ts'

/** A line of a log as OpenTelemetry has it. */
export interface LogRecord {
  /** Milliseconds since 1970: when it happened, and when it was noted. */
  readonly at: number
  readonly observedAt: number
  readonly level: LogLevel
  /** Whether the name of the level is sent too. */
  readonly namesLevel: boolean
  readonly body: string
  readonly attributes: Attributes
  /** Hexadecimal digits; empty: it belongs to no trace. */
  readonly traceId: string
  readonly spanId: string
  readonly isSampled: boolean
}

/** Numbers of severities. */
const SEVERITIES: Readonly<Record<LogLevel, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
  panic: 24,
}

/** An `ExportLogsServiceRequest`. */
export function encodeLogs(resource: Resource, records: readonly LogRecord[]): Uint8Array<ArrayBuffer> {
  const writer = new ProtoWriter()
  const resourceLogs = writer.begin(1)
  writeResource(writer, 1, resource)
  const scopeLogs = writer.begin(2)
  writeScope(writer, 1, 'traefik', '')
  for (const record of records) writeRecord(writer, record)
  writer.end(scopeLogs)
  writer.end(resourceLogs)
  return writer.finish()
}

function writeRecord(writer: ProtoWriter, record: LogRecord): void {
  const begin = writer.begin(2)
  writer.fixed64(1, nanoseconds(record.at))
  writer.uint(2, SEVERITIES[record.level])
  if (record.namesLevel) writer.string(3, record.level)
  writeValue(writer, 5, record.body)
  writeAttributes(writer, 6, record.attributes)
  if (record.traceId !== '') {
    writer.fixed32(8, record.isSampled ? 1 : 0)
    writer.hex(9, record.traceId)
    writer.hex(10, record.spanId)
  }
  writer.fixed64(11, nanoseconds(record.observedAt))
  writer.end(begin)
}
