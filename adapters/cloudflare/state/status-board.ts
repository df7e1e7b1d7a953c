import type { LocationState, ProblemCount, StatusReport } from '../../../src/plan/worker-status.ts'
import { asTold } from './told.ts'

/** How long it is known what an isolate has told of itself, and what went wrong, in ms. */
const ISOLATE_MS = 10 * 60_000
const PROBLEM_MS = 60 * 60_000

/** Rows of each; those not heard of for longest go first. */
const MOST_ISOLATES = 2_000
const MOST_PROBLEMS = 200

/** Requests for the status that may be remembered at once: those of about a minute. */
const MOST_NONCES = 1_000

/**
 * What all isolates tell of themselves: where they are, what they serve and what went wrong. In storage alone, so that an
 * object that comes back knows it. Rows are bounded in number and size, whoever tells.
 */
export class StatusBoard {
  readonly #sql: SqlStorage
  readonly #storage: DurableObjectStorage
  readonly #date: () => number

  /** @param date milliseconds since 1970 */
  constructor(storage: DurableObjectStorage, date: () => number = Date.now) {
    this.#storage = storage
    this.#sql = storage.sql
    this.#date = date
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS isolates (isolate TEXT PRIMARY KEY, location TEXT NOT NULL,
      revision INTEGER, source TEXT NOT NULL, version TEXT NOT NULL, since INTEGER NOT NULL, heardAt INTEGER NOT NULL)`)
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS problems (text TEXT PRIMARY KEY, count INTEGER NOT NULL,
      first INTEGER NOT NULL, last INTEGER NOT NULL)`)
    this.#sql.exec('CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, until INTEGER NOT NULL)')
  }

  /** What is no telling of an isolate changes nothing. */
  tell(value: unknown): void {
    const now = this.#date()
    const told = asTold(value, now)
    if (told === null) return
    const { isolate, location, revision, from, version, since, problems } = told
    this.#storage.transactionSync(() => {
      this.#sql.exec(
        'INSERT OR REPLACE INTO isolates VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[isolate, location, revision, from, version, since, now],
      )
      for (const { text, count, first, last } of problems) {
        this.#sql.exec(
          `INSERT INTO problems VALUES (?, ?, ?, ?) ON CONFLICT (text) DO UPDATE SET
            count = min(count + excluded.count, 1000000000), first = min(first, excluded.first), last = max(last, excluded.last)`,
          ...[text, count, first, last],
        )
      }
      this.#forget(now)
    })
  }

  /**
   * What is known.
   * @param nonce of the request for it
   * @param until when that request is too old anyway, in milliseconds since 1970
   * @returns null: that request has been answered before
   */
  report(nonce: string, until: number): StatusReport | null {
    const now = this.#date()
    this.#forget(now)
    const { count } = this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM nonces').one()
    const known = this.#sql.exec('SELECT 1 FROM nonces WHERE nonce = ?', nonce).toArray()
    if (known.length > 0 || count >= MOST_NONCES) return null
    this.#sql.exec('INSERT INTO nonces VALUES (?, ?)', nonce, until)
    return {
      now,
      locations: this.#sql
        .exec<Row<LocationState>>(
          `SELECT location, revision, source AS "from", version, count(*) AS isolates, min(since) AS since,
            max(heardAt) AS heardAt FROM isolates GROUP BY location, revision, source, version ORDER BY location, heardAt`,
        )
        .toArray(),
      problems: this.#sql.exec<Row<ProblemCount>>('SELECT * FROM problems ORDER BY last DESC').toArray(),
    }
  }

  #forget(now: number): void {
    this.#sql.exec('DELETE FROM isolates WHERE heardAt <= ?', now - ISOLATE_MS)
    this.#sql.exec('DELETE FROM problems WHERE last <= ?', now - PROBLEM_MS)
    this.#sql.exec('DELETE FROM nonces WHERE until < ?', now)
    for (const [table, key, time, most] of [
      ['isolates', 'isolate', 'heardAt', MOST_ISOLATES],
      ['problems', 'text', 'last', MOST_PROBLEMS],
    ] as const) {
      this.#sql.exec(
        `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} ORDER BY ${time} DESC LIMIT -1 OFFSET ${most})`,
      )
    }
  }
}

type Row<T> = { [K in keyof T]: T[K] & SqlStorageValue }
