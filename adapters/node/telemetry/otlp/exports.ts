import type { Clock, Logger } from '../../../../src/contracts/ports.ts'
import type { AttributeValue } from '../../../../src/telemetry/otlp/attributes.ts'
import { Batches } from '../../../../src/telemetry/otlp/batches.ts'
import { Delivery, type Signal } from '../../../../src/telemetry/otlp/delivery.ts'
import { encodeLogs, type LogRecord } from '../../../../src/telemetry/otlp/logs.ts'
import { type Resource, resourceOf } from '../../../../src/telemetry/otlp/resource.ts'
import { sizeOfRecord, sizeOfSpan } from '../../../../src/telemetry/otlp/size.ts'
import { encodeTraces } from '../../../../src/telemetry/otlp/traces.ts'
import type { Span } from '../../../../src/telemetry/tracing/span.ts'
import { VERSION } from '../../../../src/version.ts'
import { grpcSender, type OtlpGrpc } from './grpc-sender.ts'
import { httpSender, type OtlpHttp, type Sender } from './http-sender.ts'
import { detectedResource } from './resource.ts'

/** Where data goes to, and who it says that it is from. */
export interface OtlpOptions {
  readonly serviceName: string
  readonly resourceAttributes?: Readonly<Record<string, string>> | undefined
  /** Goes before `http`. */
  readonly grpc?: OtlpGrpc | undefined
  readonly http: OtlpHttp
}

export interface ExportParts {
  readonly clock: Clock
  readonly log: Logger
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What waits when the proxy stops is sent within this, in milliseconds. */
export const LAST_MS = 5_000

/** A way to a collector with what keeps it: nothing else has to be closed. */
export interface Export {
  readonly delivery: Delivery
  readonly resource: Resource
  close(): void
}

/** Makes the ways to collectors. */
export class OtlpExports {
  readonly #parts: ExportParts
  #detected: Readonly<Record<string, AttributeValue>> | null = null

  constructor(parts: ExportParts) {
    this.#parts = parts
  }

  /** Null where the options name no address of a collector, which is logged. @param what what is sent, for the log */
  to(options: OtlpOptions, signal: Signal, what: string): Export | null {
    const { clock, log, env } = this.#parts
    let sender: Sender
    try {
      sender = options.grpc === undefined ? httpSender(options.http, signal) : grpcSender(options.grpc, signal)
    } catch (error) {
      log.log('error', `Unable to send ${what} by OpenTelemetry`, { cause: (error as Error).message })
      return null
    }
    this.#detected ??= detectedResource(env)
    const { serviceName, resourceAttributes = {} } = options
    return {
      delivery: new Delivery({ signal, send: sender.send, clock, log, what, where: sender.where }),
      resource: resourceOf({ serviceName, resourceAttributes, version: VERSION }, this.#detected, env),
      close: () => sender.close(),
    }
  }

  /** Spans that wait to be sent; null as above. */
  spans(options: OtlpOptions): Queue<Span> | null {
    const way = this.to(options, 'traces', 'traces')
    return way === null
      ? null
      : this.#queue(way, (spans) => encodeTraces(way.resource, spans), sizeOfSpan, 'OTEL_BSP_SCHEDULE_DELAY', 5_000)
  }

  /** Lines of a log that wait to be sent; null as above. */
  records(options: OtlpOptions, what: string): Queue<LogRecord> | null {
    const way = this.to(options, 'logs', what)
    return way === null
      ? null
      : this.#queue(
          way,
          (records) => encodeLogs(way.resource, records),
          sizeOfRecord,
          'OTEL_BLRP_SCHEDULE_DELAY',
          1_000,
        )
  }

  /** @param variable of the environment that says how long a batch waits to be full, as OpenTelemetry names it */
  #queue<T>(
    way: Export,
    encode: (items: readonly T[]) => Uint8Array<ArrayBuffer>,
    sizeOf: (item: T) => number,
    variable: string,
    usualMs: number,
  ): Queue<T> {
    const { clock, env } = this.#parts
    const said = env[variable] ?? ''
    const intervalMs = /^[1-9][0-9]{0,8}$/.test(said) ? Number(said) : usualMs
    const batches = new Batches({ delivery: way.delivery, encode, sizeOf, timer: { clock, intervalMs } })
    return {
      delivery: way.delivery,
      add: (item: T) => batches.add(item),
      async close() {
        await batches.close(LAST_MS, clock)
        way.close()
      },
    }
  }
}

/** What waits to be sent. */
export interface Queue<T> {
  readonly delivery: Delivery
  add(item: T): void
  /** Sends what waits, in some seconds at most. */
  close(): Promise<void>
}
