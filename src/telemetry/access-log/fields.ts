import type { RouterOrigin, ServiceOrigin } from '../../http/cluster-objects.ts'
import { fromFieldText } from '../../http/fields.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { recurring } from '../recurring.ts'
import { localTimeMs, utcTimeMs } from '../timestamp.ts'
import type { LoggedExchange } from './logged-exchange.ts'
import { addressOf, withoutUserInfo } from './server-url.ts'

/** A field's value; undefined leaves it out. */
export interface FieldValue {
  (exchange: LoggedExchange): string | number | undefined
  /** Absent: values rarely come again. */
  readonly recurring?: RecurringValue
}

/** A value that follows from one text in which few exchanges differ: who writes many lines makes it once. */
export interface RecurringValue {
  /** Undefined leaves the field out. */
  readonly source: (exchange: LoggedExchange) => string | undefined
  readonly of: (text: string) => string | undefined
}

const itself = (text: string): string => text

const recurs = (source: RecurringValue['source'], of: RecurringValue['of'] = itself): FieldValue => {
  const value = (exchange: LoggedExchange): string | undefined => {
    const text = source(exchange)
    return text === undefined ? undefined : of(text)
  }
  return Object.assign(value, { recurring: { source, of } })
}

const nanoseconds = (ms: number): number => Math.round(ms * 1e6)

/** `host:port`, brackets around IPv6; empty for an unknown peer. */
function clientAddr({ cx: { client } }: LoggedExchange): string {
  if (client.address === '') return ''
  return client.address.includes(':') ? `[${client.address}]:${client.port}` : `${client.address}:${client.port}`
}

/** The peer, or whom trusted peers say they speak for. */
export const clientHost = ({ forwardedFor, cx }: LoggedExchange): string =>
  forwardedFor === null ? cx.client.address : fromFieldText(forwardedFor)

/** Host and port of an authority; both undefined when it is empty. */
const split = recurring((authority: string): { host?: string; port?: string } => {
  if (authority === '') return {}
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::([0-9]*))?$/.exec(authority)
  // Go's function takes nothing apart where there is no port.
  if (match?.[3] === undefined) return { host: authority, port: '-' }
  return { host: match[1] ?? match[2]!, port: match[3] }
})

const address = recurring(addressOf)

/** How much smaller the content became on its way; undefined when it did not change. */
function gzipRatio({ end, originSize }: LoggedExchange): number | undefined {
  return end.size === 0 || end.size === originSize ? undefined : originSize / end.size
}

const startLocal = localTimeMs()

const startUtc = utcTimeMs()

const authorityOf = ({ authority }: LoggedExchange): string => authority

const serverUrlOf = ({ cx }: LoggedExchange): string => cx.record.serverUrl

const orNothing = (text: string): string | undefined => (text === '' ? undefined : text)

const ofKind = ({ record: { routerOrigin } }: RequestContext, kind: string): RouterOrigin | undefined =>
  routerOrigin?.kind === kind ? routerOrigin : undefined

/** A middleware of the service itself may have answered. */
const serviceOf = ({ cx, hasOrigin }: LoggedExchange): ServiceOrigin | undefined =>
  hasOrigin ? cx.record.serviceOrigin : undefined

/** Fields of lines, by name. */
export type AccessFields = Readonly<Record<string, FieldValue>>

/** Fields that are known only when the exchange is over. */
export const fieldsOfTheEnd = [
  'DownstreamContentSize',
  'Duration',
  'GzipRatio',
  'OriginContentSize',
  'OriginDuration',
  'Overhead',
  'RequestContentSize',
]

/** Traefik's access log fields, in the order of its JSON lines (`pkg/middlewares/accesslog/logdata.go`). */
export const accessFields: AccessFields = {
  ClientAddr: clientAddr,
  ClientHost: clientHost,
  ClientPort: ({ cx }) => String(cx.client.port),
  ClientUsername: recurs(({ cx }) => cx.record.username ?? '-'),
  DownstreamContentSize: ({ end }) => end.size,
  DownstreamStatus: ({ end }) => end.status,
  Duration: ({ durationMs }) => nanoseconds(durationMs),
  GzipRatio: gzipRatio,
  KubernetesIngressName: recurs(({ cx }) => ofKind(cx, 'Ingress')?.name),
  KubernetesIngressNamespace: recurs(({ cx }) => ofKind(cx, 'Ingress')?.namespace),
  KubernetesIngressRouteName: recurs(({ cx }) => ofKind(cx, 'IngressRoute')?.name),
  KubernetesIngressRouteNamespace: recurs(({ cx }) => ofKind(cx, 'IngressRoute')?.namespace),
  KubernetesServiceName: recurs((exchange) => serviceOf(exchange)?.name),
  KubernetesServiceNamespace: recurs((exchange) => serviceOf(exchange)?.namespace),
  KubernetesServicePort: recurs((exchange) => serviceOf(exchange)?.port),
  OriginContentSize: ({ originSize }) => originSize,
  OriginDuration: ({ originMs }) => nanoseconds(originMs),
  OriginStatus: ({ originStatus }) => originStatus,
  Overhead: ({ durationMs, originMs }) => nanoseconds(durationMs - originMs),
  RequestAddr: recurs(authorityOf, (authority) => orNothing(fromFieldText(authority))),
  RequestContentSize: ({ end }) => end.requestSize,
  RequestCount: ({ count }) => count,
  RequestHost: recurs(authorityOf, (authority) => split(fromFieldText(authority)).host),
  RequestMethod: recurs(({ method }) => method),
  RequestPath: ({ target }) => fromFieldText(target),
  RequestPort: recurs(authorityOf, (authority) => split(authority).port),
  RequestProtocol: recurs(({ version }) => version),
  RequestScheme: recurs(({ scheme }) => scheme),
  RetryAttempts: ({ cx }) => cx.record.retries,
  RouterName: recurs(({ cx }) => cx.record.router, orNothing),
  ServiceAddr: recurs(serverUrlOf, (url) => orNothing(address(url))),
  ServiceName: recurs(({ cx }) => cx.record.loadBalancer, orNothing),
  ServiceURL: recurs(serverUrlOf, (url) => orNothing(withoutUserInfo(url))),
  StartLocal: ({ startedAt }) => startLocal(startedAt),
  StartUTC: ({ startedAt }) => startUtc(startedAt),
  TLSCipher: recurs(({ cx }) => cx.client.tls?.cipher),
  TLSClientSubject: recurs(({ clientSubject }) => clientSubject ?? undefined),
  TLSVersion: recurs(
    ({ cx }) => cx.client.tls?.version,
    (version) => version.replace(/^TLSv/, ''),
  ),
  // Where the exchange is traced; the first two are the old names.
  SpanId: ({ cx }) => orNothing(cx.record.spanId),
  TraceId: ({ cx }) => orNothing(cx.record.traceId),
  span_id: ({ cx }) => orNothing(cx.record.spanId),
  trace_id: ({ cx }) => orNothing(cx.record.traceId),
}

/** The path as it is logged; without its query where parameters are dropped. */
export const withoutQuery = (target: string): string => target.split('?', 1)[0]!
