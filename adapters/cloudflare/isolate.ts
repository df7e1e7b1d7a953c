import type { Observer } from '../../src/contracts/observer.ts'
import type { Logger } from '../../src/contracts/ports.ts'
import type { CompileRegexp } from '../../src/contracts/regexp.ts'
import type { HealthTable } from '../../src/engine/health/table.ts'
import type { Handler } from '../../src/http/handler.ts'
import { type Definitions, openDefinitions } from '../../src/plan/definitions.ts'
import { FLAGS_KEY, HEALTH_KEY, PLAN_API_KEY, PLAN_KEY } from '../../src/plan/kv-keys.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { importPublicKeys, type Reader, SignedValueError } from '../../src/plan/signed-line.ts'
import { headLine, openPlan } from '../../src/plan/signed-plan.ts'
import { Host } from '../../src/runtime/host.ts'
import type { LinkParts } from '../../src/runtime/linking/linker.ts'
import type { Snapshot } from '../../src/runtime/snapshot.ts'
import type { Observers } from '../../src/telemetry/observers.ts'
import { runtimeClock } from '../web/clock.ts'
import { loadCertificates } from './bridge/client-certificates.ts'
import { numberOf, type WorkerEnv } from './env.ts'
import { createLogger, createPorts } from './ports.ts'
import { loadRegexps, noExpressions } from './regexps.ts'
import type { HealthState } from './state/health-state.ts'

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

/** What tells of an end that must be waited for: of a request, or of an object. */
type Execution = Pick<ExecutionContext, 'waitUntil'>

/**
 * What one isolate knows: the plan it serves, who is down and what is switched by hand. It looks into KV when the first
 * request comes and again, once at a time and behind the back of requests, when what it has is old. What can't be read
 * or is refused changes nothing: the last good plan stays.
 */
export class Isolate {
  readonly log: Logger
  /** Null while no check is in force. */
  health: HealthState | null = null
  readonly #env: WorkerEnv
  readonly #interest: 'all' | 'plan'
  #compileRegexp: CompileRegexp = noExpressions
  readonly #refreshMs: number
  readonly #host: Host
  #observers: Observers | null = null
  #serving: Serving | null = null
  #reader: Promise<Reader> | null = null
  /** Of the value last taken over. */
  #header = ''
  #flags = ''
  #loading: Promise<void> | null = null
  #loadedAt = Number.NEGATIVE_INFINITY
  #problem = ''

  /** @param interest `plan`: neither what others found nor what is switched by hand */
  constructor(env: WorkerEnv, interest: 'all' | 'plan' = 'all') {
    this.#env = env
    this.#interest = interest
    this.log = createLogger(env.SIGNALBOX_LOG_LEVEL ?? 'error')
    const ports = createPorts(this.log, env.SIGNALBOX_STATE ?? null)
    this.#host = new Host({ ports: { ...ports, compileRegexp: (plan) => this.#compileRegexp(plan) } })
    this.#refreshMs = numberOf(env.SIGNALBOX_REFRESH_MS, 30_000)
  }

  /** Who is down. */
  get table(): HealthTable {
    return this.#host.health
  }

  /** Null until a plan has been taken over. */
  get snapshot(): Snapshot | null {
    return this.#serving?.snapshot ?? null
  }

  /** What to serve now; null when nothing good has been published. Waits only where there is nothing yet. */
  serving(execution: Execution): Serving | null | Promise<Serving | null> {
    const loading = this.refresh(execution)
    this.health?.askSoon(execution)
    return this.#serving ?? loading?.then(() => this.#serving) ?? null
  }

