import { defineMiddleware } from '../../contracts/kinds.ts'
import { BytesBody } from '../../http/body.ts'
import { canonicalName, Fields } from '../../http/fields.ts'
import { type BodyMapping, MappedBody } from '../../http/mapped-body.ts'
import { andThen } from '../../http/maybe-promise.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { ExchangeRecord, RequestContext } from '../../http/request-context.ts'
import { ProxyResponse } from '../../http/response.ts'
import { base64Decoding, grpcWebEncoding } from './grpc-web-content.ts'

export interface GrpcWebConfig {
  /** Exact origins, or `*` for all. */
  readonly allowOrigins: readonly string[]
}

const WEB = 'application/grpc-web'
const WEB_TEXT = 'application/grpc-web-text'
const GRPC = 'application/grpc'

/** Translates gRPC-Web calls to gRPC ones and answers their preflights (Traefik v3.7 `pkg/middlewares/grpcweb`). */
export const grpcWeb = defineMiddleware<GrpcWebConfig>({
  build: ({ allowOrigins }) => {
    const origins = new Set(allowOrigins)
    const allows = (origin: string): boolean => origin !== '' && (origins.has('*') || origins.has(origin))

    const preflight = ({ headers }: ProxyRequest): ProxyResponse => {
      const fields = new Fields(VARY_PREFLIGHT.flatMap((name) => ['Vary', name]))
      const origin = headers.first('origin') ?? ''
      const method = (headers.first('access-control-request-method') ?? '').toUpperCase()
      if (allows(origin) && SAFE_LISTED.has(method)) {
        fields.append('Access-Control-Allow-Origin', origin)
        fields.append('Access-Control-Allow-Methods', method)
        fields.append('Access-Control-Allow-Headers', namesOf(headers.first('access-control-request-headers') ?? ''))
        fields.append('Access-Control-Allow-Credentials', 'true')
        fields.append('Access-Control-Max-Age', '600')
      }
      return new ProxyResponse(200, fields, null)
    }

    return (next) => (request, cx) => {
      const { headers, method } = request
      const type = headers.first('content-type') ?? ''
      if (method === 'OPTIONS' && asksForGrpcWeb(headers)) {
        // Without a method it is no preflight but, to Traefik, a call.
        if (headers.first('access-control-request-method')) return preflight(request)
      } else if (method !== 'POST' || !type.startsWith(WEB)) return next(request, cx)
      const origin = headers.first('origin') ?? ''
      const webType = type.startsWith(WEB_TEXT) ? WEB_TEXT : WEB
      toGrpc(request, type, webType)
      return andThen(next(request, cx), (response) => {
        if (response.status === 101) return response
        response.headers.lines.unshift('Vary', 'Origin')
        if (allows(origin)) {
          response.headers.append('Access-Control-Allow-Origin', origin)
          response.headers.append('Access-Control-Allow-Credentials', 'true')
        }
        return toWeb(response, webType, cx)
      })
    }
  },
})

const VARY_PREFLIGHT = ['Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers']
const SAFE_LISTED: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD'])

const asksForGrpcWeb = (headers: Fields): boolean =>
  (headers.first('access-control-request-headers') ?? '').toLowerCase().includes('x-grpc-web')

const namesOf = (list: string): string =>
  list
    .split(/[ ,]+/)
    .filter((name) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
    .map(canonicalName)
    .join(', ')

function toGrpc(request: ProxyRequest, type: string, webType: string): void {
  if (type.startsWith(webType)) request.headers.set('Content-Type', GRPC + type.slice(webType.length))
  request.headers.delete('content-length')
  if (request.content === null && request.method !== 'POST') return
  request.content = new MappedBody(
    request.content ?? new BytesBody(new Uint8Array()),
    webType === WEB_TEXT ? base64Decoding() : { map: (chunk) => chunk, finish: () => new Uint8Array() },
  )
}

/** gRPC-Web has its trailers in the content; names of all fields are opened to scripts. */
function toWeb(response: ProxyResponse, webType: string, cx: RequestContext): ProxyResponse {
  const { headers, content } = response
  const type = headers.first('content-type')
  if (type?.startsWith(GRPC)) headers.set('Content-Type', webType + type.slice(GRPC.length))
  headers.delete('trailer')
  // Traefik always has an entry for Content-Type, if only to keep it from being guessed.
  const names = new Set<string>(['Content-Type'])
  for (let i = 0; i < headers.lines.length; i += 2) names.add(canonicalName(headers.lines[i]!))
  headers.delete('content-length')
  headers.set('Access-Control-Expose-Headers', [...names, 'grpc-status', 'grpc-message'].join(', '))
  const plain = typeof content === 'string' ? new BytesBody(new TextEncoder().encode(content)) : content
  const encoding = grpcWebEncoding(webType === WEB_TEXT)
  const isCounted = cx.wantsEnd && cx.record.originSize < 0
  response.content = new MappedBody(
    plain ?? new BytesBody(new Uint8Array()),
    isCounted ? counted(encoding, cx.record) : encoding,
  )
  return response
}

/** Notes how much the server has sent: the client gets more of it. */
function counted(encoding: BodyMapping, record: ExchangeRecord): BodyMapping {
  record.originSize = 0
  return {
    ...encoding,
    map(chunk) {
      record.originSize += chunk.byteLength
      return encoding.map(chunk)
    },
  }
}
