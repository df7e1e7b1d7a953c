import type { TokenBucket, TokenGrant, TokenStore } from '../../../src/contracts/token-store.ts'
import { within } from '../within.ts'
import type { StateTimeout } from './shared-tokens.ts'
import type { SignalboxState } from './state-object.ts'

/**
 * Objects that share the buckets out among them. An object for each key would be near its client, but peers choose
 * keys: they could have as many objects as they like, and would wait for each to start.
 */
const SHARDS = 32

/** After so many failures in a row nobody is asked for so long, in ms. */
const MOST_FAILURES = 10
const OPEN_MS = 5_000

/**
 * Buckets in Durable Objects. Objects are reset by every deploy, may run older code than the worker for minutes, and may
 * not answer at all: every call ends in bounded time, and a breaker keeps requests from waiting for what does not answer
 * anyway.
 */
export class ObjectTokenStore implements TokenStore {
  readonly #objects: DurableObjectNamespace<SignalboxState>
  readonly #timeout: Readonly<StateTimeout>
  readonly #ids: DurableObjectId[] = []
  #failures = 0
  #openUntil = 0

  constructor(objects: DurableObjectNamespace<SignalboxState>, timeout: Readonly<StateTimeout>) {
    this.#objects = objects
    this.#timeout = timeout
  }

  /** One call, by the object's own clock. Rejects when there is no answer in time, or another one. */
  async takeTokens(key: string, bucket: TokenBucket): Promise<TokenGrant> {
    const { ms } = this.#timeout
    const now = Date.now()
    if (now < this.#openUntil) throw new Error('the shared state has not answered lately')
    // Of those who come when the breaker closes one tries; the others don't wait for what it finds.
    if (this.#failures >= MOST_FAILURES) this.#openUntil = now + ms
    try {
      const grant = await within(ms, this.#ask(key, bucket), 'the shared state')
      if (!isGrant(grant)) throw new Error('the shared state has answered something else')
      this.#failures = 0
      this.#openUntil = 0
      return grant
    } catch (error) {
      this.#failures++
      if (this.#failures >= MOST_FAILURES) this.#openUntil = Date.now() + OPEN_MS
      throw error
    }
  }

  async #ask(key: string, bucket: TokenBucket): Promise<TokenGrant> {
    const shard = shardOf(key)
    const id = this.#ids[shard] ?? this.#objects.idFromName(`tokens-${shard}`)
    this.#ids[shard] = id
    // A stub belongs to the request that made it.
    return await this.#objects.get(id).takeTokens(key, bucket)
  }
}

const isGrant = ({ granted, waitMs }: TokenGrant): boolean => typeof granted === 'boolean' && waitMs >= 0

/** FNV-1a of 32 bits, its halves folded into one another: the low bits alone are uneven. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return ((hash >>> 16) ^ hash) & (SHARDS - 1)
}
