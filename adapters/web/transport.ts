import type { Clock, TransportSpec, Transports } from '../../src/contracts/ports.ts'
import { BytesBody, StreamBody } from '../../src/http/body.ts'
import { UpstreamFailure } from '../../src/http/failure.ts'
import { classOf, FRAMING, HOP } from '../../src/http/field-names.ts'
import { Fields, fromFieldText, toFieldText } from '../../src/http/fields.ts'
import { isBodiless } from '../../src/http/outgoing.ts'
import type { ProxyRequest } from '../../src/http/request.ts'
import type { RequestContext } from '../../src/http/request-context.ts'
import { ProxyResponse } from '../../src/http/response.ts'

/** What is used of the runtime's `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * Servers reached by `fetch`, as every runtime has it: connections are the runtime's, `Host` is that of the URL, a GET
 * has no content, upgrades do not exist, and encoded answers arrive decoded.
 */
export function fetchTransports(fetch: Fetch, clock: Clock): Transports {
  return {
    byFetch: true,
    open: (spec) => ({
      send: (request, cx) => send(originOf(spec), request, cx, headTimeoutOf(spec), fetch, clock),
      close() {
        // Connections are the runtime's.
      },
    }),
  }
}

/** Of silences the one before the answer can be told. */
const headTimeoutOf = ({ options }: TransportSpec): number =>
  options.responseHeaderTimeoutMs || (options.readTimeoutMs ?? 0)

const originOf = ({ scheme, host, port }: TransportSpec): string =>
  `${scheme === 'https' ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`

async function send(
  origin: string,
  request: ProxyRequest,
  cx: RequestContext,
  headTimeoutMs: number,
  fetch: Fetch,
  clock: Clock,
): Promise<ProxyResponse | UpstreamFailure> {
  if (request.upgrade !== null) return new UpstreamFailure('protocol', 'unsent', 'fetch can not switch protocols')
  const abort = new AbortController()
  let timedOut = false
  const cancel =
    headTimeoutMs > 0
      ? clock.after(headTimeoutMs, () => {
          timedOut = true
          abort.abort()
        })
      : () => {}
  // Not taken back at the head: what is called off later is the rest of the answer.
  cx.onAbort(() => abort.abort())
  try {
    return fromAnswer(await fetch(origin + request.target, await initOf(request, abort.signal)), request)
  } catch (cause) {
    const isLate = timedOut || (cx.expired && request.content === null)
    const kind = isLate ? 'timeout' : cx.aborted ? 'aborted' : 'connect'
    return new UpstreamFailure(kind, neverConnected(cause) ? 'unsent' : 'unknown', cause)
  } finally {
    cancel()
  }
}

/** System calls that come before a connection, as Node names them on errors. */
const CONNECTING: readonly unknown[] = ['connect', 'getaddrinfo']

/**
 * Whether a rejection of `fetch` says that there was no connection: Node names the system call that failed, its client
 * the time limit of connecting. Other runtimes tell nothing.
 */
function neverConnected(error: unknown): boolean {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return false
  const { code, syscall, errors } = error.cause as Error & { code?: unknown; syscall?: unknown; errors?: unknown }
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || CONNECTING.includes(syscall)) return true
  // One error for each address that was tried.
  return Array.isArray(errors) && errors.length > 0 && errors.every((one) => CONNECTING.includes(one?.syscall))
}

async function initOf(
  { method, content, headers: { lines } }: ProxyRequest,
  signal: AbortSignal,
): Promise<RequestInit> {
  const headers = new Headers()
  for (let i = 0; i < lines.length; i += 2) {
    if ((classOf(lines[i]!) & (FRAMING | HOP)) === 0) headers.append(lines[i]!, fromFieldText(lines[i + 1]!))
  }
  const init: RequestInit & { duplex?: 'half' } = { method, headers, redirect: 'manual', signal }
  if (content === null || method === 'GET' || method === 'HEAD') return init
  const body = content instanceof BytesBody ? await content.bytes(Number.POSITIVE_INFINITY) : content.stream()
  return { ...init, body: body as BodyInit, duplex: 'half' } as RequestInit
}

function fromAnswer(answer: Response, request: ProxyRequest): ProxyResponse | UpstreamFailure {
  if (answer.status < 200) return new UpstreamFailure('protocol', 'responding', `status ${answer.status}`)
  const decoded = answer.headers.has('content-encoding')
  const lines: string[] = []
  answer.headers.forEach((value, name) => {
    if (name === 'set-cookie' || (decoded && (name === 'content-encoding' || name === 'content-length'))) return
    lines.push(name, toFieldText(value))
  })
  for (const cookie of answer.headers.getSetCookie()) lines.push('set-cookie', toFieldText(cookie))
  const length = decoded ? null : answer.headers.get('content-length')
  const empty = answer.body === null || request.method === 'HEAD' || isBodiless(answer.status)
  const content = empty ? null : new StreamBody(answer.body!, length === null ? null : Number(length))
  return new ProxyResponse(answer.status, new Fields(lines), content)
}
