import { UpstreamFailure } from '../http/failure.ts'
import { Fields } from '../http/fields.ts'
import { ProxyRequest } from '../http/request.ts'
import type { ProxyResponse } from '../http/response.ts'
import type { HealthCheck } from '../kinds/health-check.ts'
import type { CheckContext } from './context.ts'

const REDIRECTS = 10

/** Null when the server is well, else why it is not. Never rejects. */
export async function runCheck(check: HealthCheck, cx: CheckContext): Promise<string | null> {
  const { options } = check
  let target = resolvePath(options.path)
  if (target === null) return `invalid path ${options.path}`
  for (let hops = 0; hops <= REDIRECTS; hops++) {
    const answer = await check.transport.send(checkRequest(check, target), cx)
    if (answer instanceof UpstreamFailure) return cx.aborted ? 'timeout' : `${answer.kind}: ${String(answer.cause)}`
    const { status } = answer
    const location = options.followRedirects && isRedirect(status) ? answer.headers.first('location') : null
    await drain(answer)
    if (location === null) return isHealthy(status, options.status) ? null : `received status ${status}`
    const next = resolveLocation(location, check.origin, target)
    if (next === null) return `redirect to another origin`
    target = next
  }
  return 'too many redirects'
}

function checkRequest({ options, origin }: HealthCheck, target: string): ProxyRequest {
  const headers = new Fields()
  let host = options.hostname
  for (const [name, value] of Object.entries(options.headers)) {
    if (name.toLowerCase() === 'host') host ||= value
    else headers.append(name, value)
  }
  const { scheme, authority } = origin
  return new ProxyRequest(options.method, scheme, host || authority, target, headers, null, null, 'HTTP/1.1')
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

const isHealthy = (status: number, wanted: number): boolean =>
  wanted === 0 ? status >= 200 && status < 400 : status === wanted

/** Small answers are read so that the connection can be used again; large ones are given up. */
async function drain({ content }: ProxyResponse): Promise<void> {
  if (content === null || typeof content === 'string') return
  await content.bytes(65_536).catch(() => {
    // The status has been judged; a cut or oversized answer changes nothing.
  })
}

/** A relative reference resolved against the server's root; null for anything that names an origin of its own. */
function resolvePath(reference: string): string | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference) || reference.startsWith('//')) return null
  const path = reference.split('#')[0]!
  return path.startsWith('/') ? path : `/${path}`
}

function resolveLocation(location: string, origin: HealthCheck['origin'], target: string): string | null {
  const prefix = `${origin.scheme}://${origin.authority}`
  const rest = location.startsWith(prefix) ? location.slice(prefix.length) : location
  if (rest === '') return '/'
  if (rest.startsWith('/') && !rest.startsWith('//')) return rest
  if (/^[a-z][a-z0-9+.-]*:/i.test(rest) || rest.startsWith('//')) return null
  return target.slice(0, target.lastIndexOf('/') + 1) + rest
}
