import type { Body } from '../http/body.ts'
import type { UpstreamFailure } from '../http/failure.ts'
import type { KeptMemory } from '../http/kept.ts'
import type { MaybePromise } from '../http/maybe-promise.ts'
import type { ProxyRequest } from '../http/request.ts'
import type { RequestContext } from '../http/request-context.ts'
import type { ProxyResponse } from '../http/response.ts'
import type { ServersTransportPlan } from '../plan/plan.ts'
import type { Scheme } from '../plan/scheme.ts'
import type { SecretOf } from '../plan/secrets.ts'
import type { MatcherKind } from './kinds.ts'
import type { CompileRegexp } from './regexp.ts'
import type { TokenStores } from './token-store.ts'

/** What the core needs from outside. Adapters implement it; tests use in-memory ones. */
export interface Ports {
  readonly clock: Clock
  readonly transports: Transports
  readonly passwords: Passwords
  readonly codecs: Codecs
  readonly log: Logger
  /** Null where there is no HTTP/2 to ask a server with. */
  readonly grpcHealth: GrpcHealth | null
  /** Rate limits that hold for several proxies. Null where nothing can be shared. */
  readonly tokenStores: TokenStores | null
  readonly compileRegexp: CompileRegexp
  /** Name of this machine, for `X-Forwarded-Server`. */
  readonly hostname: string
  /** Texts that references of elements stand for; absent: there are none. */
  readonly secretOf?: SecretOf
  /** For content that is kept whole; absent: without a limit. */
  readonly kept?: KeptMemory
  /** How explanations follow aliases of hosts; absent: nobody follows them. */
  readonly aliases?: Aliases
  /** Rare events that metrics count; absent: nobody does. */
  readonly count?: CountEvent
  /** Told of each server that is taken out for its answers; absent: nobody wants to know. */
  readonly ejected?: ServerEjected
  /** Uniform in [0, 1). */
  random(): number
}

/**
 * Counts an event. @param of the entry point, middleware or service that it is about
 * @param reason why, of those that have reasons: a word of ours
 */
export type CountEvent = (event: CountedEvent, of: string, reason?: string) => void

/** @param isUp whether the server is back */
export type ServerEjected = (service: string, serverUrl: string, isUp: () => boolean) => void

/**
 * Requests that were refused before they were routed, retries that a budget stopped, servers that failed too often,
 * certificates that could not be had.
 */
export type CountedEvent = 'requestRefused' | 'retryStopped' | 'serverEjected' | 'certificateFailed'

/** Aliases of hosts in rules. */
export interface Aliases {
  /** Finds out where those of a request's host lead. @returns that; the host itself where it is no alias */
  follow(request: ProxyRequest): MaybePromise<string>
  /** In place of those that know a request's own host alone. */
  matchers(): Readonly<Record<string, MatcherKind>>
}

/** Time, and tasks for later. Nothing in `src/` reads the runtime's own. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number
  /** Wall clock. */
  date(): Date
  /** Runs a task once, `ms` milliseconds from now; returns how to call it off. */
  after(ms: number, task: () => void): () => void
}

/** Where a server is reached and how. */
export interface TransportSpec {
  readonly scheme: Scheme
  readonly host: string
  readonly port: number
  readonly options: ServersTransportPlan
}

/** How servers are reached on this platform. */
export interface Transports {
  /** At link time. Transports of equal specs share their connections, also across snapshots. */
  open(spec: TransportSpec): Transport
  /**
   * Requests go by Fetch: a failed attempt has used the content up even where no server got it, and whether one did is
   * seldom told.
   */
  readonly byFetch?: boolean
}

/** The way to one server. */
export interface Transport {
  /** Sends a request that `forward` has prepared. Never rejects; an upgrade gives a 101 with `upgraded` set. */
  send(request: ProxyRequest, cx: RequestContext): MaybePromise<ProxyResponse | UpstreamFailure>
  /** Gives it back; connections close once nobody else uses them. */
  close(): void
}

/** Password hashing, which must not block the data path. */
export interface Passwords {
  /**
   * Whether the password fits a bcrypt hash (`$2a$` …); null: nobody found out, as too many wait or the client has
   * left. Whoever the client, others are served beside it.
   */
  bcrypt(password: string, hash: string, client: PasswordClient): MaybePromise<boolean | null>
  /** What is known of passwords, by qualified name of the middleware; it outlives snapshots. */
  readonly verified: Map<string, VerifiedPasswords>
}

/** On whose behalf a password is compared. */
export interface PasswordClient {
  /** IP address; empty when unknown. */
  readonly address: string
  /** Nobody waits for the answer any more. */
  readonly hasLeft: boolean
  /** Called once when nobody does, if that happens before the answer. */
  onLeave(listener: () => void): void
}

/** Credentials that fitted, while these were the users. */
export interface VerifiedPasswords {
  /** Hashes by name. */
  readonly users: ReadonlyMap<string, string>
  /** Keyed digests of name and password; the oldest first. */
  readonly digests: Set<string>
  readonly digestOf: (user: string, password: string) => string
}

/** The health protocol of gRPC (`grpc.health.v1.Health/Check`), without TLS. */
export interface GrpcHealth {
  /** Null when the whole server is SERVING, else why not. Never rejects; at once when `signal` is aborted. */
  check(target: GrpcTarget, signal: AbortSignal): Promise<string | null>
}

/** A server that is asked for its health. */
export interface GrpcTarget {
  /** Without brackets. */
  readonly host: string
  readonly port: number
}

/** Content codings that this platform can make and undo. */
export interface Codecs {
  /** The decoded content, as a stream with back pressure; it fails where the input is no gzip. */
  gunzip(body: Body): Body
  /** What `compress` can make on this platform. */
  readonly encodings: readonly ContentCoding[]
  /** The encoded content, as a stream with back pressure; content of unknown length gets through piece by piece. */
  compress(body: Body, coding: ContentCoding): Body
  /** What `compress` returns is still plain: see `ProxyResponse.encodesLater`. */
  readonly encodesLater?: boolean
}

/** A content coding (RFC 9110 §8.4.1). */
export type ContentCoding = 'gzip' | 'br' | 'zstd'

/** Traefik's levels, the least urgent first. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'panic'

/** Where messages for operators go. Neither a message nor a field holds a secret. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void
}
