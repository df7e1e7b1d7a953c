import type { Transport } from '../../contracts/ports.ts'
import { DEFAULT_USER_AGENT } from '../../http/default-user-agent.ts'
import { UpstreamFailure } from '../../http/failure.ts'
import { Fields } from '../../http/fields.ts'
import { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { HealthCheckPlan } from '../../plan/services.ts'
import { resolveReference } from './reference.ts'

/** As many as Go's client follows. */
const REDIRECTS = 10
/** Other servers that the redirects of one check may lead to. */
const MAX_ORIGINS = 4

/** A server as a check sees it. */
export interface CheckOrigin {
  readonly scheme: 'http' | 'https'
  /** `host:port` as it stands in the URL. */
  readonly authority: string
  readonly transport: Transport
}

/** The server that a check asks, and how. */
export interface CheckTarget {
  readonly options: HealthCheckPlan
  /** Path and query of the server's URL, at least `/`: a relative path of the check starts there. */
  readonly base: string
  /** Where the check is sent: the server's URL with the check's scheme and port. */
  readonly origin: CheckOrigin
  /** The way to another server that a redirect names; null when there is none. */
  open(url: URL): CheckOrigin | null
}

/** Asks a server for a page, again and again over its life. */
export class HttpCheck {
  readonly #target: CheckTarget
  readonly #origins = new Map<string, CheckOrigin>()

  constructor(target: CheckTarget) {
    this.#target = target
  }

  /** Null when the answer is as it should be, else why it is not. Never rejects. */
  async run(cx: RequestContext): Promise<string | null> {
    const { options, base } = this.#target
    let { origin } = this.#target
    let target = resolveReference(options.path, base)
    if (target === null) return `invalid path ${options.path}`
    let { method } = options
    let hasContent = true
    for (let hops = 0; hops <= REDIRECTS; hops++) {
      const answer = await origin.transport.send(this.#request(origin, method, target, hasContent), cx)
      if (answer instanceof UpstreamFailure) return cx.aborted ? 'timeout' : `${answer.kind}: ${String(answer.cause)}`
      const { status } = answer
      const location = options.followRedirects && isRedirect(status) ? answer.headers.first('location') : null
      await drain(answer)
      if (location === null) return isHealthy(status, options.status) ? null : `received status ${status}`
      const next = this.#follow(location, origin, target)
      if (next === null) return 'redirect to nowhere'
      origin = next.origin
      target = next.target
      // RFC 9110 §15.4: 307 and 308 alone keep the method.
      if (status < 307) hasContent = false
      if (status < 307 && method !== 'HEAD') method = 'GET'
    }
    return 'too many redirects'
  }

  /** @param hasContent whether fields that are about content are sent */
  #request(origin: CheckOrigin, method: string, target: string, hasContent: boolean): ProxyRequest {
    const { options, origin: own } = this.#target
    const headers = new Fields()
    for (const [name, value] of Object.entries(options.headers)) {
      const key = name.toLowerCase()
      // Go's client takes no notice of a field `Host`.
      if (key === 'host' || (!hasContent && OF_CONTENT.has(key))) continue
      // What was meant for one server is not told another.
      if (origin === own || !PRIVATE.has(key)) headers.append(name, value)
    }
    const agent = headers.first('user-agent')
    if (agent === null) headers.append('User-Agent', DEFAULT_USER_AGENT)
    // Go's client sends no empty one.
    else if (agent === '') headers.delete('user-agent')
    const { scheme, authority } = origin
    const named = origin === own && options.hostname !== '' ? options.hostname : authority
    return new ProxyRequest(method, scheme, named, target, headers, null, null, 'HTTP/1.1')
  }

  #follow(location: string, origin: CheckOrigin, target: string): { origin: CheckOrigin; target: string } | null {
    const within = resolveReference(location, target)
    if (within !== null) return { origin, target: within }
    const url = URL.parse(location, `${origin.scheme}://${origin.authority}`)
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null
    const next = this.#originOf(url)
    return next === null ? null : { origin: next, target: url.pathname + url.search }
  }

  #originOf(url: URL): CheckOrigin | null {
    const { origin: own } = this.#target
    if (url.origin === URL.parse(`${own.scheme}://${own.authority}`)?.origin) return own
    const known = this.#origins.get(url.origin)
    if (known !== undefined) return known
    if (this.#origins.size >= MAX_ORIGINS) return null
    const opened = this.#target.open(url)
    if (opened !== null) this.#origins.set(url.origin, opened)
    return opened
  }
}

const PRIVATE: ReadonlySet<string> = new Set(['authorization', 'cookie', 'cookie2', 'www-authenticate'])

const OF_CONTENT: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
])

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
