import type { Effect, TellEffect } from '../../contracts/effect.ts'
import { ConfigError, type MiddlewareKind } from '../../contracts/kinds.ts'
import type { Ports } from '../../contracts/ports.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ChainConfig } from '../../middlewares/chain/chain.ts'
import { middlewareEffects } from '../../middlewares/effects.ts'
import type { MiddlewarePlan } from '../../plan/plan.ts'
import { shownReference } from '../../plan/secrets.ts'
import { mapTexts } from '../../plan/texts.ts'
import type { OperatorState } from '../operator.ts'
import type { RuntimeReport } from '../report.ts'
import type { MiddlewareTrace } from './trace.ts'
import { type Tried, trialScope, tryOut } from './trial.ts'

/** Kinds that look at something outside and change nothing. */
const ONLY_LOOK: ReadonlySet<string> = new Set(['maintenance', 'respond', 'grpcWeb'])

/** Middlewares of one request that are shown. */
const MOST = 200

interface Loaded {
  readonly tell: TellEffect<unknown> | null
  readonly kind: MiddlewareKind<unknown> | null
}

/** What middlewares do to one request, one after the other. */
export class MiddlewareWalk {
  readonly traces: MiddlewareTrace[] = []
  readonly #report: RuntimeReport
  readonly #ports: Ports
  readonly #switched: OperatorState['middlewares']

  constructor(report: RuntimeReport, ports: Ports, state: OperatorState) {
    this.#report = report
    this.#ports = ports
    this.#switched = state.middlewares
  }

  /**
   * Leads a request through the middlewares of these names, the first one outermost. `passed` is null where one of them
   * answers; those behind it are shown all the same.
   */
  async through(names: readonly string[], request: ProxyRequest, cx: RequestContext): Promise<Tried> {
    let tried: Tried = { text: '', status: null, passed: request }
    for (const name of this.#flat(names)) {
      if (this.traces.length >= MOST) break
      const report = this.#report.middlewares.get(name)
      if (report === undefined) continue
      const { plan } = report
      const reached = tried.passed
      if (reached !== null) {
        const step = await this.#effect(name, plan, reached, cx)
        tried = { ...step, text: `${name} ${step.text}` }
        this.traces.push(traceOf(name, plan, step))
      } else this.traces.push(traceOf(name, plan, { text: 'the request does not get here', status: null }))
    }
    return tried
  }

  /** A chain stands in front of its members. */
  #flat(names: readonly string[], within: readonly string[] = []): string[] {
    return names.flatMap((name) => {
      const plan = this.#report.middlewares.get(name)?.plan
      if (plan?.kind !== 'chain' || plan.config === null || within.includes(name)) return [name]
      return [name, ...this.#flat((plan.config as ChainConfig).middlewares, [...within, name])]
    })
  }

  async #effect(name: string, plan: MiddlewarePlan, request: ProxyRequest, cx: RequestContext): Promise<Tried> {
    const goesOn = (text: string): Tried => ({ text, status: null, passed: request })
    if (plan.kind === 'chain') return goesOn(`is ${(plan.config as ChainConfig | null)?.middlewares.join(', ') ?? ''}`)
    if (plan.provider === 'program') return goesOn('is code of the program: what it does is not known')
    const { tell, kind } = await load(plan.kind ?? '')
    const config = withoutMarks(plan)
    if (tell !== null) {
      const effect = tell(config, request, cx)
      return { ...effect, passed: effect.status === null ? request : null }
    }
    if (kind === null || (kind.isStateless !== true && !ONLY_LOOK.has(plan.kind ?? ''))) {
      return goesOn('what it does shows only when it does it')
    }
    const on = Object.hasOwn(this.#switched, name) ? this.#switched[name]! : null
    try {
      return tryOut(kind.build(config, trialScope(name, this.#ports, { on })), request, cx)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return goesOn('what it does shows only when it does it')
    }
  }
}

async function load(kind: string): Promise<Loaded> {
  const { middlewareKinds } = await import('../../middlewares/registry.ts')
  const [tell, built] = await Promise.all([
    Object.hasOwn(middlewareEffects, kind) ? middlewareEffects[kind as keyof typeof middlewareEffects]() : null,
    Object.hasOwn(middlewareKinds, kind) ? middlewareKinds[kind as keyof typeof middlewareKinds]() : null,
  ])
  return { tell: tell as TellEffect<unknown> | null, kind: built as MiddlewareKind<unknown> | null }
}

/** Secrets as they are written, as references: what is shown must not hold them. */
function withoutMarks({ config, secrets = [] }: MiddlewarePlan): unknown {
  if (secrets.length === 0) return config
  return mapTexts(config, (text) =>
    secrets.reduce((shown, secret) => shown.replaceAll(secret.mark, () => shownReference(secret)), text),
  )
}

function traceOf(name: string, { kind, definition }: MiddlewarePlan, { text }: Effect): MiddlewareTrace {
  const options = kind === null ? undefined : definition[kind]
  return { name, type: kind ?? '', options: isRecord(options) ? options : {}, effect: text }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
