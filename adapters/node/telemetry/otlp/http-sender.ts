import { constants, gzip } from 'node:zlib'
import type { Refusal, Send, Signal } from '../../../../src/telemetry/otlp/delivery.ts'
import { fieldsOf } from '../../grpc/protobuf.ts'
import { ApiError } from '../../providers/api-client/api-error.ts'
import { createApiClient } from '../../providers/api-client/client.ts'
import type { ClientTls } from '../../providers/api-client/client-tls.ts'
import { ProviderRefused } from '../../providers/provider.ts'

/** Where a collector listens by HTTP, as an option block says it. */
export interface OtlpHttp {
  readonly endpoint: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly tls?: ClientTls | undefined
}

/** A way to a collector. */
export interface Sender {
  readonly send: Send
  /** For the log: no credentials. */
  readonly where: string
  close(): void
}

const TIMEOUT_MS = 10_000
const MOST_ANSWER = 64 * 1024
/** Answers after which the same may be sent again (https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes). */
const TEMPORARY: readonly number[] = [429, 502, 503, 504]
const MOST_SECONDS = 300

/**
 * Sends protobuf by HTTP, compressed. A path of the endpoint stands for the standard one.
 * @throws Error where the endpoint is no address
 */
export function httpSender({ endpoint, headers = {}, tls }: OtlpHttp, signal: Signal): Sender {
  const [, scheme = '', authority = '', path] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(\/[^?#]*)?/i.exec(endpoint) ?? []
  if (authority === '') throw new Error('the endpoint is no URL')
  const secure = scheme.toLowerCase() !== 'http'
  const client = createApiClient({
    endpoint: `${secure ? 'https' : 'http'}://${authority}`,
    tls: secure ? (tls ?? {}) : undefined,
    headers: { ...headers, 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
    timeoutMs: TIMEOUT_MS,
    silenceMs: 0,
    maxSockets: 1,
  })
  const target = path ?? `/v1/${signal}`
  return {
    where: authority.replace(/^.*@/, ''),
    close: () => client.close(),
    async send(message, signal): Promise<Refusal> {
      try {
        const body = await compressed(message)
        const answer = await client.request(target, {
          method: 'POST',
          body,
          signal,
          accept: TEMPORARY,
          isRead: true,
          maxBytes: MOST_ANSWER,
        })
        if (!TEMPORARY.includes(answer.status)) return understood(answer.bytes) ? null : GARBAGE
        const reason = `it answers ${answer.status}`
        return { reason, isTemporary: true, afterMs: retryAfter(answer.headers['retry-after']) }
      } catch (error) {
        return refusalOf(error as Error)
      }
    },
  }
}

/** What is no answer of a collector: it has taken nothing, for all we know, and will take nothing the next time. */
const GARBAGE: Refusal = { reason: 'its answer is not that of a collector', isTemporary: false, afterMs: null }

/** An empty answer, or a message. */
function understood(bytes: Buffer): boolean {
  try {
    for (const { field } of fieldsOf(bytes)) if (field === 0) return false
    return true
  } catch {
    return false
  }
}

/** Where there was no answer, or none that is whole, there may be one the next time. */
function refusalOf(error: Error): Refusal {
  const isAnswer = error instanceof ProviderRefused || (error instanceof ApiError && error.status !== null)
  return { reason: error.message, isTemporary: !isAnswer, afterMs: null }
}

/** Seconds, or a date (RFC 9110 §10.2.3), as milliseconds from now; null: neither. */
export function retryAfter(text: string | undefined): number | null {
  if (text === undefined) return null
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0), MOST_SECONDS) * 1000
}

const FAST = { level: constants.Z_BEST_SPEED } as const

/** By gzip, on another thread; fast rather than well, as much of it repeats. */
export const compressed = (message: Uint8Array): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    gzip(message, FAST, (error, bytes) => (error === null ? resolve(bytes) : reject(error)))
  })
