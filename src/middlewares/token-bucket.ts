import type { MaybePromise } from '../http/maybe-promise.ts'

/** Tokens that come back at a steady rate, up to a limit; a request takes one, if need be of the future. */
export interface TokenBucket {
  /** Tokens per millisecond. */
  readonly rate: number
  /** Tokens that a full bucket holds, at least 1. */
  readonly burst: number
  /** Longest wait for which a future token is taken. */
  readonly maxDelayMs: number
  /** Idle time after which a bucket is forgotten, and so full again. */
  readonly idleMs: number
}

export interface TokenGrant {
  /** False: nothing was taken. */
  readonly granted: boolean
  /** Time until the token is there. */
  readonly waitMs: number
}

/** Where buckets are kept; taking is atomic. */
export interface TokenStore {
  /** `now` is milliseconds on a monotonic clock that everyone who uses the store shares. */
  takeTokens(key: string, bucket: TokenBucket, now: number): MaybePromise<TokenGrant>
}

/** Buckets in the memory of this process; those idle for longest go first. */
export class MemoryTokenStore implements TokenStore {
  readonly #limit: number
  /** In the order of their last use. */
  readonly #buckets = new Map<string, { tokens: number; last: number; readonly idleMs: number }>()

  constructor(limit: number) {
    this.#limit = limit
  }

  takeTokens(key: string, bucket: TokenBucket, now: number): TokenGrant {
    const { rate, burst, maxDelayMs, idleMs } = bucket
    let state = this.#buckets.get(key)
    if (state === undefined) this.#makeRoom(now)
    else this.#buckets.delete(key)
    if (state === undefined || now - state.last > idleMs) state = { tokens: burst, last: now, idleMs }
    this.#buckets.set(key, state)
    const tokens = Math.min(burst, state.tokens + (now - state.last) * rate) - 1
    const waitMs = tokens < 0 ? -tokens / rate : 0
    const granted = waitMs <= maxDelayMs
    state.last = now
    state.tokens = granted ? tokens : tokens + 1
    return { granted, waitMs }
  }

  #makeRoom(now: number): void {
    const oldest = this.#buckets.entries().next().value
    if (oldest === undefined) return
    const [key, { last, idleMs }] = oldest
    if (this.#buckets.size >= this.#limit || now - last > idleMs) this.#buckets.delete(key)
  }
}
