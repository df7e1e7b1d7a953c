import type { Transport, TransportSpec, Transports } from '../../src/contracts/ports.ts'
import { type Body, BytesBody, StreamBody } from '../../src/http/body.ts'
import { UpstreamFailure } from '../../src/http/failure.ts'
import { Fields } from '../../src/http/fields.ts'
import { isBodiless } from '../../src/http/outgoing.ts'
import type { ProxyRequest } from '../../src/http/request.ts'
import type { RequestContext } from '../../src/http/request-context.ts'
import type { ProxyResponse } from '../../src/http/response.ts'
import { EdgeContext } from './bridge/edge-context.ts'
import { fieldName, fieldValue, requestHeaders } from './bridge/native-headers.ts'
import { EdgeResponse } from './bridge/response.ts'
import type { Guard } from './guard.ts'

/**
 * Servers reached by `fetch`. The platform owns connections, TLS and timeouts other than that of the response header;
 * `Host` is always that of the URL.
 */
export const fetchTransports: Transports = {
  open: (spec) => new FetchTransport(spec),
  byFetch: true,
}

/** What few exchanges need. */
let guards: Promise<typeof import('./guard.ts')> | null = null

class FetchTransport implements Transport {
  readonly #origin: string
  readonly #headTimeoutMs: number

  constructor({ scheme, host, port, options }: TransportSpec) {
    const name = host.includes(':') ? `[${host}]` : host
    this.#origin = `${scheme === 'https' ? 'https' : 'http'}://${name}:${port}`
    this.#headTimeoutMs = options.responseHeaderTimeoutMs || (options.readTimeoutMs ?? 0)
  }

  send(request: ProxyRequest, cx: RequestContext): Promise<ProxyResponse | UpstreamFailure> {
    const { content } = request
    // Nothing else can end the wait: workerd itself drops the exchange of a client that leaves.
    const timeout = this.#headTimeoutMs
    const through = goesThrough(content, cx, timeout > 0)
    if (timeout === 0 && !through && cx instanceof EdgeContext) return this.#send(request, cx, null, through)
    const isComplete = content === null || content instanceof BytesBody
    guards ??= import('./guard.ts')
    return guards.then(({ Guard }) => this.#send(request, cx, new Guard(timeout, cx, isComplete), through))
  }

  #send(
    request: ProxyRequest,
    cx: RequestContext,
    guard: Guard | null,
    through: boolean,
  ): Promise<ProxyResponse | UpstreamFailure> {
    return start(this.#origin, request, cx, guard, through).then(
      (answer) => {
        guard?.answered()
        if (answer.status < 520) return fromAnswer(answer, request)
        guards ??= import('./guard.ts')
        return guards.then(({ networkFailure }) => networkFailure(answer, cx) ?? fromAnswer(answer, request))
      },
      (error: unknown) => {
        guard?.answered()
        if (guard !== null && guard.reason !== null) return new UpstreamFailure(guard.reason, 'head-sent', error)
        // An unreachable server, one that ends the connection and one that talks nonsense reject alike.
        return new UpstreamFailure('connect', 'unknown', error)
      },
    )
  }

  close(): void {
    // Connections are the platform's.
  }
}

/**
 * Whether content goes through a stream of ours, which tells who broke off, and when all of it has gone: what comes by way
 * of JavaScript, as for the runtime its break would be its end; of a client's own, for which `fetch` rejects as where a
 * server fails, only where that makes a difference.
 */
const goesThrough = (content: Body | null, { handling }: RequestContext, isTimed: boolean): boolean =>
  content !== null &&
  !(content instanceof BytesBody) &&
  (isTimed || handling.countsFailures || !(content instanceof StreamBody))

/** Rejects, and never throws, for what the platform can't send. */
function start(
  origin: string,
  request: ProxyRequest,
  cx: RequestContext,
  guard: Guard | null,
  through: boolean,
): Promise<Response> {
  const { method, target, content } = request
  const signal = guard?.signal ?? null
  const send = (body: ReadableStream | Uint8Array | null): Promise<Response> => {
    let headers: Headers
    const { exchange } = cx
    try {
      headers = requestHeaders(request.headers, exchange instanceof EdgeContext ? exchange.received : null)
    } catch (error) {
      return Promise.reject(error)
    }
    // Bytes stay as the server sent them; `response.ts` passes them on likewise.
    return fetch(origin + target, { method, headers, body, redirect: 'manual', encodeResponseBody: 'manual', signal })
  }
  if (content === null || method === 'GET' || method === 'HEAD') return send(null)
  if (content instanceof BytesBody) return content.bytes(Number.POSITIVE_INFINITY).then(send)
  return send(guard !== null && through ? guard.through(content) : (content.stream() as ReadableStream))
}

function fromAnswer(answer: Response, request: ProxyRequest): ProxyResponse | UpstreamFailure {
  const { status, body, headers } = answer
  if (status > 599) return new UpstreamFailure('protocol', 'responding', `status ${status}`)
  const lines: string[] = []
  let length: number | null = null
  let isUnique = true
  headers.forEach((value, as) => {
    const name = fieldName(as)
    if (name === 'content-length') length = Number(value)
    else if (name === 'set-cookie') isUnique = false
    lines.push(name, fieldValue(value))
  })
  const received = isUnique ? { headers, lines: lines.slice() } : null
  const empty = body === null || request.method === 'HEAD' || isBodiless(status)
  const content = empty ? null : new StreamBody(body as ReadableStream<Uint8Array>, length, true)
  const response = new EdgeResponse(answer, new Fields(lines), content, received)
  if (status === 101) response.upgraded = answer.webSocket
  return response
}
