import { DurableObject } from 'cloudflare:workers'
import type { TokenBucket, TokenGrant } from '../../../src/contracts/token-store.ts'
import type { StatusReport } from '../../../src/plan/worker-status.ts'
import type { CheckState } from '../checker.ts'
import type { WorkerEnv } from '../env.ts'
import { HEALTH_OBJECT } from './health-name.ts'
import type { HealthObject } from './health-object.ts'
import type { HealthReport } from './health-state.ts'
import type { StatusBoard } from './status-board.ts'
import type { TokenShard } from './token-shard.ts'

/**
 * State that all isolates share: a Durable Object, bound as `SIGNALBOX_STATE`. What an object does is loaded when it is
 * first asked for, as the class is part of the worker that starts.
 */
export class SignalboxState extends DurableObject<WorkerEnv> {
  readonly #shard = once<TokenShard>(() =>
    import('./token-shard.ts').then(({ TokenShard }) => new TokenShard(this.ctx.storage)),
  )
  readonly #checks = once<HealthObject>(() =>
    import('./health-object.ts').then(({ HealthObject }) => new HealthObject(this.ctx, this.env)),
  )
  readonly #status = once<StatusBoard>(() =>
    import('./status-board.ts').then(({ StatusBoard }) => new StatusBoard(this.ctx.storage)),
  )

  /** Takes a token by this object's clock. */
  async takeTokens(key: string, bucket: TokenBucket): Promise<TokenGrant> {
    return (await this.#shard()).takeTokens(key, bucket)
  }

  /** Who is down by the last checks; from the first call on servers are checked. */
  async health(): Promise<HealthReport> {
    return (await this.#checks()).report()
  }

  /** What the last checks found, where this object checks. */
  async checks(): Promise<readonly CheckState[]> {
    return (await this.#checks()).states()
  }

  /** Takes what an isolate says of itself. */
  async tell(told: unknown): Promise<void> {
    ;(await this.#status()).tell(told)
  }

  /** What isolates have said; null: this request for it has been answered before. */
  async status(nonce: string, until: number): Promise<StatusReport | null> {
    return (await this.#status()).report(nonce, until)
  }

  override async alarm(): Promise<void> {
    if (this.ctx.storage.kv.get(HEALTH_OBJECT) === undefined) (await this.#shard()).alarm()
    else await (await this.#checks()).alarm()
  }
}

/** Loads something when it is first asked for. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null
  return () => {
    loading ??= load()
    return loading
  }
}
