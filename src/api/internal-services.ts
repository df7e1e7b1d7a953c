import type { Handler } from '../http/handler.ts'
import { bareReply, notFound } from '../http/replies.ts'
import type { ProxyRequest } from '../http/request.ts'
import type { Dashboard } from './dashboard.ts'

/** The management plane as far as it is switched on; null for what is not. */
export interface InternalServices {
  readonly api: Handler | null
  /** It never is there without the API. */
  readonly dashboard: Dashboard | null
  readonly ping: Handler | null
  readonly ready: Handler | null
}

/** The services that routers reach as `NAME@internal`; `noop@internal` is always there. */
export function internalServices({ api, dashboard, ping, ready }: InternalServices): ReadonlyMap<string, Handler> {
  const services = new Map<string, Handler>([['noop@internal', () => bareReply(418)]])
  if (api !== null) services.set('api@internal', exact(api))
  if (api !== null && dashboard !== null) {
    services.set(
      'dashboard@internal',
      exact((request) => dashboard.alone(request)),
    )
  }
  if (ping !== null) services.set('ping@internal', ping)
  if (ready !== null) services.set('ready@internal', ready)
  return services
}

/** Methods that Fetch writes in capitals, and those that it refuses. */
const NORMALISED = /^(?:delete|get|head|options|post|put)$/i
const REFUSED = /^(?:connect|trace|track)$/i

/**
 * Only what Fetch reads as it stands, in this runtime and in others: a path that it would resolve or rewrite (dot
 * segments, backslashes), or a method that it would change (`put`), was another one for the rule that let the request in
 * (RFC 9110 §9.1).
 */
const exact =
  (handle: Handler): Handler =>
  (request, cx) => {
    const { method } = request
    if (REFUSED.test(method) || (NORMALISED.test(method) && method !== method.toUpperCase())) {
      const reply = bareReply(405)
      reply.headers.append('Allow', 'GET')
      return reply
    }
    return isPlain(request) ? handle(request, cx) : notFound()
  }

function isPlain({ path, target }: ProxyRequest): boolean {
  const url = URL.canParse(`http://api${target}`) ? new URL(`http://api${target}`) : null
  return url !== null && url.pathname === (path === '' ? '/' : path)
}