  /** Looks into KV if what is known is old; null where it isn't. */
  refresh(execution: Execution): Promise<void> | null {
    const isFresh = Date.now() - this.#loadedAt < this.#refreshMs
    return isFresh && (this.#serving !== null || this.#loading === null) ? null : this.load(execution)
  }

  /** Looks into KV. Never rejects. */
  load(execution: Execution): Promise<void> {
    const now = Date.now()
    if (this.#loading !== null && now - this.#loadedAt < LOAD_LIMIT_MS) return this.#loading
    this.#loadedAt = now
    const loading = this.#look()
      .catch((error: unknown) => this.#note(error instanceof Error ? error.message : String(error)))
      .then(() => this.health?.askSoon(execution))
      .finally(() => {
        if (this.#loading === loading) this.#loading = null
      })
    this.#loading = loading
    // Others may wait for it, so it goes on when this request's client leaves.
    execution.waitUntil(loading)
    return loading
  }

  async #look(): Promise<void> {
    const kv = this.#env.SIGNALBOX_KV
    if (kv === undefined) return this.#note('there is no KV binding SIGNALBOX_KV')
    const read = (key: string) => (this.#interest === 'all' ? kv.get(key, 'text') : null)
    const [value, health, flags] = await Promise.all([
      kv.get(PLAN_KEY, 'arrayBuffer'),
      read(HEALTH_KEY),
      read(FLAGS_KEY),
    ])
    // Before a plan that it is about serves its first request.
    if (this.#interest === 'all') await this.#takeFlags(flags ?? '')
    try {
      if (value === null) return this.#note('nothing has been published')
      const bytes = new Uint8Array(value)
      const header = headLine(bytes)
      if (header !== this.#header) await this.#take(bytes, header)
    } finally {
      // A plan that is refused keeps nothing else away.
      this.health?.adopt(health)
    }
  }

  /** A missing value, here the empty text: nothing is switched by hand. */
  async #takeFlags(text: string): Promise<void> {
    if (text === this.#flags) return
    this.#flags = text
    const { parseOperatorState } = await import('../../src/runtime/operator-state.ts')
    const state = parseOperatorState(text)
    if (state === null) this.log.log('error', 'Flags not taken over: what is stored is malformed')
    else this.#host.operator.adopt(state)
  }

  async #take(value: Uint8Array, header: string): Promise<void> {
    this.#reader ??= readerOf(this.#env)
    const { head, publication } = await openPlan(value, await this.#reader)
    const { revision } = head
    const least = Math.max((this.#serving?.revision ?? 0) + 1, numberOf(this.#env.SIGNALBOX_MIN_REVISION, 0))
    if (revision < least) return this.#note(`revision ${revision} is older than what is served or allowed`)
    const published = await publication()
    // The lists of all kinds are a tenth of what an isolate would start with.
    const [{ obstacleOf }, { loadKinds }] = await Promise.all([
      import('./abilities.ts'),
      import('../../src/runtime/load-kinds.ts'),
    ])
    const obstacle = obstacleOf(published)
    if (obstacle !== null) return this.#note(`revision ${revision}: ${obstacle}`)
    const { plan } = published
    const [kinds, compileRegexp, internal, observer] = await Promise.all([
      loadKinds(plan),
      loadRegexps(plan),
      this.#loadInternal(plan, revision),
      this.#observerOf(plan),
      loadCertificates(plan),
    ])
    this.#compileRegexp = compileRegexp
    this.#serving = this.#put(revision, plan, { kinds, internal, observer })
    this.#header = header
    this.#problem = ''
    await this.#followHealth(this.#serving.snapshot.checks.length > 0)
    this.log.log('info', 'Configuration loaded', { revision })
  }

  async #followHealth(hasChecks: boolean): Promise<void> {
    if (!hasChecks || this.#interest === 'plan') {
      this.health = null
      return
    }
    const { SIGNALBOX_STATE: objects, SIGNALBOX_HEALTH_CHECKS: mode } = this.#env
    const { HealthState } = await import('./state/health-state.ts')
    this.health ??= new HealthState(this.table, mode === 'due' ? null : (objects ?? null))
  }

  /** One console line an exchange, where the plan wants an access log. */
  async #observerOf({ telemetry }: Plan): Promise<Observer | null> {
    if (telemetry === undefined) return null
    const { Observers } = await import('../../src/telemetry/observers.ts')
    this.#observers ??= new Observers({
      clock: runtimeClock,
      writeAccessLog: (line) => console.log(line.trimEnd()),
    })
    return this.#observers.of(telemetry)
  }

  /** A module of its own: most plans need nothing of it. */
  async #loadInternal(plan: Plan, revision: number): Promise<ReadonlyMap<string, Handler>> {
    const wanted = internalNames(plan)
    if (wanted.size === 0) return new Map()
    const { loadInternal } = await import('./internal.ts')
    return loadInternal(
      plan,
      wanted,
      () => this.#host.switch.current,
      () => this.#definitionsOf(revision),
      this.log,
    )
  }

  /** @throws SignedValueError, or what KV throws */
  async #definitionsOf(revision: number): Promise<Definitions> {
    this.#reader ??= readerOf(this.#env)
    const value = (await this.#env.SIGNALBOX_KV?.get(PLAN_API_KEY, 'arrayBuffer')) ?? null
    if (value === null) throw new SignedValueError('there are none in KV')
    return openDefinitions(new Uint8Array(value), revision, await this.#reader)
  }

  #put(revision: number, plan: Plan, parts: LinkParts): Serving {
    const snapshot = this.#host.apply(plan, parts)
    const { http: plainEntryPoint = '', https: [tlsEntryPoint = ''] = [] } = plan.schemes ?? {}
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

const readerOf = async (env: WorkerEnv): Promise<Reader> => ({
  keys: await importPublicKeys(env.SIGNALBOX_PUBLIC_KEYS ?? ''),
  audience: env.SIGNALBOX_AUDIENCE ?? '',
})

/** The services `NAME@internal` that routers name, or services and error pages on their way. */
function internalNames({ routers, services, middlewares }: Plan): ReadonlySet<string> {
  const named = Object.values(routers).map(({ service }) => service)
  const pages = Object.values(middlewares).filter(({ kind }) => kind === 'errors')
  // Every other kind of service has nothing but names and numbers.
  const spread = Object.values(services).filter(({ kind }) => kind !== 'loadBalancer')
  const text = JSON.stringify([named, pages.concat(spread).map(({ config }) => config)])
  return new Set(text.match(/[^"]+@internal(?=")/g))
}
