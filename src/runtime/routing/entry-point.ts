import type { Kinds } from '../../contracts/kinds.ts'
import type { Ports } from '../../contracts/ports.ts'
import {
  ALIAS,
  CONNECTION,
  classOf,
  FORWARDED_FOR,
  FORWARDED_HOST,
  FORWARDED_PORT,
  FORWARDED_PROTO,
  FORWARDED_SERVER,
  MANAGED,
  MANAGED_ALIAS,
  REAL_IP,
  UNDERSCORE,
} from '../../http/field-names.ts'
import { canonicalName } from '../../http/fields.ts'
import type { Handler } from '../../http/handler.ts'
import { addNominated, dropNamed } from '../../http/hop-by-hop.ts'
import { cleanPath, normalizePath } from '../../http/path.ts'
import { bareReply, errorReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { EntryPointPlan } from '../../plan/plan.ts'

/**
 * What every request of an HTTP entry point goes through before it is routed (Traefik v3.7
 * `pkg/server/server_entrypoint_tcp.go`): alias names, path and query, forwarding headers, `Connection`, host.
 */
export function createEntryPoint(
  plan: EntryPointPlan,
  { hostname, count, transports }: Pick<Ports, 'hostname' | 'count' | 'transports'>,
  kinds: Pick<Kinds, 'createIpMatcher'>,
  next: Handler,
): Handler {
  const prepareFields = createFieldPreparer(plan, hostname, kinds)
  const clean = plan.sanitizePath ? cleanPath : transports.byFetch === true ? plainPath : asItIs
  const refuse = (cx: RequestContext, reason: string, reply: ProxyResponse): ProxyResponse => {
    count?.('requestRefused', cx.entryPoint, reason)
    return reply
  }
  return (request, cx) => {
    // RFC 9110 §15.5.15
    if (request.target.length > plan.maxTargetBytes) return refuse(cx, 'target-too-long', errorReply(414))
    if (plan.aliasHeaders.strategy !== 'keep' && !checkAliases(request, plan.aliasHeaders)) {
      return refuse(cx, 'alias-header', errorReply(400))
    }
    if (!prepareTarget(request, plan, clean)) return refuse(cx, 'path', bareReply(400))
    if (!prepareFields(request, cx)) return refuse(cx, 'connection-header', errorReply(400))
    request.host = canonicalHost(request.authority)
    return next(request, cx)
  }
}

/** Deletes names that servers may read as others; false when the request must be refused. */
function checkAliases(request: ProxyRequest, { strategy, underscoreOnly }: EntryPointPlan['aliasHeaders']): boolean {
  const bit = underscoreOnly ? UNDERSCORE : ALIAS
  const { lines } = request.headers
  let kept = 0
  for (let i = 0; i < lines.length; i += 2) {
    if ((classOf(lines[i]!) & bit) !== 0) {
      if (strategy === 'reject') return false
      continue
    }
    lines[kept] = lines[i]!
    lines[kept + 1] = lines[i + 1]!
    kept += 2
  }
  lines.length = kept
  return true
}

/** A target whose path needs no work: unreserved characters and slashes without dot segments, no query semicolons. */
const SIMPLE_TARGET = /^(?:\/[A-Za-z0-9\-_~!$&'()*+,;=:@][A-Za-z0-9\-_~!$&'()*+,;=:@.]*)*\/?(?:\?[^;#]*)?$/

const asItIs = (path: string): string => path

/** A path without dot segments as Fetch sends it: rules must not see another one than servers. */
const plainPath = (path: string): string => (path.startsWith('/') ? new URL(`http://a${path}`).pathname : path)

function prepareTarget(request: ProxyRequest, plan: EntryPointPlan, clean: (path: string) => string): boolean {
  const { target } = request
  if (SIMPLE_TARGET.test(target) && target.charCodeAt(0) === 47) return true
  const { path, query } = request
  if (path.includes('#')) return false
  const normal = normalizePath(path)
  if (normal === null) return false
  const cleaned = clean(normal)
  if (!query.includes(';')) request.target = cleaned + query
  else if (plan.encodeQuerySemicolons) request.target = cleaned + query.replaceAll(';', '%3B')
  else request.replaceTarget(cleaned + query.replaceAll(';', '&'), cleaned + query)
  return true
}

/** Lower case, port off, brackets off, blanks trimmed; trailing dots stay. */
export function canonicalHost(authority: string): string {
  const host = authority.trim()
  if (host.charCodeAt(0) === 91) {
    const end = host.indexOf(']')
    return (end === -1 ? host.slice(1) : host.slice(1, end)).toLowerCase()
  }
  const colon = host.lastIndexOf(':')
  return (colon === -1 ? host : host.slice(0, colon)).toLowerCase()
}

const portOf = (authority: string): string => /:([0-9]+)$/.exec(authority)?.[1] ?? ''

/**
 * Forwarding headers and `Connection` (Traefik v3.7 `pkg/middlewares/forwardedheaders`), in one pass over the lines.
 * @param hostname what `X-Forwarded-Server` says
 */
function createFieldPreparer(
  plan: EntryPointPlan,
  hostname: string,
  { createIpMatcher }: Pick<Kinds, 'createIpMatcher'>,
) {
  const { insecure, trustedIPs, connection, notAppendXForwardedFor } = plan.forwardedHeaders
  const trusted = trustedIPs.length > 0 ? createIpMatcher!(trustedIPs) : null
  const allowed = new Set(connection)

  return (request: ProxyRequest, cx: RequestContext): boolean => {
    if (notAppendXForwardedFor) cx.handling.omitForwardedFor = true
    const trust = insecure || (trusted?.contains(cx.client.address) ?? false)
    const { lines } = request.headers
    let seen = 0
    let forwardedFor: string | null = null
    let proto = ''
    let kept = 0
    for (let i = 0; i < lines.length; i += 2) {
      const name = lines[i]!
      const value = lines[i + 1]!
      const bits = classOf(name)
      if ((bits & (MANAGED | MANAGED_ALIAS)) !== 0) {
        if (!trust || (value === '' && (bits & FILLED) !== 0)) continue
        if ((bits & FORWARDED_SERVER) !== 0) continue
        if ((bits & FORWARDED_FOR) !== 0) {
          forwardedFor = forwardedFor === null ? value : `${forwardedFor}, ${value}`
          continue
        }
        if ((bits & FORWARDED_PROTO) !== 0 && (seen & FORWARDED_PROTO) === 0) proto = value
      }
      seen |= bits
      lines[kept] = name
      lines[kept + 1] = value
      kept += 2
    }
    if (kept !== lines.length) lines.length = kept
    if ((seen & CONNECTION) !== 0 && !dropNominated(request, allowed)) return false

    const secure = request.scheme === 'https'
    if (forwardedFor !== null) lines.push('X-Forwarded-For', forwardedFor)
    if (cx.client.address !== '' && (seen & REAL_IP) === 0) lines.push('X-Real-Ip', cx.client.address)
    if ((seen & FORWARDED_PROTO) === 0) {
      if (request.upgrade?.toLowerCase() === 'websocket') proto = secure ? 'wss' : 'ws'
      else proto = request.scheme
      lines.push('X-Forwarded-Proto', proto)
    }
    if ((seen & FORWARDED_PORT) === 0) {
      const port = portOf(request.authority)
      lines.push('X-Forwarded-Port', port || (secure || proto === 'https' || proto === 'wss' ? '443' : '80'))
    }
    if ((seen & FORWARDED_HOST) === 0 && request.authority !== '') lines.push('X-Forwarded-Host', request.authority)
    lines.push('X-Forwarded-Server', hostname)
    return true
  }
}

/** Forwarding headers that are filled in where they are missing or empty. */
const FILLED = REAL_IP | FORWARDED_PROTO | FORWARDED_HOST | FORWARDED_PORT

/** Characters of all `Connection` fields together. */
const MAX_CONNECTION = 65_536

/**
 * Deletes what `Connection` names, but not what stays visible to rules and middlewares; `Connection` then names just
 * these, and `Upgrade`. False: it names more than anybody means, and looking at each takes time.
 */
function dropNominated(request: ProxyRequest, allowed: ReadonlySet<string>): boolean {
  const { headers } = request
  let nominated: Set<string> | null = null
  const given = headers.getAll('connection')
  if (given.reduce((length, line) => length + line.length, 0) > MAX_CONNECTION) return false
  for (const line of given) nominated = addNominated(line, nominated, headers)
  headers.delete('connection')
  const remaining: string[] = []
  if (nominated !== null) {
    for (const name of nominated) {
      if (!allowed.has(name)) continue
      nominated.delete(name)
      remaining.push(canonicalName(name))
    }
    dropNamed(headers, nominated)
  }
  if (request.upgrade !== null) remaining.push('Upgrade')
  if (remaining.length > 0) headers.append('Connection', remaining.join(', '))
  return true
}
