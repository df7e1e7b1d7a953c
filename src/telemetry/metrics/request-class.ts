import { type Fields, fromFieldText, sameName } from '../../http/fields.ts'
import type { ProxyRequest } from '../../http/request.ts'

/**
 * How metrics class requests, as two small numbers in one: `method << 3 | protocol` (Traefik
 * `pkg/middlewares/metrics/metrics.go`). Clients can invent methods, not classes.
 */
export type RequestClass = number

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'PRI'] as const
const EXTENSION = METHODS.length
const NOT_UTF8 = EXTENSION + 1
const METHOD_NAMES: readonly string[] = [...METHODS, 'EXTENSION_METHOD', 'NON_UTF8_HTTP_METHOD']

const HTTP = 0
const WEBSOCKET = 1
const SSE = 2
const GRPC = 3
const GRPC_WEB = 4
const PROTOCOL_NAMES: readonly string[] = ['http', 'websocket', 'sse', 'grpc', 'grpc-web']

const METHOD_CLASSES: ReadonlyMap<string, number> = new Map(METHODS.map((method, index) => [method, index]))

/** Classes a request as it arrives at the entry point. */
export const classOfRequest = (request: ProxyRequest): RequestClass =>
  (methodClass(request.method) << 3) | protocolClass(request)

/**
 * Classes a request as it goes to a server: a page for an error is asked for by GET, and gRPC-Web has become gRPC.
 * @param whole the class of the exchange
 */
export const classOfAttempt = (request: ProxyRequest, whole: RequestClass): RequestClass =>
  methodOf(whole) === request.method && (whole & 7) !== GRPC_WEB ? whole : classOfRequest(request)

/** Whether statuses of the class are those of gRPC, which come with the trailers. */
export const isGrpc = (requestClass: RequestClass): boolean => (requestClass & 7) >= GRPC

/** The label `method`. */
export const methodOf = (requestClass: RequestClass): string => METHOD_NAMES[requestClass >> 3]!

/** The label `protocol`. */
export const protocolOf = (requestClass: RequestClass): string => PROTOCOL_NAMES[requestClass & 7]!

function methodClass(method: string): number {
  const known = METHOD_CLASSES.get(method)
  if (known !== undefined) return known
  // Octets that are no UTF-8 come out as the replacement character.
  return fromFieldText(method).includes('\ufffd') ? NOT_UTF8 : EXTENSION
}

function protocolClass({ headers: { lines }, upgrade }: ProxyRequest): number {
  if (upgrade !== null && upgrade.toLowerCase() === 'websocket') return WEBSOCKET
  let accept: string | null = null
  let contentType: string | null = null
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i]!
    if (accept === null && sameName(name, 'accept')) accept = lines[i + 1]!
    else if (contentType === null && sameName(name, 'content-type')) contentType = lines[i + 1]!
  }
  if (accept !== null && isEventStream(accept)) return SSE
  if (contentType === null || !contentType.startsWith('application/grpc')) return HTTP
  return contentType.startsWith('application/grpc-web') ? GRPC_WEB : GRPC
}

const isEventStream = (accept: string): boolean =>
  /event-stream/i.test(accept) && accept.split(',').some((item) => item.trim().toLowerCase() === 'text/event-stream')

/** Codes of gRPC that have a name; others, and none at all, count as Unknown. */
const LAST_CODE = 16
const UNKNOWN = 2

/** The label `code` of a gRPC exchange. @param sections head and trailers of the answer; the first that says it counts */
export function grpcCode(...sections: (Fields | null | undefined)[]): number {
  for (const fields of sections) {
    const text = fields?.get('grpc-status') ?? null
    if (text === null) continue
    const code = /^\d{1,2}$/.test(text) ? Number(text) : UNKNOWN
    return code > LAST_CODE ? UNKNOWN : code
  }
  return UNKNOWN
}
