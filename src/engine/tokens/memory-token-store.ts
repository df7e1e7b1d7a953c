import type { TokenBucket, TokenGrant, TokenStore } from '../../contracts/token-store.ts'

/** What is left in a bucket. */
export interface BucketState {
  readonly tokens: number
  /** When that was so. */
  readonly last: number
  readonly idleMs: number
}

/** Buckets in the memory of this process; those idle for longest go first. */
export class MemoryTokenStore implements TokenStore {
  readonly #limit: number
  /** In the order of their last use. */
  readonly #buckets = new Map<string, { -readonly [K in keyof BucketState]: BucketState[K] }>()

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

  /** Undefined: the bucket has been forgotten. */
  stateOf(key: string): BucketState | undefined {
    return this.#buckets.get(key)
  }

  /** Puts a bucket in as it was left; those used last come last. */
  restore(key: string, state: BucketState): void {
    this.#makeRoom(state.last)
    this.#buckets.set(key, { ...state })
  }

  #makeRoom(now: number): void {
    const oldest = this.#buckets.entries().next().value
    if (oldest === undefined) return
    const [key, { last, idleMs }] = oldest
    if (this.#buckets.size >= this.#limit || now - last > idleMs) this.#buckets.delete(key)
  }
}
