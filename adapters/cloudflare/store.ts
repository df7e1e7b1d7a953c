import type { HealthMonitor } from '../../src/health/monitor.ts'
import { HealthTable } from '../../src/health/table.ts'
import type { Handler } from '../../src/http/handler.ts'
import type { Kinds } from '../../src/kinds/kinds.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { headerOf, importPublicKeys, open, type TrustedKeys } from '../../src/plan/signed-plan.ts'
import type { Logger, Ports } from '../../src/ports/ports.ts'
import { link } from '../../src/runtime/linker.ts'
import { Operator } from '../../src/runtime/operator.ts'
import type { Snapshot } from '../../src/runtime/snapshot.ts'
import { HEALTH_KEY, numberOf, PLAN_KEY, type WorkerEnv } from './env.ts'
import { HealthState } from './health-state.ts'
import { loadKinds } from './kinds.ts'
import { clock, createLogger, createPorts } from './ports.ts'

/** The plan that an isolate serves. */
export interface Serving {
  readonly revision: number
  readonly snapshot: Snapshot
  /** For requests that came by http and by https. */
  readonly plain: Handler | null
  readonly tls: Handler | null
  readonly plainEntryPoint: string
  readonly tlsEntryPoint: string
}

/** A load that takes longer belongs to a request that was cancelled: it will never settle. */
const LOAD_LIMIT_MS = 10_000

/**
 * What one isolate knows: the plan it serves and who is down. It looks into KV when the first request comes and again,
 * once at a time and behind the back of requests, when what it has is old. What can't be read or is refused changes
 * nothing: the last good plan stays.
 */
export class Isolate {
  readonly log: Logger
  readonly #env: WorkerEnv
  readonly #ports: Ports
  readonly #refreshMs: number
  readonly #table = new HealthTable()
  readonly #health = new HealthState(this.#table)
  readonly #operator = new Operator(clock)
  /** Of scheduled runs that check what is due. */
  #monitor: HealthMonitor | null = null
  #serving: Serving | null = null
  #keys: Promise<TrustedKeys> | null = null
  /** Of the value last taken over. */
  #header = ''
  #loading: Promise<void> | null = null
  #loadedAt = Number.NEGATIVE_INFINITY
  #problem = ''

  constructor(env: WorkerEnv) {
    this.#env = env
    this.log = createLogger(env.SIGNALBOX_LOG_LEVEL ?? 'error')
    this.#ports = createPorts(this.log)
    this.#refreshMs = numberOf(env.SIGNALBOX_REFRESH_MS, 30_000)
  }

  /** What to serve now; null when nothing good has been published. Waits only where there is nothing yet. */
  serving(execution: ExecutionContext): Serving | null | Promise<Serving | null> {
    const isFresh = Date.now() - this.#loadedAt < this.#refreshMs
    if (isFresh && (this.#serving !== null || this.#loading === null)) return this.#serving
    const loading = this.#load(execution)
    return this.#serving ?? loading.then(() => this.#serving)
  }

  /** A scheduled run: the newest plan, its health checks, and what they found. */
  async check(execution: ExecutionContext): Promise<void> {
    await this.#load(execution)
    const kv = this.#env.SIGNALBOX_KV
    if (this.#serving === null || kv === undefined) return
    // Runs come a minute apart and in different isolates, so each one starts afresh and checks everything.
    const onlyDue = this.#env.SIGNALBOX_HEALTH_CHECKS === 'due'
    const monitor = (onlyDue ? this.#monitor : null) ?? (await this.#createMonitor(this.#serving.snapshot))
    if (onlyDue) this.#monitor = monitor
    await monitor.tick(!onlyDue)
    await this.#health.publish(kv, Date.now())
  }

  /** Loaded by scheduled runs only. */
  async #createMonitor({ checks }: Snapshot): Promise<HealthMonitor> {
    const { HealthMonitor } = await import('../../src/health/monitor.ts')
    const monitor = new HealthMonitor(this.#table, clock, this.log)
    monitor.replace(checks)
    return monitor
  }

  #load(execution: ExecutionContext): Promise<void> {
    const now = Date.now()
    if (this.#loading !== null && now - this.#loadedAt < LOAD_LIMIT_MS) return this.#loading
    this.#loadedAt = now
    const loading = this.#refresh()
      .catch((error: unknown) => this.#note(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        if (this.#loading === loading) this.#loading = null
      })
    this.#loading = loading
    // Others may wait for it, so it goes on when this request's client leaves.
    execution.waitUntil(loading)
    return loading
  }

  async #refresh(): Promise<void> {
    const kv = this.#env.SIGNALBOX_KV
    if (kv === undefined) return this.#note('there is no KV binding SIGNALBOX_KV')
    const [value, health] = await Promise.all([kv.get(PLAN_KEY, 'arrayBuffer'), kv.get(HEALTH_KEY, 'text')])
    if (value === null) {
      this.#note('nothing has been published')
    } else {
      const bytes = new Uint8Array(value)
      const header = headerOf(bytes)
      if (header !== this.#header) await this.#take(bytes, header)
    }
    this.#health.adopt(health)
  }

  async #take(value: Uint8Array, header: string): Promise<void> {
    this.#keys ??= importPublicKeys(this.#env.SIGNALBOX_PUBLIC_KEYS ?? '')
    const { revision, plan } = await open(value, await this.#keys)
    const least = Math.max((this.#serving?.revision ?? 0) + 1, numberOf(this.#env.SIGNALBOX_MIN_REVISION, 0))
    if (revision < least) return this.#note(`revision ${revision} is older than what is served or allowed`)
    const [kinds, internal] = await Promise.all([loadKinds(plan), this.#loadInternal(plan)])
    this.#serving = this.#link(revision, plan, kinds, internal)
    this.#header = header
    this.#problem = ''
    const { checks, servers } = this.#serving.snapshot
    this.#operator.settle(servers)
    this.#table.retain(new Set(checks.map((check) => check.key)))
    this.#monitor?.replace(checks)
    this.log.log('info', 'Configuration loaded', { revision })
  }

  /** A module of its own: most plans need nothing of it. */
  async #loadInternal(plan: Plan): Promise<ReadonlyMap<string, Handler>> {
    if (!Object.values(plan.routers).some(({ service }) => service?.endsWith('@internal'))) return new Map()
    const { loadInternal } = await import('./internal.ts')
    return loadInternal(plan, () => this.#serving!.snapshot)
  }

  #link(revision: number, plan: Plan, kinds: Kinds, internal: ReadonlyMap<string, Handler>): Serving {
    const snapshot = link(plan, {
      kinds,
      ports: this.#ports,
      health: this.#table,
      operator: this.#operator,
      internal,
      observe: null,
    })
    const plainEntryPoint = snapshot.http.has('web') ? 'web' : (snapshot.http.keys().next().value ?? '')
    const tlsEntryPoint = snapshot.http.has('websecure') ? 'websecure' : plainEntryPoint
    return {
      revision,
      snapshot,
      plain: snapshot.http.get(plainEntryPoint)?.plain ?? null,
      tls: snapshot.http.get(tlsEntryPoint)?.tls ?? null,
      plainEntryPoint,
      tlsEntryPoint,
    }
  }

  /** One line for each new problem, not one for each look. */
  #note(problem: string): void {
    if (problem === this.#problem) return
    this.#problem = problem
    this.log.log('error', `Configuration not taken over: ${problem}`, { serving: this.#serving?.revision ?? null })
  }
}
