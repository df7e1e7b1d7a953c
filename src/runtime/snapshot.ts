import type { HealthCheck } from '../contracts/health-check.ts'
import type { Handler } from '../http/handler.ts'
import type { Plan } from '../plan/plan.ts'
import type { ServerName } from './operator.ts'
import type { RuntimeReport } from './report.ts'
import { NO_STREAMS, type Streams } from './streams.ts'
import type { Closable } from './usage-pool.ts'

/** Handlers of one entry point, for plain and for TLS connections: priorities of the two never meet. */
export interface EntryPointHandlers {
  readonly plain: Handler
  readonly tls: Handler
}

/**
 * A linked configuration: an immutable graph of handlers; only cursors and counters move inside. It closes when it has
 * been replaced and its last exchange is over, so nothing is cut.
 */
export class Snapshot {
  readonly plan: Plan
  readonly report: RuntimeReport
  readonly http: ReadonlyMap<string, EntryPointHandlers>
  readonly checks: readonly HealthCheck[]
  /** Servers of its services, named as `serviceKey` does. */
  readonly servers: readonly ServerName[]
  readonly streams: Streams
  readonly #opened: readonly Closable[]
  #waiting: readonly (() => unknown)[]
  #exchanges = 0
  #retired = false

  constructor(
    plan: Plan,
    report: RuntimeReport,
    http: ReadonlyMap<string, EntryPointHandlers>,
    checks: readonly HealthCheck[],
    servers: readonly ServerName[],
    opened: readonly Closable[],
    streams: Streams = NO_STREAMS,
    waiting: readonly (() => unknown)[] = [],
  ) {
    this.plan = plan
    this.report = report
    this.http = http
    this.checks = checks
    this.servers = servers
    this.streams = streams
    this.#opened = opened
    this.#waiting = waiting
  }

  /** Links what no request has come near, so that the report says how everything stands. */
  linkAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const link of waiting) link()
  }

  /** An exchange begins on this snapshot; `leave` must follow. */
  enter(): void {
    this.#exchanges++
  }

  leave(): void {
    this.#exchanges--
    if (this.#retired && this.#exchanges === 0) this.#close()
  }

  /** It has been replaced. */
  retire(): void {
    if (this.#retired) return
    this.#retired = true
    if (this.#exchanges === 0) this.#close()
  }

  #close(): void {
    for (const item of this.#opened) item.close()
  }
}
