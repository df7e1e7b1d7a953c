import { durationMs } from '../../schema/duration.ts'
import type { InstallConfig } from './install.ts'

/** How the options of an entry point read for who listens: times in milliseconds, 0 means none; defaults filled in. */

export type EntryPointOptions = NonNullable<InstallConfig['entryPoints']>[string]

/** Limits of HTTP, whatever its version. */
export interface HttpOptions {
  readonly entryPoint: string
  /** Heads may be 4096 octets longer, as Go reads them. */
  readonly maxHeaderBytes: number
  readonly maxHeaderFields: number
  /** From the first octet of a request to the end of its content; on a new connection, from its start. */
  readonly readTimeoutMs: number
  /** From the end of the request's head to the end of the answer. */
  readonly writeTimeoutMs: number
  /** Between two requests; 0: `readTimeoutMs`. */
  readonly idleTimeoutMs: number
  /** 0: no limit. */
  readonly keepAliveMaxRequests: number
  readonly keepAliveMaxTimeMs: number
}

/** `http2` of an entry point. */
export interface Http2Options {
  readonly maxConcurrentStreams: number
  /** Octets of the tables of HPACK. */
  readonly maxDecoderHeaderTableSize: number
  readonly maxEncoderHeaderTableSize: number
}

/** `transport.lifeCycle` of an entry point. */
export interface LifeCycle {
  readonly requestAcceptGraceTimeoutMs: number
  readonly graceTimeOutMs: number
}

/** Go takes no other number than a positive one. */
const DEFAULT_HEADER_BYTES = 1024 * 1024
/** Every matcher and middleware may look through all of them. */
const DEFAULT_HEADER_FIELDS = 1000

export function httpOptions(entryPoint: string, { http, transport }: EntryPointOptions): HttpOptions {
  const timeouts = transport.respondingTimeouts
  return {
    entryPoint,
    maxHeaderBytes: http.maxHeaderBytes > 0 ? http.maxHeaderBytes : DEFAULT_HEADER_BYTES,
    maxHeaderFields: http.maxHeaderFields || DEFAULT_HEADER_FIELDS,
    readTimeoutMs: durationMs(timeouts.readTimeout),
    writeTimeoutMs: durationMs(timeouts.writeTimeout ?? '0s'),
    idleTimeoutMs: durationMs(timeouts.idleTimeout),
    keepAliveMaxRequests: transport.keepAliveMaxRequests ?? 0,
    keepAliveMaxTimeMs: durationMs(transport.keepAliveMaxTime ?? '0s'),
  }
}

export function http2Options({ http2 }: EntryPointOptions): Http2Options {
  return {
    maxConcurrentStreams: http2?.maxConcurrentStreams ?? 250,
    maxDecoderHeaderTableSize: http2?.maxDecoderHeaderTableSize ?? 4096,
    maxEncoderHeaderTableSize: http2?.maxEncoderHeaderTableSize ?? 4096,
  }
}

export function lifeCycle({ transport }: EntryPointOptions): LifeCycle {
  const { requestAcceptGraceTimeout, graceTimeOut } = transport.lifeCycle
  return {
    requestAcceptGraceTimeoutMs: durationMs(requestAcceptGraceTimeout ?? '0s'),
    graceTimeOutMs: durationMs(graceTimeOut),
  }
}
