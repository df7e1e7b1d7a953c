import type { Kinds } from '../../src/contracts/kinds.ts'
import type { Observer } from '../../src/contracts/observer.ts'
import type { Logger } from '../../src/contracts/ports.ts'
import type { CompileRegexp } from '../../src/contracts/regexp.ts'
import type { HealthTable } from '../../src/engine/health/table.ts'
import type { Handler } from '../../src/http/handler.ts'
import type { MaybePromise } from '../../src/http/maybe-promise.ts'
import type { PlanGuide } from '../../src/plan/guide.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { isPluginKind } from '../../src/plan/plugin-kind.ts'
import type { SecretOf } from '../../src/plan/secrets.ts'
import type { GuidedPublication, PlanHead } from '../../src/plan/signed-plan.ts'
import { Host } from '../../src/runtime/host.ts'
import type { LinkParts } from '../../src/runtime/linking/link-options.ts'
import { loadKinds } from '../../src/runtime/load-kinds.ts'
import type { Snapshot } from '../../src/runtime/snapshot.ts'
import type { Observers } from '../../src/telemetry/observers.ts'
import { VERSION } from '../../src/version.ts'
import { loadOnDemand } from './bridge/on-demand.ts'
import type { WorkerEnv } from './env.ts'
import type { PlanGate } from './plan-gate.ts'
import { createPorts } from './ports.ts'
import { STATE_TIMEOUT_MS, type StateTimeout } from './state/shared-tokens.ts'

/** A plan that requests can be served by. */
export interface Linked {
  readonly head: PlanHead
  readonly snapshot: Snapshot
  /** For requests that came by http and by https. */
  readonly plain: Handler | null
  readonly tls: Handler | null
  readonly plainEntryPoint: string
  readonly tlsEntryPoint: string
}

/** Makes plans into handlers, with the modules that they need and no others. */
export class LinkedPlans {
  readonly host: Host
  /** What checks find; null: no plan has had any. */
  table: HealthTable | null = null
  readonly #env: WorkerEnv
  readonly #gate: PlanGate
  readonly #log: Logger
  readonly #stateTimeout: StateTimeout = { ms: STATE_TIMEOUT_MS }
  #compileRegexp: CompileRegexp = noExpressions
  #secretOf: SecretOf = () => null
  #observers: Observers | null = null

  constructor(env: WorkerEnv, gate: PlanGate, log: Logger) {
    this.#env = env
    this.#gate = gate
    this.#log = log
    const ports = createPorts(log, env.SIGNALBOX_STATE ?? null, this.#stateTimeout)
    this.host = new Host({
      isLazy: true,
      ports: {
        ...ports,
        compileRegexp: (plan) => this.#compileRegexp(plan),
        secretOf: (...of) => this.#secretOf(...of),
      },
    })
  }

  /** What is linked from now on goes by what this table says. */
  watch(table: HealthTable): void {
    this.table = table
    this.host.health = table
  }

  /** Loads what a plan needs; what it resolves to puts the plan in force, at once. */
  async prepare({ head, plan, guide: published, index }: GuidedPublication): Promise<() => Linked> {
    const guide = published ?? (await import('../../src/runtime/guide-of.ts')).guideOf(plan, VERSION)
    const secrets = guide.secrets.length === 0 ? () => null : this.#loadSecrets(guide)
    const [kinds, tables, compileRegexp, internal, observer, secretOf, indexed] = await Promise.all([
      loadKinds(guide.wanted).then((kinds) => this.#withPlugins(kinds, guide.wanted.middlewares)),
      guide.wanted.standsAlone ? null : import('../../src/engine/health/table.ts'),
      guide.hasExpressions
        ? import('../../src/engine/matching/regexp/regexp.ts').then((module) => module.compileRegexp)
        : noExpressions,
      this.#loadInternal(plan, guide, head.revision),
      this.#observerOf(plan, secrets),
      secrets,
      index === null
        ? null
        : import('../../src/runtime/linking/indexed-routes.ts').then(({ indexedBy }) => indexedBy(index)),
      loadOnDemand(guide.wanted),
    ])
    return () => {
      if (tables !== null && this.table === null) this.watch(new tables.HealthTable())
      this.#compileRegexp = compileRegexp
      this.#secretOf = secretOf
      this.#stateTimeout.ms = plan.stateTimeoutMs ?? STATE_TIMEOUT_MS
      return this.#put(head, plan, { kinds, internal, observer, ...(indexed === null ? {} : { indexed }) })
    }
  }

  /** The list of plugins is a module of its own. */
  async #withPlugins(kinds: Kinds, wanted: readonly string[]): Promise<Kinds> {
    if (!wanted.some(isPluginKind)) return kinds
    return (await import('./plugins.ts')).withDeployed(kinds)
  }

  async #loadSecrets({ secrets }: PlanGuide): Promise<SecretOf> {
    const { loadSecrets } = await import('./secrets.ts')
    return loadSecrets(secrets, { ...this.#env })
  }

  async #observerOf({ telemetry }: Plan, secrets: MaybePromise<SecretOf>): Promise<Observer | null> {
    if (telemetry === undefined) return null
    const [{ createObservers }, secretOf] = await Promise.all([import('./observers.ts'), secrets])
    this.#observers ??= createObservers(this.#env, this.#log, secretOf)
    return this.#observers.of(telemetry)
  }

  /** A module of its own: most plans need nothing of it. */
  async #loadInternal(plan: Plan, { internal }: PlanGuide, revision: number): Promise<ReadonlyMap<string, Handler>> {
    if (internal.length === 0) return new Map()
    const { loadInternal } = await import('./internal.ts')
    const shown = { plan, revision, env: this.#env, reader: () => this.#gate.reader(), log: this.#log }
    return loadInternal(shown, new Set(internal), this.host)
  }

  #put(head: PlanHead, plan: Plan, parts: LinkParts): Linked {
    const { http: plainEntryPoint = '', https: [tlsEntryPoint = ''] = [] } = plan.schemes ?? {}
    const snapshot = this.host.apply(plan, parts)
    return {
      head,
      snapshot,
      plain: snapshot.http.get(plainEntryPoint)?.plain ?? null,
      tls: snapshot.http.get(tlsEntryPoint)?.tls ?? null,
      plainEntryPoint,
      tlsEntryPoint,
    }
  }
}

/** For plans that have none: whoever asks is told the kind of expression that their guide has overlooked. */
const noExpressions: CompileRegexp = (plan) => {
  throw new Error(plan.kind)
}
