import type { TokenBucket, TokenGrant } from '../../../src/contracts/token-store.ts'
import { type BucketState, MemoryTokenStore } from '../../../src/engine/tokens/memory-token-store.ts'

/** Buckets of one object, in memory and in storage; those idle for longest go first. */
const MAX_BUCKETS = 16_384

/** Time between two writes, in ms: what an object that is evicted forgets at most. */
const FLUSH_MS = 5_000

/** A bucket as it is written down. */
type Row = { readonly key: string; readonly tokens: number; readonly last: number; readonly idleMs: number }

/**
 * The buckets of rate limits that one Durable Object keeps: in memory, so that taking a token costs no storage, and now
 * and then in its database, so that an object that comes back does not give everybody a full bucket. A bucket that has
 * filled up meanwhile is like a new one and isn't written.
 */
export class TokenShard {
  readonly #storage: DurableObjectStorage
  readonly #date: () => number
  readonly #buckets = new MemoryTokenStore(MAX_BUCKETS)
  /** What has been taken from since the last write. */
  readonly #changed = new Map<string, TokenBucket>()
  #isArmed = false
  #now = 0
  /** By how much this clock is ahead of the machine's. */
  #ahead = 0

  /** @param date milliseconds since 1970 */
  constructor(storage: DurableObjectStorage, date: () => number = Date.now) {
    this.#storage = storage
    this.#date = date
    storage.sql.exec(`CREATE TABLE IF NOT EXISTS buckets
      (key TEXT PRIMARY KEY, tokens REAL NOT NULL, last REAL NOT NULL, idleMs REAL NOT NULL, expiresAt REAL NOT NULL)`)
    storage.sql.exec('CREATE INDEX IF NOT EXISTS expiry ON buckets (expiresAt)')
    const now = this.#tick()
    const rows = storage.sql.exec<Row>(
      'SELECT key, tokens, last, idleMs FROM buckets WHERE expiresAt > ? ORDER BY last',
      now,
    )
    // The clock that wrote them may have been ahead.
    for (const { key, tokens, last, idleMs } of rows)
      this.#buckets.restore(key, { tokens, last: Math.min(last, now), idleMs })
  }

  takeTokens(key: string, bucket: TokenBucket): TokenGrant {
    if (this.#changed.size >= MAX_BUCKETS) this.#flush(this.#tick())
    this.#changed.set(key, bucket)
    this.#arm(FLUSH_MS)
    return this.#buckets.takeTokens(key, bucket, this.#tick())
  }

  /** Writes down what has changed. */
  alarm(): void {
    this.#isArmed = false
    const now = this.#tick()
    const isQuiet = this.#changed.size === 0
    this.#flush(now)
    const { next } = this.#storage.sql.exec<{ next: number | null }>('SELECT min(expiresAt) AS next FROM buckets').one()
    if (next !== null) this.#arm(isQuiet ? Math.max(FLUSH_MS, next - now) : FLUSH_MS)
  }

  #flush(now: number): void {
    const { sql } = this.#storage
    this.#storage.transactionSync(() => {
      for (const [key, bucket] of this.#changed) {
        const state = this.#buckets.stateOf(key)
        const expiresAt = state === undefined ? 0 : expiryOf(state, bucket)
        if (state === undefined || expiresAt <= now) continue
        const { tokens, last, idleMs } = state
        sql.exec('INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?, ?)', key, tokens, last, idleMs, expiresAt)
      }
      sql.exec('DELETE FROM buckets WHERE expiresAt <= ?', now)
      sql.exec(
        `DELETE FROM buckets WHERE key IN (SELECT key FROM buckets ORDER BY expiresAt DESC LIMIT -1 OFFSET ${MAX_BUCKETS})`,
      )
    })
    this.#changed.clear()
  }

  #arm(ms: number): void {
    if (this.#isArmed) return
    this.#isArmed = true
    // Nobody's answer waits for the disk: an alarm that gets lost loses what a lost object would.
    void this.#storage.setAlarm(Date.now() + ms, { allowUnconfirmed: true })
  }

  /** Never goes back, whatever the machine's clock does: time that goes back would take tokens away. */
  #tick(): number {
    const date = this.#date()
    if (date + this.#ahead < this.#now) this.#ahead = this.#now - date
    this.#now = date + this.#ahead
    return this.#now
  }
}

/** When it is full again, or forgotten. */
const expiryOf = ({ tokens, last, idleMs }: BucketState, { rate, burst }: TokenBucket): number =>
  last + Math.min((burst - tokens) / rate, idleMs)
