import { createServer as createHttp, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createHttp2, createSecureServer } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'
import { closed } from '../closed.ts'
import { until } from '../until.ts'
import { attributesOf, type Decoded, decodeRequest, plain, type Signal } from './decode.ts'

/** A request of an exporter. */
export interface Received {
  readonly signal: Signal
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly message: Decoded
}

/** A span without what differs from run to run. */
export interface SeenSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: number
  readonly attributes: Record<string, unknown>
  readonly status: { readonly code: number; readonly message: string }
  readonly start: bigint
  readonly end: bigint
  readonly flags: number
  readonly traceState: string
}

/** What a collector does with a request in place of taking it; null: it takes it. */
export type Fault = (
  signal: Signal,
) => { status: number; headers?: Record<string, string>; body?: string } | 'hang' | null

const PATHS: Readonly<Record<string, Signal>> = {
  '/v1/traces': 'traces',
  '/v1/metrics': 'metrics',
  '/v1/logs': 'logs',
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'traces',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': 'logs',
}

/** Plays a collector: takes what comes by HTTP or by gRPC, and keeps it. */
export class Collector {
  readonly received: Received[] = []
  /** Requests, taken or not. */
  asked = 0
  fault: Fault = () => null
  port = 0
  grpcPort = 0
  readonly #close: (() => Promise<void>)[] = []

  /** @param otherPaths signals by paths beside the usual ones */
  async start(
    otherPaths: Readonly<Record<string, Signal>> = {},
    { port = 0, tls }: { port?: number; tls?: { key: string; cert: string } } = {},
  ): Promise<this> {
    const paths = { ...PATHS, ...otherPaths }
    const listener: RequestListener = (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        this.asked++
        const signal = paths[request.url ?? '']
        if (signal === undefined) return void response.writeHead(404).end()
        const fault = this.fault(signal)
        if (fault === 'hang') return
        if (fault !== null) return void response.writeHead(fault.status, fault.headers).end(fault.body)
        this.#take(signal, request.url!, request.headers, unzipped(request.headers['content-encoding'], chunks))
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
      })
    }
    const server = tls === undefined ? createHttp(listener) : createHttps(tls, listener)
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
    this.port = (server.address() as AddressInfo).port
    this.#close.push(() => closed(server))

    const sessions = new Set<{ destroy(): void }>()
    const grpc = tls === undefined ? createHttp2() : createSecureServer(tls)
    grpc.on('session', (session) => {
      sessions.add(session)
      session.on('close', () => sessions.delete(session))
      session.on('error', () => {})
    })
    grpc.on('stream', (stream, headers) => {
      const chunks: Buffer[] = []
      stream.on('error', () => {})
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        this.asked++
        const path = String(headers[':path'])
        const signal = paths[path]!
        const fault = this.fault(signal)
        if (fault === 'hang') return
        if (fault !== null) {
          stream.respond(
            { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(fault.status) },
            { endStream: true },
          )
          return
        }
        const frame = Buffer.concat(chunks)
        const encoding = frame[0] === 1 ? String(headers['grpc-encoding']) : undefined
        if (frame.readUInt32BE(1) !== frame.length - 5) throw new Error('a frame of another length')
        this.#take(signal, path, headers, unzipped(encoding, [frame.subarray(5)]))
        // As grpc-go: who sends compressed messages gets them too.
        const answered = { ':status': 200, 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' }
        stream.respond(answered, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
        const answer = gzipSync('')
        stream.end(Buffer.concat([Buffer.from([1, 0, 0, 0, answer.length]), answer]))
      })
    })
    await new Promise<void>((done) => grpc.listen(0, '127.0.0.1', done))
    this.grpcPort = (grpc.address() as AddressInfo).port
    this.#close.push(
      () =>
        new Promise((done) => {
          for (const session of sessions) session.destroy()
          grpc.close(() => done())
        }),
    )
    return this
  }

  #take(signal: Signal, path: string, headers: IncomingHttpHeaders, bytes: Uint8Array): void {
    this.received.push({ signal, path, headers, message: decodeRequest(signal, bytes) })
  }

  get spans(): SeenSpan[] {
    return this.#of('traces', 'resourceSpans', 'scopeSpans', 'spans').map((span) => ({
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId ?? '',
      name: span.name,
      kind: span.kind,
      attributes: attributesOf(span.attributes),
      status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
      start: span.startTimeUnixNano,
      end: span.endTimeUnixNano,
      flags: span.flags ?? 0,
      traceState: span.traceState ?? '',
    }))
  }

  /** The last of what was sent under each name. */
  get metrics(): Map<string, Decoded> {
    return new Map(
      this.#of('metrics', 'resourceMetrics', 'scopeMetrics', 'metrics').map((metric) => [metric.name, metric]),
    )
  }

  get logs(): { body: unknown; attributes: Record<string, unknown>; record: Decoded }[] {
    return this.#of('logs', 'resourceLogs', 'scopeLogs', 'logRecords').map((record) => ({
      body: plain(record.body),
      attributes: attributesOf(record.attributes),
      record,
    }))
  }

  /** Attributes of the resource that sends a signal. */
  resource(signal: Signal): Record<string, unknown> {
    const { message } = this.received.find((one) => one.signal === signal)!
    const [whole] = Object.values(message) as Decoded[][]
    return attributesOf(whole![0].resource.attributes)
  }

  async spansOf(count: number): Promise<SeenSpan[]> {
    return until(
      () => this.spans,
      ({ length }) => length >= count,
      15_000,
    )
  }

  clear(): void {
    this.received.length = 0
  }

  async close(): Promise<void> {
    await Promise.all(this.#close.splice(0).map((close) => close()))
  }

  #of(signal: Signal, ...path: readonly string[]): Decoded[] {
    let level: Decoded[] = this.received.filter((one) => one.signal === signal).map(({ message }) => message)
    for (const step of path) level = level.flatMap((one) => one[step])
    return level
  }
}

const unzipped = (encoding: string | undefined, chunks: readonly Buffer[]): Uint8Array =>
  encoding === 'gzip' ? gunzipSync(Buffer.concat(chunks)) : Buffer.concat(chunks)
