import { ConfigError } from '../../../src/contracts/kinds.ts'
import type { TokenBucket, TokenStore, TokenStores } from '../../../src/contracts/token-store.ts'
import type { SignalboxState } from './state-object.ts'

/**
 * Objects that share the buckets out among them. An object for each key would be near its client, but peers choose
 * keys: they could have as many objects as they like, and would wait for each to start.
 */
const SHARDS = 32

/** Stores that this platform has: one, in Durable Objects. */
export function sharedTokens(objects: DurableObjectNamespace<SignalboxState>): TokenStores {
  return {
    common: new ObjectTokenStore(objects),
    open() {
      throw new ConfigError('creating redis limiter: there are no connections to Redis on this platform')
    },
  }
}

class ObjectTokenStore implements TokenStore {
  readonly #objects: DurableObjectNamespace<SignalboxState>
  readonly #ids: DurableObjectId[] = []

  constructor(objects: DurableObjectNamespace<SignalboxState>) {
    this.#objects = objects
  }

  /** One call, by the object's own clock. */
  async takeTokens(key: string, bucket: TokenBucket) {
    const shard = shardOf(key)
    this.#ids[shard] ??= this.#objects.idFromName(`tokens-${shard}`)
    // A stub belongs to the request that made it.
    return await this.#objects.get(this.#ids[shard]).takeTokens(key, bucket)
  }
}

/** FNV-1a of 32 bits, its halves folded into one another: the low bits alone are uneven. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return ((hash >>> 16) ^ hash) & (SHARDS - 1)
}
