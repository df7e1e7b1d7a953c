import { BytesBody, StreamBody } from '../../src/http/body.ts'
import type { RequestContext } from '../../src/http/context.ts'
import { type FailureKind, UpstreamFailure } from '../../src/http/failure.ts'
import { isBodiless } from '../../src/http/fetch.ts'
import { classOf, FRAMING, HOP } from '../../src/http/field-names.ts'
import { Fields, fromFieldText, toFieldText } from '../../src/http/fields.ts'
import type { ProxyRequest } from '../../src/http/request.ts'
import { ProxyResponse } from '../../src/http/response.ts'
import type { Transport, TransportSpec, Transports } from '../../src/ports/ports.ts'
import { EdgeContext } from './context.ts'

const NOT_ASCII = /[^\0-\x7f]/

/** Statuses by which Cloudflare's network says that it could not reach a server. */
const networkFailures: ReadonlyMap<number, FailureKind> = new Map([
  [520, 'reset'],
  [521, 'connect'],
  [522, 'timeout'],
  [523, 'connect'],
  [524, 'timeout'],
  [525, 'tls'],
  [526, 'tls'],
  [527, 'connect'],
  [530, 'connect'],
])

/**
 * Servers reached by `fetch`. The platform owns connections, TLS and timeouts other than that of the response header;
 * `Host` is always that of the URL.
 */
export const fetchTransports: Transports = {
  open: (spec) => new FetchTransport(spec),
}

class FetchTransport implements Transport {
  readonly #origin: string
  readonly #headTimeoutMs: number

  constructor({ scheme, host, port, options }: TransportSpec) {
    const name = host.includes(':') ? `[${host}]` : host
    this.#origin = `${scheme === 'https' ? 'https' : 'http'}://${name}:${port}`
    this.#headTimeoutMs = options.responseHeaderTimeoutMs
  }

  send(request: ProxyRequest, cx: RequestContext): Promise<ProxyResponse | UpstreamFailure> {
    const { content } = request
    // Whether bytes have been sent can't be known: what may be sent again counts as unsent, as it can be.
    const repeatable = content === null || content instanceof BytesBody
    const fail = (kind: FailureKind, cause: unknown) =>
      new UpstreamFailure(kind, repeatable ? 'unsent' : 'body-sent', cause)
    const guard = watch(this.#headTimeoutMs, cx)
    return start(this.#origin, request, guard?.signal ?? null).then(
      (answer) => {
        guard?.release()
        const { status } = answer
        if (status >= 520 && cx instanceof EdgeContext && cx.onNetwork) {
          const kind = networkFailures.get(status)
          if (kind !== undefined) {
            void answer.body?.cancel()
            return fail(kind, `status ${status} of the network`)
          }
        }
        if (status > 599) return new UpstreamFailure('protocol', 'responding', `status ${status}`)
        return fromAnswer(answer, request)
      },
      (error: unknown) => {
        guard?.release()
        if (guard !== null && guard.reason !== null) return new UpstreamFailure(guard.reason, 'head-sent', error)
        return fail('connect', error)
      },
    )
  }

  close(): void {
    // Connections are the platform's.
  }
}

/** Null where nothing can end the wait: workerd itself drops the exchange of a client that leaves. */
function watch(timeoutMs: number, cx: RequestContext): Guard | null {
  return timeoutMs > 0 || !(cx instanceof EdgeContext) ? new Guard(timeoutMs, cx) : null
}

/** Ends a wait for a response head: at its timeout, or when the exchange is given up. */
class Guard {
  /** Why it fired; null while it has not. */
  reason: 'timeout' | 'aborted' | null = null
  readonly #controller = new AbortController()
  readonly #timer: ReturnType<typeof setTimeout> | null
  readonly #forget: () => void

  constructor(timeoutMs: number, cx: RequestContext) {
    this.#timer = timeoutMs > 0 ? setTimeout(() => this.#fire('timeout'), timeoutMs) : null
    this.#forget = cx.onAbort(() => this.#fire('aborted'))
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The head is there: what follows has no limit. */
  release(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#forget()
  }

  #fire(reason: 'timeout' | 'aborted'): void {
    this.reason ??= reason
    this.#controller.abort()
  }
}

/** Rejects, and never throws, for what the platform can't send. */
function start(origin: string, request: ProxyRequest, signal: AbortSignal | null): Promise<Response> {
  const { method, content } = request
  const bodiless = content === null || method === 'GET' || method === 'HEAD'
  if (bodiless) return sent(origin, request, null, signal)
  if (!(content instanceof BytesBody)) return sent(origin, request, content.stream() as ReadableStream, signal)
  return content.bytes(Number.POSITIVE_INFINITY).then((bytes) => sent(origin, request, bytes, signal))
}

function sent(
  origin: string,
  { method, target, headers: { lines }, upgrade }: ProxyRequest,
  body: ReadableStream | Uint8Array | null,
  signal: AbortSignal | null,
): Promise<Response> {
  const headers = new Headers()
  try {
    for (let i = 0; i < lines.length; i += 2) {
      const name = lines[i]!
      // Framing is the runtime's, by the content it is given; `Upgrade` alone makes it open a WebSocket.
      if ((classOf(name) & (FRAMING | HOP)) !== 0 && (upgrade === null || name !== 'Upgrade')) continue
      const value = lines[i + 1]!
      headers.append(name, NOT_ASCII.test(value) ? fromFieldText(value) : value)
    }
  } catch (error) {
    return Promise.reject(error)
  }
  return fetch(origin + target, {
    method,
    headers,
    body,
    redirect: 'manual',
    // Bytes stay as the server sent them; `response.ts` passes them on likewise.
    encodeResponseBody: 'manual',
    signal,
  })
}

function fromAnswer(answer: Response, request: ProxyRequest): ProxyResponse {
  const { status, statusText, body } = answer
  const lines: string[] = []
  let length: number | null = null
  answer.headers.forEach((value, name) => {
    if (name === 'content-length') length = Number(value)
    lines.push(name, NOT_ASCII.test(value) ? toFieldText(value) : value)
  })
  const empty = body === null || request.method === 'HEAD' || isBodiless(status)
  const content = empty ? null : new StreamBody(body as ReadableStream<Uint8Array>, length)
  const response = new ProxyResponse(status, new Fields(lines), content)
  response.reason = statusText
  if (status === 101) response.upgraded = answer.webSocket
  return response
}
