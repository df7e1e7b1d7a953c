import type { Redis } from 'ioredis'
import type { KeyValue } from '../../../../../src/compiler/discovery/kv.ts'
import type { ConfigProblem } from '../../../../../src/plan/problem.ts'
import { ReadBudget } from '../pairs.ts'
import type { KvConnection, KvListener, KvReading } from '../store.ts'
import { isForbidden, refusalIn } from './client.ts'
import { type Notifications, notificationsBy, notificationsProblem } from './notifications.ts'

/** Where no events come, and whether they do. */
const LOOK_MS = 15_000
/** Keys asked for at once. */
const CHUNK = 200
const SCAN_COUNT = 1_000
/** Keys whose problems are told one by one. */
const MAX_TOLD = 50

export interface RedisConnectionOptions {
  readonly peer: string
  /** For commands. */
  readonly commands: Redis
  /** For events. */
  readonly events: Redis
  readonly db: number
  readonly rootKey: string
  readonly listener: KvListener
  readonly close: () => void
}

/** The keys below a root of a Redis database, and the events about them. */
export class RedisConnection implements KvConnection {
  readonly peer: string
  readonly readsAtOnce = false
  readonly #options: RedisConnectionOptions
  readonly #prefix: string
  #notifications: Notifications = 'complete'
  #maySubscribe = true
  /** At the last read. */
  #keyCount = 0
  #look: NodeJS.Timeout | null = null

  constructor(options: RedisConnectionOptions) {
    this.peer = options.peer
    this.#options = options
    this.#prefix = options.rootKey === '' ? '' : `${options.rootKey}/`
  }

  /** Before the first read, so that nothing is missed between the two. */
  async watch(): Promise<void> {
    const { events, db, listener } = this.#options
    events.on('pmessage', () => listener.changed())
    try {
      await events.psubscribe(`__keyspace@${db}__:${escapePattern(this.#prefix)}*`)
    } catch (error) {
      if (!isForbidden(error)) throw error
      this.#maySubscribe = false
    }
    this.#notifications = await this.#lookAtSetting()
    this.#look = setInterval(() => void this.#lookAgain(), LOOK_MS)
  }

  async read(): Promise<KvReading> {
    try {
      return await this.#read()
    } catch (error) {
      throw refusalIn(error) ?? error
    }
  }

  close(): void {
    if (this.#look !== null) clearInterval(this.#look)
    this.#options.close()
  }

  async #read(): Promise<KvReading> {
    const { commands } = this.#options
    const budget = new ReadBudget()
    const pairs: KeyValue[] = []
    const empty: string[] = []
    const others: string[] = []
    const keys = await this.#keys(budget)
    this.#keyCount = keys.length
    for (let at = 0; at < keys.length; at += CHUNK) {
      const texts = await this.#textsAmong(keys.slice(at, at + CHUNK), budget, others)
      if (texts.length === 0) continue
      const values = await commands.mget(texts)
      texts.forEach((key, position) => {
        const value = values[position] ?? null
        if (value === '') empty.push(key)
        // Null: it is gone by now, of which there is an event.
        else if (value !== null) pairs.push([key, value])
      })
    }
    const problems = [
      ...told(others, 'it holds no text', 'write it with SET'),
      ...told(empty, 'it has no value, and in Redis such keys count for nothing', 'write "true" to switch a block on'),
    ]
    if (this.#notifications !== 'complete') {
      problems.push(notificationsProblem(this.#notifications.missing, LOOK_MS / 1000))
    }
    return { pairs, problems }
  }

  async #keys(budget: ReadBudget): Promise<string[]> {
    const keys = new Set<string>()
    let cursor = '0'
    do {
      const [next, found] = await this.#options.commands.scan(
        cursor,
        'MATCH',
        `${escapePattern(this.#prefix)}*`,
        'COUNT',
        SCAN_COUNT,
      )
      for (const key of found) {
        // A key may come twice.
        if (!keys.has(key)) budget.spendKey(key)
        keys.add(key)
      }
      cursor = next
    } while (cursor !== '0')
    return [...keys]
  }

  /** Those that hold texts, once it is known that these are not too long. */
  async #textsAmong(keys: readonly string[], budget: ReadBudget, others: string[]): Promise<string[]> {
    const pipeline = this.#options.commands.pipeline()
    for (const key of keys) pipeline.strlen(key)
    const lengths = (await pipeline.exec()) ?? []
    return keys.filter((key, position) => {
      const [error, length] = lengths[position] ?? [null, 0]
      if (error === null) {
        budget.spend(Number(length))
        return true
      }
      if (!error.message.startsWith('WRONGTYPE')) throw error
      others.push(key)
      return false
    })
  }

  async #lookAtSetting(): Promise<Notifications> {
    if (!this.#maySubscribe) return { missing: 'the user may not subscribe to its channels' }
    try {
      const answer = (await this.#options.commands.config('GET', 'notify-keyspace-events')) as string[]
      return notificationsBy(answer[1] ?? '')
    } catch (error) {
      if (!isForbidden(error)) throw error
      return notificationsBy(null)
    }
  }

  /** Of FLUSHDB and FLUSHALL there are no events. */
  async #wasFlushed(): Promise<boolean> {
    try {
      return (await this.#options.commands.dbsize()) < this.#keyCount
    } catch (error) {
      // We may not: then it is seen with the next change.
      if (!isForbidden(error)) throw error
      return false
    }
  }

  async #lookAgain(): Promise<void> {
    const { listener } = this.#options
    try {
      const before = this.#notifications
      this.#notifications = await this.#lookAtSetting()
      // Either nobody else tells of changes, or it has to be told that somebody does now.
      const untold = before !== 'complete' || this.#notifications !== 'complete'
      if (untold || (await this.#wasFlushed())) listener.changed()
    } catch (error) {
      listener.lost(error instanceof Error ? error : new Error(String(error)))
    }
  }
}

/** For SCAN and PSUBSCRIBE. */
const escapePattern = (text: string): string => text.replace(/[*?[\]\\]/g, '\\$&')

function told(keys: readonly string[], what: string, hint: string): ConfigProblem[] {
  const problems = keys.slice(0, MAX_TOLD).map((key) => ignored(`key ${key.slice(0, 200)}`, what, hint))
  const more = keys.length - problems.length
  return more === 0 ? problems : [...problems, ignored(`${more} more keys`, what, hint)]
}

const ignored = (item: string, what: string, hint: string): ConfigProblem => ({
  severity: 'warning',
  message: `the key is ignored: ${what}`,
  hint,
  provider: null,
  path: [],
  position: null,
  origin: { item },
})
