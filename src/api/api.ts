import { type IRequest, Router } from 'itty-router'
import type { Fields } from '../http/fields.ts'
import type { Handler } from '../http/handler.ts'
import { andThen, type MaybePromise } from '../http/maybe-promise.ts'
import { cleanPath } from '../http/path.ts'
import { QueryValues } from '../http/query.ts'
import type { ProxyResponse } from '../http/response.ts'
import type { ManagementPlan } from '../plan/management.ts'
import type { ElementPlan } from '../plan/plan.ts'
import type { History } from '../runtime/history.ts'
import { linkProblems } from '../runtime/link-problems.ts'
import type { ElementReport } from '../runtime/report.ts'
import type { Snapshot } from '../runtime/snapshot.ts'
import { answer, answerInPieces, answerText, methodNotAllowed, movedTo, noSuchPath, refuse } from './answers.ts'
import { type Certificates, certificateAnswer, oneCertificate } from './certificates.ts'
import { type Command, type Control, drainCommand, mayCommand, namesHosts, switchCommand } from './control.ts'
import { type Dashboard, redirectToDashboard } from './dashboard.ts'
import type { EventStream } from './events.ts'
import { type Explaining, explainAnswer } from './explain.ts'
import { revisionView } from './history.ts'
import { toJson } from './json.ts'
import {
  type Listed,
  type ListKind,
  list,
  middlewareList,
  nameList,
  routerList,
  serviceList,
  udpRouterList,
} from './listing.ts'
import { overview, versionAnswer } from './overview.ts'
import { type PlacedProblem, problemView } from './problems.ts'
import { RawData } from './raw-data.ts'
import { Shown } from './shown.ts'
import { streamServiceView, streamStates, tcpMiddlewareView, tcpRouterView, udpRouterView } from './stream-views.ts'
import { supportDump } from './support-dump.ts'
import { middlewareView, routerView, serviceStates, serviceView, type View } from './views.ts'

/** What the API says of this process rather than of the routing configuration. */
export interface ApiOptions extends ManagementPlan {
  /** Null: it is switched off. */
  readonly dashboard: Dashboard | null
  readonly version: string
  readonly codename: string
  readonly startDate: Date
  /** The time. */
  readonly date: () => Date
  /** The install configuration without what tells whose it is; null: it is not known here. */
  readonly staticConfig: (() => View) | null
  /** How each provider stands, with what is wrong with what it says; null: none runs here. */
  readonly providerStates: (() => readonly View[]) | null
  /** Null: the platform ends TLS. */
  readonly certificates: Certificates | null
  /** Null: nothing is explained. */
  readonly explain: Explaining | null
  /** Every problem in force; null: what the elements say of themselves is all that is known. */
  readonly problems: (() => MaybePromise<readonly PlacedProblem[]>) | null
  /** The last configurations that came into force; null: nobody keeps them. */
  readonly history: Pick<History, 'revisions'> | null
  /** Null: nothing is told of changes. */
  readonly events: Pick<EventStream, 'listen'> | null
  /** What the last minutes were; null: nobody keeps that here. */
  readonly traffic: (() => object) | null
  /** What is below `/debug/`, null for what there is not; null: nothing is. */
  readonly debug: ((path: string, query: URLSearchParams) => MaybePromise<ProxyResponse> | null) | null
  /** Null: the API is for reading only. */
  readonly control: Control | null
  /**
   * Ends when everybody else who waited has had a turn: long answers are made in between. Absent: nobody else is there.
   */
  readonly turn?: () => Promise<void>
}

/** What handlers need beside the router's own request. */
interface Call {
  readonly query: URLSearchParams
  readonly headers: Fields
  readonly mayCommand: boolean
}

/**
 * The read API below `basePath`, with the dashboard unless that is off (Traefik `pkg/api`). Only exact paths answer,
 * and only to GET; where `control` is given there are commands of our own beside it.
 */
