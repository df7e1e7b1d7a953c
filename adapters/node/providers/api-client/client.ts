import type { Agent, IncomingHttpHeaders } from 'node:http'
import { VERSION } from '../../../../src/version.ts'
import { nodeHttp } from '../../node-http.ts'
import { AnswerTooLong, ApiError, type Asked, errorOfExchange, errorOfStatus } from './api-error.ts'
import type { ClientTls } from './client-tls.ts'
import { parseEndpoint } from './endpoint.ts'
import { type Answer, type Connect, dialInto, exchange } from './exchange.ts'
import { LineSplitter } from './line-splitter.ts'
import { outboundOf } from './outbound.ts'

export interface ApiClientOptions {
  /**
   * `unix:///path`, `tcp://host:port` (TLS where `tls` is given), `http://…`, `https://…`, or
   * `ssh://[user@]host[:port][/socket]`, which runs `ssh … docker system dial-stdio`.
   */
  readonly endpoint: string
  /** Read at every connect. */
  readonly tls?: ClientTls | undefined
  /** Sent with every request. `host` sets the host. */
  readonly headers?: Readonly<Record<string, string>>
  /** Goes over user and password of the endpoint. */
  readonly basicAuth?: { readonly username: string; readonly password: string } | undefined
  /** Until an answer is whole, or the head of a stream is there; 0: no limit. 60 s by default. */
  readonly timeoutMs?: number
  /** Without a byte, while one is waited for; 0: no limit. 30 s by default, none for streams. */
  readonly silenceMs?: number
  /** Variables that name a proxy do not count: the server is on this machine, whatever its address. */
  readonly isDirect?: boolean
  /** URL of the proxy on the way, whatever variables say. */
  readonly proxyUrl?: string | undefined
  /** Connections that are kept for requests, beside those of streams; 16 by default. */
  readonly maxSockets?: number
}

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

export interface RequestOptions {
  readonly signal: AbortSignal
  readonly query?: Query
  readonly headers?: Readonly<Record<string, string>>
  /** As in `ApiClientOptions`. */
  readonly timeoutMs?: number
  readonly silenceMs?: number
  /** Bytes of content that an answer may have; 64 MiB by default. */
  readonly maxBytes?: number
  /** Statuses beside 2xx that are answers and no errors. */
  readonly accept?: readonly number[]
}

export interface SendOptions extends RequestOptions {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly body?: string | Uint8Array
  /** It only reads, whatever its method: a kept connection that was about to close does not fail it. GET and HEAD do. */
  readonly isRead?: boolean
}

export interface StreamOptions extends Omit<RequestOptions, 'maxBytes' | 'accept'> {
  /** 1 MiB by default. */
  readonly maxLineBytes?: number
}

/** An answer that is there as a whole. */
export interface ApiAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  /** The content as UTF-8. */
  text(): string
  /** @throws ApiError where the content is no JSON: a page of HTML, half a document */
  json(): unknown
}

/**
 * HTTP for the APIs of sources. What is no success rejects: with `ProviderRefused` for 401 and 403, else with
 * `ApiError`; no message holds a token, a password or a query. Redirections are not followed.
 */
export interface ApiClient {
  /** The endpoint without credentials. */
  readonly peer: string
  /** @param path below the endpoint's path, starting with a slash, escaped as it is to be sent, with a query or without */
  get(path: string, options: RequestOptions): Promise<ApiAnswer>
  head(path: string, options: RequestOptions): Promise<ApiAnswer>
  request(path: string, options: SendOptions): Promise<ApiAnswer>
  /**
   * The lines of an answer, as they come, on a connection of its own; it ends when the server ends the answer in good
   * order. The head is waited for when the first line is asked for.
   * @param onOpen called when the head is there and promises lines
   */
  lines(path: string, options: StreamOptions, onOpen?: () => void): AsyncIterable<string>
  /** Ends everything under way and closes what was kept. */
  close(): void
}

const TIMEOUT_MS = 60_000
const SILENCE_MS = 30_000
const MAX_SOCKETS = 16
const MAX_BYTES = 64 * 1024 * 1024
const MAX_LINE_BYTES = 1024 * 1024
/** Of an answer that is no success. */
const MAX_REASON_BYTES = 64 * 1024
/** Pieces that are held side by side before they are put together. */
const MOST_PIECES = 4096

