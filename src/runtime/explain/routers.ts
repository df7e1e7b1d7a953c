import { byPrecedence, type Ranked } from '../../engine/matching/precedence.ts'
import { MAX_STEPS, TooCostly } from '../../http/effort.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { maskUserInfo } from '../../http/secrets.ts'
import type { Steps } from '../../http/steps.ts'
import type { Plan, RouterPlan } from '../../plan/plan.ts'
import { groupOf } from '../linking/entry-points.ts'
import type { ElementReport } from '../report.ts'
import type { Snapshot } from '../snapshot.ts'
import type { RouterTrace } from './trace.ts'
import { type CompileNode, whyNot } from './why.ts'

/** A request that routers are asked about, as it is there. */
export interface Asked {
  readonly request: ProxyRequest
  readonly cx: RequestContext
  readonly compile: CompileNode
}

/** What routers say to a request. */
export interface Routing {
  readonly routers: readonly RouterTrace[]
  readonly leftOut: number
  /** Null: none takes it. */
  readonly winner: string | null
  /** Whether a rule could not be decided on: the request is refused. */
  readonly tooCostly: boolean
}

type Report = ElementReport<RouterPlan>

interface Candidate extends Ranked {
  readonly report: Report
}

/** Routers that are shown. */
const MOST = 200
/** Effort for all of them: some are asked that a request would not come near. */
const ALL_STEPS = 20 * MAX_STEPS

/** Asks the routers that are tried for requests of an entry point, and those that are not but would match. */
export function* routeAtTop(snapshot: Snapshot, entryPoint: string, asked: Asked): Steps<Routing> {
  const overTls = asked.request.scheme === 'https'
  const { plan, report } = snapshot
  const parents = parentsIn(plan)
  const tried: Candidate[] = []
  const passedOver: { readonly report: Report; readonly isOut: boolean }[] = []
  for (const router of report.routers.values()) {
    yield
    if (router.plan.isChild) continue
    const group = groupOf(router.plan, entryPoint, overTls, plan.schemes)
    const isOut = router.status === 'disabled' && !servesChildren(router, parents)
    if (group !== null && !isOut) tried.push({ ...rankOf(router), group })
    else if (router.plan.provider !== 'internal') passedOver.push({ report: router, isOut })
  }
  yield
  const routing = yield* ask(byPrecedence(tried, plan.precedence), asked)
  const near: RouterTrace[] = []
  let leftOut = routing.leftOut
  for (const { report: router, isOut } of passedOver) {
    yield
    // That it would match elsewhere matters where nobody takes the request.
    if (routing.winner !== null && !isOut) continue
    if (router.plan.rule === null || whyNotWithin(router.plan.rule, asked) !== null) continue
    const reason = isOut ? disabledText(router) : elsewhereText(router, overTls)
    if (routing.routers.length + near.length < MOST)
      near.push(traceOf(router, false, `its rule matches, but ${reason}`))
    else leftOut++
  }
  return { ...routing, routers: [...routing.routers, ...near], leftOut }
}

/** Routers that others are below. */
export function parentsIn({ routers }: Plan): ReadonlySet<string> {
  const parents = new Set<string>()
  for (const name in routers) for (const parent of routers[name]!.parents) parents.add(parent)
  return parents
}

/** Asks the routers below one another. */
export function* routeBelow({ plan, report }: Snapshot, parent: string, asked: Asked): Steps<Routing> {
  const children = [...report.routers.values()].filter((router) => router.plan.parents.includes(parent))
  yield
  const enabled = children.filter(({ status }) => status === 'enabled').map(rankOf)
  return yield* ask(byPrecedence(enabled, plan.precedence), asked)
}

function* ask(candidates: readonly Candidate[], asked: Asked): Steps<Routing> {
  const traces: { readonly trace: RouterTrace; readonly isNear: boolean }[] = []
  let winner: Report | null = null
  let tooCostly = false
  for (const { report } of candidates) {
    yield
    const { rule } = report.plan
    if (rule === null || tooCostly) continue
    const reason = whyNotWithin(rule, asked)
    if (reason === undefined) {
      // After the winner it does not matter.
      if (winner !== null) continue
      tooCostly = true
      traces.push({
        trace: traceOf(report, false, 'whether it matches takes too many steps to find out'),
        isNear: true,
      })
    } else if (reason === null) {
      const text =
        winner === null ? 'its rule matches, and it comes first of those that do' : beatenText(report, winner)
      traces.push({ trace: traceOf(report, true, text), isNear: true })
      winner ??= report
    } else if (winner === null) {
      traces.push({ trace: traceOf(report, false, reason), isNear: !reason.startsWith('Host') })
    }
  }
  const shown = nearest(traces)
  return {
    routers: shown.map(({ trace }) => trace),
    leftOut: traces.length - shown.length,
    winner: winner?.name ?? null,
    tooCostly,
  }
}

/** Where there are too many: those that match and those that come near it. */
function nearest<T extends { readonly trace: RouterTrace; readonly isNear: boolean }>(all: readonly T[]): readonly T[] {
  if (all.length <= MOST) return all
  const rankOf = ({ trace, isNear }: T) => (trace.matched ? 0 : isNear ? 1 : 2)
  const kept = new Set(all.toSorted((a, b) => rankOf(a) - rankOf(b)).slice(0, MOST))
  return all.filter((one) => kept.has(one))
}

/** As `whyNot`, within the effort that is left; undefined: that is not enough. */
function whyNotWithin(
  rule: NonNullable<RouterPlan['rule']>,
  { request, cx, compile }: Asked,
): string | null | undefined {
  const before = cx.stepsLeft
  // What one request may cost is what one router may.
  const allowed = Math.min(before, MAX_STEPS)
  cx.stepsLeft = allowed
  try {
    return whyNot(rule, request, cx, compile)
  } catch (error) {
    if (!(error instanceof TooCostly)) throw error
    return undefined
  } finally {
    cx.stepsLeft = before - (allowed - Math.max(0, cx.stepsLeft))
  }
}

/** A context's effort for all routers together. */
export function giveEffort(cx: RequestContext): void {
  cx.stepsLeft = ALL_STEPS
}

const rankOf = (report: Report): Candidate => ({
  report,
  name: report.name,
  provider: report.plan.provider,
  priority: BigInt(report.plan.priority),
})

const traceOf = ({ name, plan }: Report, matched: boolean, reason: string): RouterTrace => ({
  name,
  provider: plan.provider,
  rule: maskUserInfo(String(plan.definition.rule ?? '')),
  priority: plan.priority,
  matched,
  reason,
})

/** A root with a service and children is reported disabled and yet serves its children, as in Traefik. */
const servesChildren = ({ name, plan }: Report, parents: ReadonlySet<string>): boolean =>
  parents.has(name) && plan.service !== null && plan.closed !== true

const disabledText = ({ errors }: Report): string => `it is disabled: ${maskUserInfo(errors.join('; '))}`

function elsewhereText({ plan }: Report, overTls: boolean): string {
  if (plan.tls !== overTls) return plan.tls ? 'it is for https alone' : 'it is for http alone'
  return `it is not on this entry point: it is on ${plan.entryPoints.join(', ') || 'none'}`
}

function beatenText({ plan }: Report, winner: Report): string {
  if (plan.priority !== winner.plan.priority)
    return `its rule matches too, but ${winner.name} comes first: its priority is ${winner.plan.priority}`
  return `its rule matches too, but of equal priorities ${winner.name} comes first`
}
