import type { MaybePromise } from '../http/maybe-promise.ts'
import type { RedisPlan } from '../plan/redis.ts'

/** Tokens that come back at a steady rate, up to a limit; a request takes one, if need be of the future. */
export interface TokenBucket {
  /** Tokens per millisecond. */
  readonly rate: number
  /** Tokens that a full bucket holds, at least 1. */
  readonly burst: number
  /** Longest wait for which a future token is taken. */
  readonly maxDelayMs: number
  /** Idle time after which a bucket is forgotten, and so full again; whole seconds. */
  readonly idleMs: number
}

/** What comes of asking for a token. */
export interface TokenGrant {
  /** False: nothing was taken. */
  readonly granted: boolean
  /** Time until the token is there. */
  readonly waitMs: number
}

/** Where buckets are kept; taking is atomic. */
export interface TokenStore {
  /**
   * Rejects when the store can't be reached. `now` is milliseconds on the monotonic clock of this process; a store that
   * several processes share goes by the time of day instead.
   */
  takeTokens(key: string, bucket: TokenBucket, now: number): MaybePromise<TokenGrant>
}

/** A store that other proxies use too. */
export interface SharedTokenStore extends TokenStore {
  /** Gives it back; connections close once nobody else uses them. */
  close(): void
}

/** The stores that can be had on this platform. */
export interface TokenStores {
  /**
   * What all isolates of a worker share without being told to (a Durable Object). Null: limits are local unless one
   * says otherwise.
   */
  readonly common: TokenStore | null
  /**
   * At link time. Throws `ConfigError` where there are no connections to Redis. Stores of equal options share their
   * connections, also across snapshots.
   */
  open(options: RedisPlan): SharedTokenStore
}
