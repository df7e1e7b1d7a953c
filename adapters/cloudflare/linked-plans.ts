import type { Observer } from '../../src/contracts/observer.ts'
import type { Logger } from '../../src/contracts/ports.ts'
import type { CompileRegexp } from '../../src/contracts/regexp.ts'
import type { Handler } from '../../src/http/handler.ts'
import type { Plan } from '../../src/plan/plan.ts'
import type { SecretOf } from '../../src/plan/secrets.ts'
import type { PlanHead, Publication } from '../../src/plan/signed-plan.ts'
import { Host } from '../../src/runtime/host.ts'
import type { LinkParts } from '../../src/runtime/linking/linker.ts'
import type { Snapshot } from '../../src/runtime/snapshot.ts'
import type { Observers } from '../../src/telemetry/observers.ts'
import { runtimeClock } from '../web/clock.ts'
import { loadCertificates } from './bridge/client-certificates.ts'
import type { WorkerEnv } from './env.ts'
import type { PlanGate } from './plan-gate.ts'
import { createPorts } from './ports.ts'
import { loadRegexps, noExpressions } from './regexps.ts'
import { STATE_TIMEOUT_MS, type StateTimeout } from './state/shared-tokens.ts'

/** Characters of an access line: the platform cuts what a request logs, and a line that is cut says nothing. */
const LONGEST_LINE = 16_384

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

  /** Loads what a plan needs; what it resolves to puts the plan in force, at once. */
  async prepare({ head, plan }: Publication): Promise<() => Linked> {
    // The list of all kinds is a tenth of what an isolate would start with.
    const { loadKinds } = await import('../../src/runtime/load-kinds.ts')
    const [kinds, compileRegexp, internal, observer, secretOf] = await Promise.all([
      loadKinds(plan),
      loadRegexps(plan),
      this.#loadInternal(plan, head.revision),
      this.#observerOf(plan),
      this.#loadSecrets(plan),
      loadCertificates(plan),
    ])
    return () => {
      this.#compileRegexp = compileRegexp
      this.#secretOf = secretOf
      this.#stateTimeout.ms = plan.stateTimeoutMs ?? STATE_TIMEOUT_MS
      return this.#put(head, plan, { kinds, internal, observer })
    }
  }

  /** A module of its own: most plans have none. */
  async #loadSecrets({ middlewares, services }: Plan): Promise<SecretOf> {
    const elements = [...Object.values(middlewares), ...Object.values(services)]
    const used = elements.flatMap(({ secrets = [] }) => secrets)
    if (used.length === 0) return () => null
    const { loadSecrets } = await import('./secrets.ts')
    return loadSecrets(used, { ...this.#env })
  }

  /** One console line an exchange, where the plan wants an access log. */
  async #observerOf({ telemetry }: Plan): Promise<Observer | null> {
    if (telemetry === undefined) return null
    const [{ Observers }, { edgeFields }] = await Promise.all([
      import('../../src/telemetry/observers.ts'),
      import('./access-fields.ts'),
    ])
    this.#observers ??= new Observers({
      clock: runtimeClock,
      writeAccessLog: (line) => console.log(line.trimEnd()),
      random: () => Math.random(),
      accessLog: { fields: edgeFields, longestLine: LONGEST_LINE, isEndCostly: true },
    })
    return this.#observers.of(telemetry)
  }

  /** A module of its own: most plans need nothing of it. */
  async #loadInternal(plan: Plan, revision: number): Promise<ReadonlyMap<string, Handler>> {
    const wanted = internalNames(plan)
    if (wanted.size === 0) return new Map()
    const { loadInternal } = await import('./internal.ts')
    const shown = {
      plan,
      revision,
      kv: this.#env.SIGNALBOX_KV,
      reader: () => this.#gate.reader(),
      log: this.#log,
      assets: this.#env.SIGNALBOX_DASHBOARD,
    }
    return loadInternal(shown, wanted, this.host)
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

/** The services `NAME@internal` that routers name, or services and error pages on their way. */
function internalNames({ routers, services, middlewares }: Plan): ReadonlySet<string> {
  const named = Object.values(routers).map(({ service }) => service)
  const pages = Object.values(middlewares).filter(({ kind }) => kind === 'errors')
  // Every other kind of service has nothing but names and numbers.
  const spread = Object.values(services).filter(({ kind }) => kind !== 'loadBalancer')
  const text = JSON.stringify([named, pages.concat(spread).map(({ config }) => config)])
  return new Set(text.match(/[^"]+@internal(?=")/g))
}
