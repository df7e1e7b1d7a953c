import { type ClientHttp2Session, connect } from 'node:http2'
import type { Refusal, Signal } from '../../../../src/telemetry/otlp/delivery.ts'
import { callOnce, GrpcError } from '../../grpc/call.ts'
import { MalformedAnswer, MessageTooLong } from '../../grpc/framing.ts'
import { reasonOf } from '../../providers/api-client/api-error.ts'
import type { ClientTls } from '../../providers/api-client/client-tls.ts'
import { dial } from '../../providers/api-client/dial.ts'
import { compressed, type Sender } from './http-sender.ts'

/** Where a collector listens by gRPC, as an option block says it. */
export interface OtlpGrpc {
  /** `host:port` */
  readonly endpoint: string
  readonly insecure?: boolean | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly tls?: ClientTls | undefined
}

const SERVICES: Readonly<Record<Signal, string>> = {
  traces: 'trace.v1.TraceService',
  metrics: 'metrics.v1.MetricsService',
  logs: 'logs.v1.LogsService',
}

const TIMEOUT_MS = 10_000
const MOST_ANSWER = 64 * 1024
/** Statuses after which the same may be sent again (https://opentelemetry.io/docs/specs/otlp/#failures). */
const TEMPORARY: ReadonlySet<number> = new Set([1, 4, 8, 10, 11, 14, 15])

/** Sends by gRPC, compressed. @throws Error where the endpoint is no address */
export function grpcSender({ endpoint, insecure, headers = {}, tls }: OtlpGrpc, signal: Signal): Sender {
  const match = /^(?:\[([^\]]+)\]|([^:/@]*)):(\d{1,5})$/.exec(endpoint)
  if (match === null) throw new Error('the endpoint is not host:port')
  const host = match[1] ?? (match[2] || 'localhost')
  const way = { kind: 'tcp', host, port: Number(match[3]), secure: insecure !== true } as const
  const call = {
    path: `/opentelemetry.proto.collector.${SERVICES[signal]}/Export`,
    metadata: {
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      'grpc-encoding': 'gzip',
    },
    isCompressed: true,
    maxBytes: MOST_ANSWER,
  }
  let session: ClientHttp2Session | null = null

  const connected = (): ClientHttp2Session => {
    if (session !== null && !session.closed && !session.destroyed) return session
    const socket = dial(way, tls ?? {}, 'h2')
    const made = connect(`${way.secure ? 'https' : 'http'}://${endpoint}`, { createConnection: () => socket })
    // Calls hear of it by themselves.
    made.on('error', () => {})
    made.on('goaway', () => made.close())
    session = made
    return made
  }

  return {
    where: endpoint,
    close: () => session?.destroy(),
    async send(message, stop): Promise<Refusal> {
      try {
        const body = await compressed(message)
        const signal = AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)])
        await callOnce(connected(), call, body, signal)
        return null
      } catch (error) {
        if (!(error instanceof GrpcError)) session?.destroy()
        const isTemporary = error instanceof GrpcError ? TEMPORARY.has(error.code) : !isGarbage(error)
        return { reason: hidden(reasonOf(error), headers), isTemporary, afterMs: null }
      }
    },
  }
}

const isGarbage = (error: unknown): boolean => error instanceof MalformedAnswer || error instanceof MessageTooLong

/** What the collector says, should it repeat a field that we sent. */
const hidden = (text: string, headers: Readonly<Record<string, string>>): string =>
  Object.values(headers).reduce((clean, value) => (value.length > 2 ? clean.replaceAll(value, '******') : clean), text)
