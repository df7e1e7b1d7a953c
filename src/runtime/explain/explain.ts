import type { Ports } from '../../contracts/ports.ts'
import { compileRule } from '../../engine/matching/matchers.ts'
import { rareMatchers } from '../../engine/matching/rare-matchers.ts'
import { Fields, toFieldText } from '../../http/fields.ts'
import { inTurns } from '../../http/in-turns.ts'
import { createIpMatcher } from '../../http/ip.ts'
import { maskUrl } from '../../http/masked-url.ts'
import { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { ProxyResponse } from '../../http/response.ts'
import { maskUserInfo } from '../../http/secrets.ts'
import { shownUrl } from '../../http/shown-url.ts'
import { atOnce, type Steps } from '../../http/steps.ts'
import { forward } from '../../services/shared/forward.ts'
import type { OperatorState } from '../operator.ts'
import { createEntryPoint } from '../routing/entry-point.ts'
import { routed } from '../routing/routed.ts'
import type { Snapshot } from '../snapshot.ts'
import { shownFields } from './changes.ts'
import { MiddlewareWalk } from './middlewares.ts'
import { type Asked, giveEffort, parentsIn, type Routing, routeAtTop, routeBelow } from './routers.ts'
import { type Choice, choose, ServiceTree } from './services.ts'
import type { RouterTrace, Trace } from './trace.ts'
import { TrialContext, tryOut } from './trial.ts'

/** A request that somebody asks about. */
export interface Question {
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** A valid host, with its port where there is one. */
  readonly authority: string
  /** In origin form: printable ASCII. */
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** One that is in the plan. */
  readonly entryPoint: string
  /** IP address; empty: unknown. */
  readonly clientAddress: string
}

/** What explaining needs beside the question. */
export interface ExplainSurroundings {
  readonly snapshot: Snapshot
  /** Nothing is sent by them. Expressions that they compile are thrown away. */
  readonly ports: Ports
  readonly operator: OperatorState
  /** Resolves once everybody else had a turn; null: nobody else is there. */
  readonly turn: (() => Promise<void>) | null
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const SILENT: Ports['log'] = { log() {} }

/** Routers below one another that are followed. */
const MOST_LEVELS = 20
/** Services inside one another that are followed. */
const MOST_SERVICES = 50

/**
 * What would become of a request: which routers are asked and why each of them takes it or not, what middlewares do to
 * it, the server that it would go to, and how it gets there. Nothing is sent, no token taken, no cursor moved.
 */
export async function explain(question: Question, given: ExplainSurroundings): Promise<Trace> {
  const { method, scheme, authority, target, entryPoint, clientAddress } = question
  const surroundings = { ...given, ports: { ...given.ports, log: SILENT } }
  const { snapshot, ports, operator } = surroundings
  const lines = question.headers.flatMap(([name, value]) => [name, toFieldText(value)])
  const trace: Mutable<Trace> = {
    request: {
      method,
      url: maskUserInfo(`${scheme}://${authority}${target}`),
      entryPoint,
      clientAddress,
      headers: shownFields(lines),
    },
    routers: [],
    routersLeftOut: 0,
    router: null,
    path: [],
    middlewares: [],
    service: null,
    server: null,
    forwarded: null,
    answer: null,
  }
  const cx = new TrialContext(entryPoint, clientAddress)
  const sent = new ProxyRequest(method, scheme, authority, target, new Fields(lines), null, null, 'HTTP/1.1')
  const arrived = tryOut(
    (next) =>
      createEntryPoint(
        snapshot.plan.entryPoints[entryPoint]!,
        { hostname: ports.hostname, transports: ports.transports },
        { createIpMatcher },
        next,
      ),
    sent,
    cx,
  )
  if (arrived.passed === null) {
    return { ...trace, answer: { status: arrived.status ?? 400, reason: `the entry point ${arrived.text}` } }
  }
  await ports.aliases?.follow(arrived.passed)
  const walk = new MiddlewareWalk(snapshot.report, ports, operator)
  const request = await route(trace, arrived.passed, cx, walk, surroundings)
  if (request !== null) await serve(trace, request, cx, walk, surroundings)
  trace.middlewares = walk.traces
  return trace
}

/** Leads a request through the routers that take it. Null: one of them answers, or none takes it. */
async function route(
  trace: Mutable<Trace>,
  arrived: ProxyRequest,
  cx: RequestContext,
  walk: MiddlewareWalk,
  { snapshot, ports, turn }: ExplainSurroundings,
): Promise<ProxyRequest | null> {
  const run = <T>(steps: Steps<T>) => (turn === null ? atOnce(steps) : inTurns(steps, () => ports.clock.now(), turn))
  const asked = (request: ProxyRequest): Asked => {
    giveEffort(cx)
    const matchers = { ...rareMatchers, ...ports.aliases?.matchers() }
    return { request, cx, compile: (node) => compileRule(node, ports.compileRegexp, matchers) }
  }
  const note = (routing: Routing): string | null => {
    trace.routers = [...trace.routers, ...routing.routers] as readonly RouterTrace[]
    trace.routersLeftOut += routing.leftOut
    if (routing.winner !== null && !routing.tooCostly) return routing.winner
    trace.answer = routing.tooCostly
      ? { status: 400, reason: 'matching the request takes too many steps' }
      : {
          status: 404,
          reason: trace.path.length === 0 ? 'no router matches' : `no router below ${trace.router} matches`,
        }
    return null
  }
  const parents = parentsIn(snapshot.plan)
  let request = arrived
  let name = note(await run(routeAtTop(snapshot, cx.entryPoint, asked(request))))
  while (name !== null) {
    const plan = snapshot.plan.routers[name]!
    const isRoot = trace.path.length === 0
    trace.path = [...trace.path, name]
    trace.router = name
    const { timeouts: _, ...untimed } = plan
    const outer = tryOut(
      (next) => routed(name!, untimed, isRoot, next, ports, { middlewares: {}, services: {} }),
      request,
      cx,
    )
    const inner = outer.passed === null ? outer : await walk.through(plan.middlewares, outer.passed, cx)
    if (inner.passed === null) {
      trace.answer = {
        status: inner.status ?? 400,
        reason: outer.passed === null ? `${name} ${outer.text}` : inner.text,
      }
      return null
    }
    request = inner.passed
    if (!parents.has(name)) return request
    if (trace.path.length >= MOST_LEVELS) return null
    name = note(await run(routeBelow(snapshot, name, asked(request))))
  }
  return null
}

/** Leads a request from the router's service to a server. */
async function serve(
  trace: Mutable<Trace>,
  arrived: ProxyRequest,
  cx: RequestContext,
  walk: MiddlewareWalk,
  { snapshot: { plan, report }, ports, operator }: ExplainSurroundings,
): Promise<void> {
  const first = plan.routers[trace.router ?? '']?.service ?? null
  if (first === null) return
  let name = first
  let request = arrived
  let choice: Choice | null = null
  for (let level = 0; level < MOST_SERVICES; level++) {
    const passed = await walk.through(plan.services[name]?.middlewares ?? [], request, cx)
    if (passed.passed === null) {
      trace.answer = { status: passed.status ?? 400, reason: passed.text }
      choice = null
      break
    }
    request = passed.passed
    choice = choose(name, report, request, cx)
    if (choice.kind !== 'service') break
    name = choice.name
  }
  const server = choice?.kind === 'server' ? shownUrl(choice.server.url) : null
  trace.service = new ServiceTree(report, operator, server === null ? null : { service: name, url: server }).of(first)
  if (choice?.kind === 'internal')
    trace.answer = { status: name === 'noop@internal' ? 418 : 200, reason: `${name} answers` }
  if (choice?.kind === 'nobody') trace.answer = { status: 503, reason: choice.reason }
  if (choice?.kind !== 'server') return
  trace.server = maskUrl(server!)
  sendOn(trace, request, cx, choice, ports)
}

/** Makes of a request what the server would get, by what sends all of them. */
function sendOn(
  trace: Mutable<Trace>,
  request: ProxyRequest,
  cx: RequestContext,
  { server, balancer }: Extract<Choice, { kind: 'server' }>,
  ports: Ports,
): void {
  const transport = {
    send(sent: ProxyRequest): ProxyResponse {
      const origin = `${server.scheme}://${server.authority}`
      trace.forwarded = {
        method: sent.method,
        url: maskUserInfo(`${origin}${sent.target}`),
        headers: [['Host', sent.authority], ...shownFields(sent.headers.lines)],
      }
      return new ProxyResponse(200, new Fields(), null)
    },
    close() {},
  }
  const answer = forward(transport, server, cx.record.service, balancer.passHostHeader, ports)(request, cx)
  if (trace.forwarded === null && !(answer instanceof Promise)) {
    trace.server = null
    trace.answer = { status: answer.status, reason: `a request with ${request.method} is not sent on` }
  }
}
