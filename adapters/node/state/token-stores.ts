import type { Logger } from '../../../src/contracts/ports.ts'
import type { SharedTokenStore, TokenBucket, TokenGrant, TokenStores } from '../../../src/contracts/token-store.ts'
import type { RedisPlan } from '../../../src/plan/redis.ts'
import { UsagePool } from '../../../src/runtime/usage-pool.ts'
import { readServerTls } from '../tls/upstream-tls.ts'
import { createTimeOfDay } from './time-of-day.ts'

type Load = () => Promise<SharedTokenStore>

/** Stores in Redis, shared by everyone who names the same one with the same options, across snapshots. */
export class NodeTokenStores implements TokenStores {
  readonly common = null
  readonly #clients = new UsagePool<SharedTokenStore>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  open(options: RedisPlan): SharedTokenStore {
    const log = this.#log
    // Files may have changed since the last time: what they hold is part of the key.
    const tls = options.tls === null ? null : readServerTls(options.tls, log)
    const key = JSON.stringify([options, tls?.key])
    const { value: store, close } = this.#clients.use(key, () => {
      const load: Load = async () => {
        const { RedisTokenStore } = await import('./redis.ts')
        return new RedisTokenStore(options, tls, createTimeOfDay(), log)
      }
      return new LoadedStore(load, log)
    })
    return { takeTokens: (name, bucket, now) => store.takeTokens(name, bucket, now), close }
  }
}

/** A store whose module is read from the moment it is wanted. */
class LoadedStore implements SharedTokenStore {
  readonly #loading: Promise<SharedTokenStore>
  #store: SharedTokenStore | null = null
  #closed = false

  constructor(load: Load, log: Logger) {
    this.#loading = load()
    this.#loading.then(
      (store) => {
        this.#store = store
        if (this.#closed) store.close()
      },
      (cause: unknown) => log.log('error', 'The client of Redis can’t be loaded', { cause }),
    )
  }

  async takeTokens(key: string, bucket: TokenBucket, now: number): Promise<TokenGrant> {
    const store = this.#store ?? (await this.#loading)
    return store.takeTokens(key, bucket, now)
  }

  close(): void {
    this.#closed = true
    this.#store?.close()
  }
}
