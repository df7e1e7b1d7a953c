import type { HealthTable } from '../../src/health/table.ts'
import { HEALTH_KEY } from './env.ts'

/** A state nobody renews is forgotten after this time, so that servers don't stay down when nobody checks any more. */
const TTL_SECONDS = 600

interface Stored {
  /** Milliseconds since 1970. */
  readonly checkedAt: number
  /** Keys of checks whose servers are down. */
  readonly down: readonly string[]
}

/** The way of the health table through KV: written by scheduled runs, read by every isolate. */
export class HealthState {
  readonly #table: HealthTable
  #seen: Stored = { checkedAt: 0, down: [] }

  constructor(table: HealthTable) {
    this.#table = table
  }

  /** Takes over what another isolate found, unless this one knows something newer. A missing value: all are up. */
  adopt(text: string | null): void {
    const stored = text === null ? { checkedAt: this.#seen.checkedAt + 1, down: [] } : parse(text)
    if (stored === null || stored.checkedAt <= this.#seen.checkedAt) return
    const { down } = this.#seen
    this.#seen = stored
    if (!sameKeys(down, stored.down)) this.#table.replace(stored.down)
  }

  /** Writes what a scheduled run found, if that is news or what is stored would expire. */
  async publish(kv: KVNamespace, now: number): Promise<void> {
    const down = this.#table.down()
    const isNews = !sameKeys(down, this.#seen.down)
    const expires = down.length > 0 && now - this.#seen.checkedAt > TTL_SECONDS * 500
    if (!isNews && !expires) return
    this.#seen = { checkedAt: now, down }
    await kv.put(HEALTH_KEY, JSON.stringify(this.#seen), { expirationTtl: TTL_SECONDS })
  }
}

function parse(text: string): Stored | null {
  let value: Partial<Stored> | null
  try {
    value = JSON.parse(text) as Partial<Stored> | null
  } catch {
    // Whoever wrote this was no scheduled run: what is known stays.
    return null
  }
  const { checkedAt, down } = value ?? {}
  if (typeof checkedAt !== 'number' || !Array.isArray(down) || !down.every((key) => typeof key === 'string'))
    return null
  return { checkedAt, down }
}

const sameKeys = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key) => b.includes(key))
