import { readCookie } from '../../http/cookies.ts'
import type { Fields } from '../../http/fields.ts'
import { fieldTextOf } from '../../http/path-text.ts'
import { queryValuesOf } from '../../http/query.ts'
import { queryEscape } from '../../http/query-escape.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'

/** What variables of nginx are read from. */
export interface VariableSource {
  readonly request: ProxyRequest
  readonly cx: RequestContext
  /** Name of this machine. */
  readonly hostname: string
  /** The answer that `$upstream_http_…` is about; null: there is none. */
  readonly answer: Fields | null
  /** Those that somebody has set, with their `$`; null: there are none. */
  readonly own: ReadonlyMap<string, string> | null
}

/** `$name`, `${name}`, and groups of an expression. */
const VARIABLE = /\$\{?([A-Za-z_][A-Za-z0-9_]*|[1-9])\}?/g

/** Characters that a text may grow to: variables may hold variables. */
const LONGEST = 65_536

/**
 * A text with nginx's variables filled in (Traefik v3.7 `pkg/middlewares/ingressnginx/interpolation.go`); those that
 * nobody knows stay as they are. The outcome is a byte string, as field lines hold them, and never longer than 64 KiB.
 */
export function fillVariables(text: string, source: VariableSource): string {
  if (!text.includes('$')) return text
  const filled = text.replace(VARIABLE, (written, name: string) => valueIn(name, source) ?? written)
  return filled.length > LONGEST ? filled.slice(0, LONGEST) : filled
}

/** Null: unknown. */
function valueIn(name: string, { request, cx, hostname, answer, own }: VariableSource): string | null {
  if (name.startsWith('upstream_http_')) return joined(answer, name.slice('upstream_http_'.length))
  if (name.startsWith('http_')) return joined(request.headers, name.slice('http_'.length))
  if (name.startsWith('arg_')) return bytesOf(queryValuesOf(request, name.slice('arg_'.length))[0] ?? '')
  if (name.startsWith('cookie_')) return readCookie(request.headers, name.slice('cookie_'.length)) ?? ''
  switch (name) {
    case 'host':
      return hostOf(request.authority).toLowerCase()
    case 'best_http_host':
      return request.authority
    case 'hostname':
      return bytesOf(hostname)
    case 'request_uri':
      return targetOf(request)
    case 'escaped_request_uri':
      return queryEscape(targetOf(request))
    case 'scheme':
      return request.scheme
    case 'args':
    case 'query_string':
      return request.query.slice(1)
    case 'remote_addr':
      return cx.client.address
    case 'proxy_add_x_forwarded_for': {
      const prior = request.headers.first('x-forwarded-for') ?? ''
      return prior === '' ? cx.client.address : `${prior}, ${cx.client.address}`
    }
    case 'request_method':
      return request.method
    case 'uri':
    case 'document_uri':
      return fieldTextOf(request.pathView.path)
    case 'server_name':
      return hostOf(request.authority)
    case 'server_port':
      return /:([0-9]+)$/.exec(request.authority)?.[1] ?? (request.scheme === 'https' ? '443' : '80')
    case 'content_type':
      return request.headers.first('content-type') ?? ''
    case 'content_length':
      return request.headers.first('content-length') ?? ''
    case 'is_args':
      return request.query.length > 1 ? '?' : ''
    default:
      return own?.get(`$${name}`) ?? null
  }
}

const joined = (fields: Fields | null, name: string): string =>
  fields?.getAll(name.replaceAll('_', '-').toLowerCase()).join(',') ?? ''

/** Without the port; brackets only go with it, as Go's `SplitHostPort` has it. */
function hostOf(authority: string): string {
  const [, host = authority] = /^(.*):[0-9]*$/.exec(authority) ?? []
  if (host === authority || authority.endsWith(']')) return authority
  return host.startsWith('[') ? host.slice(1, -1) : host
}

const targetOf = ({ target }: ProxyRequest): string => (target.startsWith('/') ? target : `/${target}`)

const bytesOf = (text: string): string => fieldTextOf(text)

/** A text as the value of a field: what would end its line becomes a space, as Go writes it. */
export const asFieldValue = (text: string): string => text.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, ' ').trim()