export function createApi(source: () => Snapshot, options: ApiOptions): Handler {
  const router = Router<IRequest, [Call], ProxyResponse>()
  const get = (path: string, handle: (request: IRequest, call: Call) => MaybePromise<ProxyResponse>): void => {
    router.get(path, handle).all(path, () => methodNotAllowed())
  }
  const turn = options.turn ?? null
  const elements = <R extends ElementReport<ElementPlan>>(
    plural: string,
    reports: () => ReadonlyMap<string, R>,
    shown: Shown<R>,
    kind: ListKind,
  ): void => {
    const singular = plural.replace(/^.*\/|s$/g, '')
    get(`/api/${plural}`, (_, { query }) => list(listedOf(reports(), shown), query, kind, turn))
    get(`/api/${plural}/:name`, ({ params }) => {
      const name = decoded(params.name!)
      const report = reports().get(name)
      return report === undefined ? refuse(404, `${singular} not found: ${name}`) : answerText(shown.text(report))
    })
  }

  get('/api/version', () => versionAnswer(options))
  get('/api/overview', () => answer(overview(source().report, options)))
  const { providerStates } = options
  if (providerStates !== null) get('/api/provider-states', () => answer(providerStates()))
  const { explain } = options
  if (explain !== null) {
    get('/api/explain', (_, { query }) => explainAnswer(query, source(), explain, options.entryPoints, turn))
  }
  const problems = options.problems ?? (() => problemsOf(source(), options.startDate))
  get('/api/problems', () => andThen(problems(), (all) => answer(all.map(problemView))))
  get('/api/history', () => answer((options.history?.revisions ?? []).map(revisionView)))
  const { events } = options
  if (events !== null) get('/api/events', () => events.listen())
  const { traffic } = options
  if (traffic !== null) get('/api/traffic', () => answer(traffic()))
  const { staticConfig, version, codename, startDate } = options
  if (staticConfig !== null) {
    const plain = new RawData(false)
    get('/api/support-dump', () => {
      const shownVersion = { version, codename, startDate: startDate.toISOString() }
      return supportDump(shownVersion, staticConfig(), plain.pieces(source().report), options.date(), turn)
    })
  }
  const rawData = new RawData()
  get('/api/rawdata', () => answerInPieces(rawData.pieces(source().report), turn))

  const entryPoint = (name: string): View => ({ ...options.entryPoints[name], name })
  const listedEntryPoints = Object.keys(options.entryPoints).map((name): Listed => {
    const view = entryPoint(name)
    return { name, view: () => view, text: () => toJson(view) }
  })
  get('/api/entrypoints', (_, { query }) => list(listedEntryPoints, query, nameList, turn))
  get('/api/entrypoints/:name', ({ params }) => {
    const name = decoded(params.name!)
    const exists = Object.hasOwn(options.entryPoints, name)
    return exists ? answer(entryPoint(name)) : refuse(404, `entry point not found: ${name}`)
  })

  const services = new Shown(serviceView, serviceStates)
  const streamServices = new Shown(streamServiceView, streamStates)
  elements('http/routers', () => source().report.routers, new Shown(routerView), routerList)
  elements('http/services', () => source().report.services, services, serviceList)
  elements('http/middlewares', () => source().report.middlewares, new Shown(middlewareView), middlewareList)
  elements('tcp/routers', () => source().report.tcp.routers, new Shown(tcpRouterView), routerList)
  elements('tcp/services', () => source().report.tcp.services, streamServices, serviceList)
  elements('tcp/middlewares', () => source().report.tcp.middlewares, new Shown(tcpMiddlewareView), middlewareList)
  elements('udp/routers', () => source().report.udp.routers, new Shown(udpRouterView), udpRouterList)
  elements('udp/services', () => source().report.udp.services, streamServices, serviceList)
  const certificates = options.certificates ?? NO_CERTIFICATES
  get('/api/certificates', (_, { query }) => certificateAnswer(certificates, query, options.date(), turn))
  get('/api/certificates/:id', ({ params }) => oneCertificate(certificates, decoded(params.id!), options.date(), turn))

  const { control } = options
  if (control !== null) {
    const command = (path: string, run: Command) => {
      router.all(path, ({ method, params }, { query, mayCommand }) => {
        if (!COMMANDS.has(method)) return methodNotAllowed('GET, PUT, DELETE')
        if (!mayCommand && method !== 'GET') return refuse(403, 'commands are not taken from pages of a browser')
        return run(method, decoded(params.name!), query, control, source())
      })
    }
    for (const protocol of ['http', 'tcp', 'udp'] as const)
      command(`/api/${protocol}/services/:name/drained`, drainCommand(protocol))
    command('/api/http/middlewares/:name/switch', switchCommand)
  }
  const { dashboard } = options
  if (dashboard !== null) {
    get('/', (_, { headers }) => redirectToDashboard(headers.get('x-forwarded-prefix'), options.basePath))
    get('/dashboard', (_, { headers }) => dashboard.page(headers))
    get('/dashboard/:name+', ({ params }, { headers }) => dashboard.asset(params.name!, headers))
  }
  const { debug } = options
  if (debug !== null) {
    get('/debug/*', ({ url }, { query }) => {
      return debug(new URL(url).pathname.slice('/debug/'.length), query) ?? noSuchPath()
    })
  }
  router.all('*', noSuchPath)

  const base = options.basePath.replace(/\/+$/, '')
  return (request, cx) => {
    const { pathname } = new URL(`http://api${request.target}`)
    if (pathname.includes('//')) return movedTo(cleanPath(pathname) + request.query)
    if (pathname !== (base || '/') && !pathname.startsWith(`${base}/`)) return noSuchPath()
    const path = pathname === base ? '/' : pathname.slice(base.length)
    if (!isExact(path, base !== '' && pathname !== base)) return noSuchPath()
    const call = {
      query: parametersOf(request.query),
      headers: request.headers,
      mayCommand: control !== null && mayCommand(request, namesHosts(cx, source())),
    }
    return router.fetch({ method: request.method, url: `http://api${path}` }, call)
  }
}

/** What Go's reader makes of a query. */
function parametersOf(query: string): URLSearchParams {
  const parameters = new URLSearchParams()
  const values = new QueryValues(query)
  for (const key of values.keys()) for (const value of values.of(key)) parameters.append(key, value)
  return parameters
}

function* listedOf<R extends { readonly name: string }>(
  reports: ReadonlyMap<string, R>,
  shown: Shown<R>,
): Generator<Listed> {
  for (const report of reports.values()) {
    yield { name: report.name, view: () => shown.fixed(report), text: () => shown.text(report) }
  }
}

const problemsOf = ({ report, plan }: Snapshot, since: Date): readonly PlacedProblem[] =>
  [...plan.problems, ...linkProblems(report, plan.problems)].map((problem) => ({
    problem,
    since,
    position: problem.position,
    frame: null,
  }))

const COMMANDS: ReadonlySet<string> = new Set(['GET', 'PUT', 'DELETE'])

const NO_CERTIFICATES: Certificates = { all: () => [], ends: () => [] }

/** The router's patterns take any number of slashes at the end; the API has two paths that end in a slash. */
function isExact(path: string, belowBase: boolean): boolean {
  if (path === '/') return !belowBase
  return path === '/dashboard/' || path === '/debug/pprof/' || (!path.endsWith('/') && path !== '/dashboard')
}

/** A name from a path, percent-decoded once; as it stands when that is not possible. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    // No name in a configuration looks like this, so it is not found.
    return name
  }
}
