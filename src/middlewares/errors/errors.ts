import { defineMiddleware } from '../../contracts/kinds.ts'
import { Fields } from '../../http/fields.ts'
import { giveUp } from '../../http/give-up.ts'
import type { Handler } from '../../http/handler.ts'
import { andThen } from '../../http/maybe-promise.ts'
import { queryEscape } from '../../http/query-escape.ts'
import { errorReply } from '../../http/replies.ts'
import { ProxyRequest } from '../../http/request.ts'
import { statusText } from '../../http/status.ts'
import { inRanges, type StatusRange } from '../../http/status-range.ts'
import { clientScheme } from '../shared/client-scheme.ts'
import { parseRedirectUrl } from '../shared/redirect-url.ts'

export interface ErrorsConfig {
  readonly status: readonly StatusRange[]
  readonly statusRewrites: readonly { readonly range: StatusRange; readonly status: number }[]
  /** Qualified name. */
  readonly service: string
  /** Target with its leading slash and placeholders; empty: the root. */
  readonly query: string
  /** Request fields that the service gets; null: all. */
  readonly requestFields: readonly string[] | null
  /**
   * Names and values of fields that the service gets too, and with them what ingress-nginx tells of the error; the page
   * keeps its own status. Absent: neither.
   */
  readonly nginxFields?: readonly string[]
}

/** Answers certain statuses with a page of another service (Traefik v3.7 `pkg/middlewares/customerrors`). */
export const errors = defineMiddleware<ErrorsConfig>({
  // The service of its pages may have checks.
  mayWait: () => false,
  build: ({ status: caught, statusRewrites, service, query, requestFields, nginxFields = null }, scope) => {
    const pages: Handler = scope.service(service).handle
    const rewritten = (status: number): number =>
      statusRewrites.find(({ range }) => inRanges(status, [range]))?.status ?? status

    return (next) => (request, cx) => {
      const mark = cx.beginPart()
      const { onForward } = cx.handling
      // What is forwarded belongs to the server: the page is asked for with what inner middlewares made of the request.
      let last: RequestFacts | null = null
      cx.handling.onForward = (forwarded) => {
        last = factsOf(forwarded)
        onForward?.(forwarded)
      }
      return andThen(next(request, cx), (response) => {
        cx.handling.onForward = onForward
        const original = response.status
        if (!inRanges(original, caught)) return response
        giveUp(response, cx, mark)
        const status = rewritten(original)
        const facts = last ?? factsOf(request)
        const page = pageRequest(request, facts, fill(query, facts, request.scheme, status, original), requestFields)
        if (page === null) return errorReply(status, statusText(status))
        if (nginxFields !== null) tellNginxFields(page.headers, nginxFields, facts, status)
        // The client is no peer of this request, and what outer middlewares know of is not this one.
        const { omitForwardedFor } = cx.handling
        cx.handling.omitForwardedFor = true
        cx.handling.onForward = null
        return andThen(pages(page, cx), (answer) => {
          cx.handling.omitForwardedFor = omitForwardedFor
          cx.handling.onForward = onForward
          if (nginxFields !== null) return answer
          answer.status = status
          answer.reason = ''
          return answer
        })
      })
    }
  },
})

/** What of a request a page is asked for with. */
interface RequestFacts {
  readonly authority: string
  readonly target: string
  readonly lines: string[]
}

const factsOf = ({ authority, target, headers }: ProxyRequest): RequestFacts => ({
  authority,
  target,
  lines: headers.lines.slice(),
})

function fill(
  query: string,
  { authority, target, lines }: RequestFacts,
  own: ProxyRequest['scheme'],
  status: number,
  original: number,
): string {
  if (!query.includes('{')) return query
  return query
    .replaceAll('{status}', String(status))
    .replaceAll('{originalStatus}', String(original))
    .replaceAll('{url}', () => queryEscape(`${clientScheme(new Fields(lines), own)}://${authority}${target}`))
}

/** A GET for the page; null when there is no such URL. */
function pageRequest(
  { scheme, version, host }: ProxyRequest,
  { authority, lines }: RequestFacts,
  query: string,
  requestFields: ErrorsConfig['requestFields'],
): ProxyRequest | null {
  const url = parseRedirectUrl(`http://${authority}${query}`)
  if (url === null) return null
  const all = new Fields(lines)
  const fields = requestFields === null ? all : pick(all, requestFields)
  const page = new ProxyRequest('GET', scheme, authority, url.requestUri, fields, null, null, version)
  page.host = host
  return page
}

/** What a service for errors of ingress-nginx goes by. */
function tellNginxFields(
  fields: Fields,
  own: readonly string[],
  { lines, target }: RequestFacts,
  status: number,
): void {
  const given = new Fields(lines)
  for (let i = 0; i < own.length; i += 2) fields.append(own[i]!, own[i + 1]!)
  fields.set('X-Code', String(status))
  fields.set('X-Format', given.first('accept') ?? '')
  fields.set('X-Original-Uri', target.startsWith('/') ? target : `/${target}`)
  const id = given.first('x-request-id')
  if (id !== null && id !== '') fields.set('X-Request-ID', id)
}

function pick(fields: Fields, names: readonly string[]): Fields {
  const picked = new Fields()
  for (const name of names) for (const value of fields.getAll(name)) picked.append(name, value)
  return picked
}
