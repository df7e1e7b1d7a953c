import { hostsOf } from '../engine/matching/host-index.ts'
import { parseIp } from '../http/ip.ts'
import { maskUrl } from '../http/masked-url.ts'
import type { ProxyRequest } from '../http/request.ts'
import type { RequestContext } from '../http/request-context.ts'
import { ProxyResponse } from '../http/response.ts'
import { maskSecrets } from '../http/secrets.ts'
import { shownUrl } from '../http/shown-url.ts'
import type { ElementPlan } from '../plan/plan.ts'
import type { OperatorState } from '../runtime/operator.ts'
import type { ElementReport } from '../runtime/report.ts'
import { serviceKey } from '../runtime/service-key.ts'
import type { Snapshot } from '../runtime/snapshot.ts'
import { answer, refuse } from './answers.ts'

/** What operators may do to a running proxy; `runtime/operator.ts` is one. */
export interface Control {
  state(): OperatorState
  /**
   * False: no service in force has the server.
   * @param service as `serviceKey` names it
   */
  drain(service: string, url: string, drained: boolean): boolean
  /** Null: as configured again. */
  turn(middleware: string, on: boolean | null): void
}

/** Names that a refusal lists at most. */
const LISTED = 10

/** Carries out what a request of that method asks of the element of that name. */
export type Command = (
  method: string,
  wanted: string,
  query: URLSearchParams,
  control: Control,
  snapshot: Snapshot,
) => ProxyResponse

/**
 * `/api/http/services/NAME/drained?server=URL`, likewise of TCP and UDP services, whose servers are addresses: PUT
 * drains the server, DELETE takes it back in, GET lists who is drained. A name may lack its provider where that leaves
 * no doubt.
 */
export const drainCommand =
  (protocol: 'http' | 'tcp' | 'udp'): Command =>
  (method, wanted, query, control, { report }) => {
    const reports: ReadonlyMap<string, ElementReport<ElementPlan>> = (protocol === 'http' ? report : report[protocol])
      .services
    const found = find(reports, wanted, 'service')
    if (found instanceof ProxyResponse) return found
    const { name, service, servers } = found
    const key = serviceKey(protocol, name)
    const drained = () => {
      const all = control.state().drained
      return all.filter((server) => server.service === key).map(({ url }) => maskUrl(url))
    }
    if (method === 'GET') return answer(drained())
    const wantedUrl = shownUrl(query.get('server') ?? '')
    const urls = Object.keys((service?.servers ?? servers)?.() ?? {})
    // User information and queries are never shown, so they need not be said either.
    const url = urls.find((known) => known === wantedUrl) ?? urls.find((known) => maskUrl(known) === wantedUrl)
    if (url === undefined || !control.drain(key, url, method === 'PUT')) {
      return refuse(404, `service ${name} has no server "${maskUrl(wantedUrl)}" (there are: ${listed(urls)})`)
    }
    return answer({ service: name, drained: drained() })
  }

/**
 * `/api/http/middlewares/NAME/switch?on=true`: PUT switches a maintenance page, DELETE leaves it to the configuration
 * again.
 */
export const switchCommand: Command = (method, wanted, query, control, { report }) => {
  const found = find(report.middlewares, wanted, 'middleware')
  if (found instanceof ProxyResponse) return found
  const { name, plan } = found
  if (plan.kind !== 'maintenance') return refuse(400, `middleware ${name} is no maintenance page`)
  if (method === 'PUT') {
    const on = query.get('on')
    if (on !== 'true' && on !== 'false') return refuse(400, 'on must be true or false')
    control.turn(name, on === 'true')
  } else if (method === 'DELETE') control.turn(name, null)
  return answer({ middleware: name, on: control.state().middlewares[name] ?? null })
}

/** What the dashboard's own page says beside a command: no other page can, without asking before. */
const COMMAND_FIELD = 'x-signalbox-command'

/**
 * Browsers send `Origin` with everything that is no plain reading, so a request with one comes from a page; few pages
 * have business here (a foreign one has none, nor one that got the proxy's address by DNS rebinding).
 */
export const isFromPage = (headers: Pick<Headers, 'has' | 'get'>): boolean =>
  headers.has('origin') || !['none', null].includes(headers.get('sec-fetch-site'))

/**
 * Whether a request may command: what comes from no page, and of pages our own alone: one of the same origin that says so
 * in a field which makes browsers ask before they send it anywhere else (we never say yes), under a name that is really
 * ours. A foreign name may have been made to lead here (DNS rebinding): then its page is of the same origin too.
 * @param isOurName the rule that led here names hosts
 */
export function mayCommand({ headers, scheme, authority }: ProxyRequest, isOurName: boolean): boolean {
  const origin = headers.get('origin')
  if (!isFromPage(headers)) return true
  if (origin === null || headers.get('sec-fetch-site') !== 'same-origin' || headers.get(COMMAND_FIELD) !== '1') {
    return false
  }
  const own = `${scheme}://${authority}/`
  if (!/^https?:/.test(origin) || !URL.canParse(origin) || !URL.canParse(own)) return false
  const { host, hostname } = new URL(own)
  if (new URL(origin).host !== host) return false
  return isOurName || hostname === 'localhost' || parseIp(hostname.replace(/^\[|\]$/g, '')) !== null
}

/** Whether the routers that an exchange went through take requests of certain hosts only. */
export function namesHosts(cx: RequestContext, { plan }: Snapshot): boolean {
  const names = cx.record.router === '' ? [] : cx.record.router.split(' -> ')
  return names.some((name) => {
    const rule = Object.hasOwn(plan.routers, name) ? plan.routers[name]!.rule : null
    return rule !== null && hostsOf(rule) !== null
  })
}

function find<R extends ElementReport<ElementPlan>>(
  reports: ReadonlyMap<string, R>,
  wanted: string,
  what: string,
): R | ProxyResponse {
  const exact = reports.get(wanted)
  if (exact !== undefined) return exact
  const names = [...reports.keys()]
  const near = wanted.includes('@') ? [] : names.filter((name) => name.startsWith(`${wanted}@`))
  if (near.length > 1) return refuse(400, `${what} ${wanted} may be ${near.join(' or ')}`)
  return reports.get(near[0] ?? '') ?? refuse(404, `${what} not found: ${wanted} (there are: ${listed(names)})`)
}

const listed = (names: readonly string[]): string =>
  maskSecrets(names.length > LISTED ? `${names.slice(0, LISTED).join(', ')} …` : names.join(', ') || 'none')