/**
 * Variables that name a proxy (`HTTPS_PROXY`) count.
 * @throws Error where the endpoint is no address; the message repeats no credentials
 */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const { tls = {}, headers = {} } = options
  const endpoint = parseEndpoint(options.endpoint, options.tls !== undefined)
  const credentials = options.basicAuth
    ? `${options.basicAuth.username}:${options.basicAuth.password}`
    : endpoint.userInfo
  const env = options.isDirect === true ? {} : process.env
  const { connect, targetPrefix, headers: forProxy } = outboundOf(endpoint, tls, env, options.proxyUrl)
  const always = {
    host: endpoint.host,
    'user-agent': `signalbox/${VERSION}`,
    ...(credentials === null ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
    ...forProxy,
    ...lowerCase(headers),
  }
  const agent = new PoolAgent(connect, options.maxSockets ?? MAX_SOCKETS)
  const closing = new AbortController()
  const { peer } = endpoint

  async function open(path: string, send: SendOptions, isStream: boolean): Promise<Answer> {
    const { method, signal, query = {}, body } = send
    return exchange({
      method,
      target: `${targetPrefix}${endpoint.basePath}${path}${queryText(query)}`,
      headers: {
        ...always,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        ...lowerCase(send.headers ?? {}),
      },
      body: body ?? null,
      agent: isStream ? null : agent,
      connect,
      signals: [signal, closing.signal],
      timeoutMs: send.timeoutMs ?? options.timeoutMs ?? TIMEOUT_MS,
      silenceMs: send.silenceMs ?? (isStream ? 0 : (options.silenceMs ?? SILENCE_MS)),
      isStream,
      isRead: send.isRead ?? (method === 'GET' || method === 'HEAD'),
    })
  }

  const askedOf = (method: string, path: string): Asked => ({ method, peer, path: path.split('?', 1)[0]! })

  const secretsOf = (send: SendOptions): readonly string[] =>
    secretTexts({ ...always, ...lowerCase(send.headers ?? {}) }, credentials)

  async function request(path: string, send: SendOptions): Promise<ApiAnswer> {
    const asked = askedOf(send.method, path)
    try {
      const answer = await open(path, send, false)
      const { status } = answer
      const isGood = (status >= 200 && status < 300) || send.accept?.includes(status) === true
      if (!isGood) throw errorOfStatus(asked, answer, await start(answer), secretsOf(send))
      const bytes = await whole(answer, send.maxBytes ?? MAX_BYTES)
      return {
        status,
        headers: answer.headers,
        bytes,
        text: () => bytes.toString('utf8'),
        json: () => parse(asked, status, bytes),
      }
    } catch (error) {
      send.signal.throwIfAborted()
      throw errorOfExchange(asked, error, secretsOf(send))
    }
  }

  async function* lines(path: string, stream: StreamOptions, onOpen?: () => void): AsyncGenerator<string> {
    const asked = askedOf('GET', path)
    const send = { ...stream, method: 'GET' } as const
    const splitter = new LineSplitter(stream.maxLineBytes ?? MAX_LINE_BYTES)
    try {
      const answer = await open(path, send, true)
      if (answer.status !== 200) throw errorOfStatus(asked, answer, await start(answer), secretsOf(send))
      onOpen?.()
      for await (const chunk of answer.chunks) yield* splitter.take(chunk)
      const rest = splitter.rest()
      if (rest !== '') yield rest
    } catch (error) {
      stream.signal.throwIfAborted()
      throw errorOfExchange(asked, error, secretsOf(send))
    }
  }

  return {
    peer,
    request,
    get: (path, options) => request(path, { ...options, method: 'GET' }),
    head: (path, options) => request(path, { ...options, method: 'HEAD' }),
    lines,
    close() {
      closing.abort(new Error('closed'))
      agent.destroy()
    },
  }
}

/** Connections for requests that come one after the other. */
class PoolAgent extends nodeHttp.Agent {
  readonly #connect: Connect

  constructor(connect: Connect, maxSockets: number) {
    super({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets })
    this.#connect = connect
  }

  override createConnection(...[, done]: Parameters<Agent['createConnection']>): undefined {
    dialInto(this.#connect, done!)
  }
}

async function whole({ chunks }: Answer, maxBytes: number): Promise<Buffer> {
  let pieces: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > maxBytes) throw new AnswerTooLong(maxBytes)
    pieces.push(chunk)
    if (pieces.length > MOST_PIECES) pieces = [Buffer.concat(pieces)]
  }
  return Buffer.concat(pieces)
}

/** As much of the content as a message needs; what is wrong with the rest is not of interest. */
async function start({ chunks }: Answer): Promise<string> {
  let text = ''
  for await (const chunk of chunks) {
    text += chunk.toString('utf8')
    if (text.length > MAX_REASON_BYTES) break
  }
  return text
}

function parse(asked: Asked, status: number, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    // The parser's words repeat a piece of the content, which may hold a secret.
    throw new ApiError(asked, status, 'the answer is no JSON', { cause })
  }
}

function queryText(query: Query): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

/** Fields that say nothing that has to be kept. */
const OPEN_FIELDS: ReadonlySet<string> = new Set(['host', 'accept', 'content-type', 'user-agent'])

function secretTexts(headers: Readonly<Record<string, string>>, credentials: string | null): readonly string[] {
  const texts = Object.entries(headers).flatMap(([name, value]) =>
    OPEN_FIELDS.has(name) ? [] : [value, value.replace(/^\S+ /, '')],
  )
  const password = credentials?.slice(credentials.indexOf(':') + 1) ?? ''
  return [...texts, password].filter((text) => text.length > 2)
}
