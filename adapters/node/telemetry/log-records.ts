import type { Logger } from '../../../src/contracts/ports.ts'
import type { LogEntry } from '../../../src/telemetry/log/log.ts'
import type { AttributeValue } from '../../../src/telemetry/otlp/attributes.ts'
import type { LogRecord } from '../../../src/telemetry/otlp/logs.ts'
import { runtimeClock } from '../../web/clock.ts'
import type { OtlpOptions, Queue } from './otlp/exports.ts'

/** Entries that are kept until what sends them is there. */
const MOST_EARLY = 1_000

/** Sends the log by OpenTelemetry (Traefik `pkg/observability/logs/otel.go`). What sends is loaded only here. */
export class LogRecords {
  readonly #early: LogRecord[] = []
  #queue: Queue<LogRecord> | null = null
  readonly #loaded: Promise<void>

  /** @param log where it is said that nothing can be sent */
  constructor(options: OtlpOptions, log: (entry: Parameters<Logger['log']>) => void) {
    this.#loaded = this.#load(options, log)
  }

  add(entry: LogEntry): void {
    const record = recordOf(entry)
    if (this.#queue !== null) this.#queue.add(record)
    else if (this.#early.length < MOST_EARLY) this.#early.push(record)
  }

  /** Sends what waits, in some seconds at most. */
  async close(): Promise<void> {
    await this.#loaded
    await this.#queue?.close()
  }

  async #load(options: OtlpOptions, log: (entry: Parameters<Logger['log']>) => void): Promise<void> {
    const { OtlpExports } = await import('./otlp/exports.ts')
    const exports = new OtlpExports({
      clock: runtimeClock,
      log: { log: (...entry) => log(entry) },
      env: process.env,
    })
    this.#queue = exports.records(options, 'the log')
    for (const record of this.#early.splice(0)) this.#queue?.add(record)
  }
}

function recordOf({ level, message, fields, at }: LogEntry): LogRecord {
  const attributes: AttributeValue[] = []
  for (const [name, value] of Object.entries(fields)) attributes.push(name, attributeOf(value))
  return {
    at,
    observedAt: at,
    level,
    namesLevel: false,
    body: message,
    attributes,
    traceId: '',
    spanId: '',
    isSampled: false,
  }
}

/** What is more than one value is its JSON. */
const attributeOf = (value: unknown): AttributeValue =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : (JSON.stringify(value) ?? 'null')
