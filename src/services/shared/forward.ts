import type { Ports, Transport } from '../../contracts/ports.ts'
import { weakenEtag } from '../../http/etag.ts'
import { UpstreamFailure } from '../../http/failure.ts'
import {
  ACCEPT_ENCODING,
  CONNECTION,
  classOf,
  FORWARDED_FOR,
  HOP,
  RANGE,
  TE,
  USER_AGENT,
} from '../../http/field-names.ts'
import type { Handler } from '../../http/handler.ts'
import { addNominated, dropHopByHop, dropNamed, hasCoding } from '../../http/hop-by-hop.ts'
import { andThen } from '../../http/maybe-promise.ts'
import { failureReply, phraseReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { ServerPlan } from '../../plan/services.ts'

/**
 * The last handler: a request to one server and its answer back. It alone knows RFC 9110 §7.6 (hop-by-hop fields both
 * ways), appends the client to `X-Forwarded-For` and maps failures to statuses; once, for both runtimes.
 * @param service the load balancer that the server is one of
 */
export function forward(
  transport: Transport,
  server: ServerPlan,
  service: string,
  passHostHeader: boolean,
  ports: Ports,
): Handler {
  const prefix = server.preservePath ? server.path.replace(/\/$/, '') : ''
  return (request, cx) => {
    const { record } = cx
    record.loadBalancer = service
    record.serverUrl = server.url
    // What an earlier one has answered is of no account any more.
    record.originStatus = 0
    record.originSize = -1
    record.originFields = null
    // RFC 9110 §9.3.6: a tunnel to the authority is no business of a gateway.
    if (request.method === 'CONNECT') return phraseReply(501)
    if (request.upgrade !== null && !/^[\x20-\x7e]+$/.test(request.upgrade)) return phraseReply(500)
    cx.handling.onForward?.(request)
    record.fieldsWatcher?.fieldsLeave(request.headers)
    const gzipIsOurs = prepareFields(request, cx)
    prepareTarget(request, prefix)
    if (!passHostHeader) request.authority = server.authority
    record.originStart = ports.clock.now()
    return andThen(transport.send(request, cx), (answer) => {
      record.originEnd = ports.clock.now()
      if (answer instanceof UpstreamFailure) {
        ports.log.log('debug', `${server.url}: ${answer.kind} failure`, {
          service: record.service,
          cause: answer.cause,
        })
        const reply = failureReply(answer)
        record.originStatus = reply.status
        return reply
      }
      record.originStatus = answer.status
      dropHopByHop(answer.headers)
      if (record.wantsOriginFields) record.originFields = answer.headers.lines.slice()
      if (gzipIsOurs && answer.content !== null) decodeGzip(answer, ports)
      return answer
    })
  }
}

/** Path of the server's URL in front, exactly one slash at the joint; a `;` that a middleware put in becomes `&`. */
function prepareTarget(request: ProxyRequest, prefix: string): void {
  const { target } = request
  if (prefix !== '' || target.charCodeAt(0) !== 47)
    request.target = prefix + (target.startsWith('/') ? '' : '/') + target
  const { query } = request
  if (query.includes(';')) request.target = request.path + query.replaceAll(';', '&')
}

/**
 * Hop-by-hop fields off, the client into `X-Forwarded-For`, in one pass.
 * @returns whether gzip is asked for by us alone: such an answer is decoded for the client
 */
function prepareFields(request: ProxyRequest, cx: RequestContext): boolean {
  const { lines } = request.headers
  let kept = 0
  let seen = 0
  let forwardedFor: string | null = null
  let coding = ''
  let trailers = false
  let nominated: Set<string> | null = null
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i]!
    const value = lines[i + 1]!
    const bits = classOf(name)
    if ((bits & HOP) !== 0) {
      if ((bits & TE) !== 0 && hasCoding(value, 'trailers')) trailers = true
      if ((bits & CONNECTION) !== 0) nominated = addNominated(value, nominated, request.headers)
      continue
    }
    if ((bits & FORWARDED_FOR) !== 0) {
      forwardedFor = forwardedFor === null ? value : `${forwardedFor}, ${value}`
      continue
    }
    // Go's transport writes no empty one.
    if (value === '' && (bits & USER_AGENT) !== 0) continue
    if ((bits & CODING) !== 0 && (seen & bits) === 0) coding += value
    seen |= bits
    lines[kept] = name
    lines[kept + 1] = value
    kept += 2
  }
  if (kept !== lines.length) lines.length = kept
  if (nominated !== null) dropNamed(request.headers, nominated)
  if (!cx.handling.omitForwardedFor && cx.client.address !== '') {
    lines.push('X-Forwarded-For', forwardedFor === null ? cx.client.address : `${forwardedFor}, ${cx.client.address}`)
  } else if (forwardedFor !== null) lines.push('X-Forwarded-For', forwardedFor)
  if (trailers) lines.push('Te', 'trailers')
  if (request.upgrade !== null) lines.push('Connection', 'Upgrade', 'Upgrade', request.upgrade)
  if (coding !== '' || request.method === 'HEAD') return false
  lines.push('Accept-Encoding', 'gzip')
  return true
}

/** Fields whose first line keeps us from asking for gzip when it says anything. */
const CODING = ACCEPT_ENCODING | RANGE

/** Takes off the gzip that the client did not ask for: length and encoding go, the ETag becomes weak (safety 4). */
function decodeGzip(answer: ProxyResponse, ports: Ports): void {
  const { headers, content } = answer
  if (content === null || typeof content === 'string' || headers.get('content-encoding')?.toLowerCase() !== 'gzip')
    return
  headers.delete('content-encoding')
  headers.delete('content-length')
  weakenEtag(headers)
  answer.content = ports.codecs.gunzip(content)
}
