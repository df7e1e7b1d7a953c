import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../../../src/contracts/ports.ts'
import { isSecretName, maskSecrets } from '../../../../src/http/secrets.ts'
import { statusText } from '../../../../src/http/status.ts'
import type { ApiClient, ApiClientOptions, Query } from '../../providers/api-client/client.ts'
import { textOf } from '../fields.ts'
import { pause, retryAfterMs } from '../waits.ts'

export type OpenApi = (options: ApiClientOptions) => ApiClient

export interface DnsApiOptions {
  /** For messages. */
  readonly provider: string
  readonly endpoint: string
  /** For a whole answer. */
  readonly timeoutMs: number
  /** Of the content of an answer; 1 MiB by default. */
  readonly maxBytes?: number
  /** With every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Texts that no message shows, should an API repeat them. */
  readonly secrets: readonly string[]
  /** What an answer that is no success says, in its JSON; empty: nothing. By default its `message`. */
  readonly said?: (content: unknown) => string
  /** More for the client, such as a proxy. */
  readonly client?: Omit<ApiClientOptions, 'endpoint' | 'timeoutMs' | 'headers'>
}

export interface DnsApiPorts {
  readonly openApi: OpenApi
  readonly clock: Clock
}

export interface DnsCall {
  /** What it is for, in messages: `create the record`. */
  readonly operation: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the endpoint, escaped as it is to be sent. */
  readonly path: string
  readonly query?: Query
  readonly headers?: Readonly<Record<string, string>>
  /** Content: one of them, or none. */
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly text?: string
  /** Statuses beside 2xx that are answers and no errors. */
  readonly accept?: readonly number[]
}

export interface DnsAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders
  text(): string
  /** @throws DnsApiError where it is no JSON */
  json(): unknown
  /** For a content that is not as it has to be. */
  complaint(reason: string): DnsApiError
}

/** What an API did not do. Its message names the provider and the operation, and holds no secret. */
export class DnsApiError extends Error {
  /** Of the answer; null: there was none that is whole. */
  readonly status: number | null
  /** How long the API wants to be left alone; null: it did not say. */
  readonly retryAfterMs: number | null

  constructor(message: string, status: number | null, pauseMs: number | null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'DnsApiError'
    this.status = status
    this.retryAfterMs = pauseMs
  }
}

const MAX_BYTES = 1024 * 1024
/** For APIs that answer with all records of a zone; more takes too long to read. */
export const ZONE_BYTES = 4 * 1024 * 1024
const MOST_SHOWN = 300
/** A request that came too early is sent again after the pause that the API asks for, if it is no longer than this. */
const LONGEST_PAUSE_MS = 30_000
const MOST_TRIES = 3
const AT_ONCE = 4
const ANY_STATUS = Array.from({ length: 400 }, (_, at) => 200 + at)

/** The API of a provider of DNS: one request at a time to one endpoint, with limits on all that it answers. */
export class DnsApi {
  readonly #options: DnsApiOptions
  readonly #clock: Clock
  readonly #client: ApiClient

  /** @throws Error where the endpoint is no address */
  constructor(options: DnsApiOptions, { openApi, clock }: DnsApiPorts) {
    const { provider, endpoint, timeoutMs, headers = {}, client = {} } = options
    this.#options = options
    this.#clock = clock
    try {
      this.#client = openApi({
        maxSockets: AT_ONCE,
        ...client,
        endpoint,
        timeoutMs,
        // Some of them are slow: a variable says how slow they may be.
        silenceMs: timeoutMs,
        headers: { accept: 'application/json', ...headers },
      })
    } catch (error) {
      throw new Error(`${provider}: ${(error as Error).message}`, { cause: error })
    }
  }

  /** The endpoint without credentials. */
  get peer(): string {
    return this.#client.peer
  }

  /** @throws DnsApiError where there is no answer of a status that is accepted */
  async ask(call: DnsCall, signal: AbortSignal): Promise<DnsAnswer> {
    for (let tries = 1; ; tries++) {
      const { status, headers, text } = await this.#exchange(call, signal)
      if ((status >= 200 && status < 300) || call.accept?.includes(status) === true) {
        return this.#answer(call, status, headers, text())
      }
      const wait = retryAfterMs(headers['retry-after'], this.#clock.date())
      const isEarly = (status === 429 || status === 503) && wait !== null && wait <= LONGEST_PAUSE_MS
      if (!isEarly || tries === MOST_TRIES) throw this.#refusal(call, status, text(), wait)
      await pause(this.#clock, wait, signal)
    }
  }

  async #exchange(call: DnsCall, signal: AbortSignal) {
    const { method, path, query, headers = {} } = call
    const { body, type } = contentOf(call)
    try {
      return await this.#client.request(path, {
        method,
        signal,
        ...(query === undefined ? {} : { query }),
        headers: { ...(type === null ? {} : { 'content-type': type }), ...headers },
        ...(body === null ? {} : { body }),
        accept: ANY_STATUS,
        maxBytes: this.#options.maxBytes ?? MAX_BYTES,
      })
    } catch (error) {
      signal.throwIfAborted()
      throw this.#error(call, (error as Error).message, null, null, error)
    }
  }

  #answer(call: DnsCall, status: number, headers: IncomingHttpHeaders, content: string): DnsAnswer {
    const complaint = (reason: string): DnsApiError =>
      this.#error(call, `${this.#asked(call)}: ${status}: ${reason}`, status, null)
    return {
      status,
      headers,
      text: () => content,
      json: () => {
        const parsed = parse(content)
        if (parsed === undefined) throw complaint('the answer is no JSON')
        return parsed
      },
      complaint,
    }
  }

  #refusal(call: DnsCall, status: number, content: string, wait: number | null): DnsApiError {
    const parsed = parse(content)
    const told = parsed === undefined ? '' : (this.#options.said ?? messageIn)(parsed)
    const said = told === '' ? content : told
    const state = `${status} ${statusText(status)}`.trimEnd()
    const later = wait === null ? '' : ` (try again after ${wait / 1000} s)`
    const message = `${this.#asked(call)}: ${state}${later}${said.trim() === '' ? '' : `: ${said}`}`
    return this.#error(call, message, status, wait)
  }

  #asked({ method, path }: DnsCall): string {
    return `${method} ${this.#client.peer}${path.split('?', 1)[0]}`
  }

  #error(
    { operation, headers = {} }: DnsCall,
    reason: string,
    status: number | null,
    wait: number | null,
    cause?: unknown,
  ): DnsApiError {
    const { provider, secrets } = this.#options
    const text = shown(reason, [...secrets, ...secretsIn(headers)])
    return new DnsApiError(`${provider}: can’t ${operation}: ${text}`, status, wait, cause)
  }
}

function contentOf({ json, form, text }: DnsCall): { readonly body: string | null; readonly type: string | null } {
  if (json !== undefined) return { body: JSON.stringify(json), type: 'application/json' }
  if (form !== undefined) {
    return { body: new URLSearchParams(form).toString(), type: 'application/x-www-form-urlencoded' }
  }
  return { body: text ?? null, type: null }
}

const messageIn = (content: unknown): string => textOf(content, 'message')

/** Undefined: it is no JSON. */
function parse(content: string): unknown {
  try {
    return JSON.parse(content) as unknown
  } catch {
    // Who needs it says so; the parser's words repeat a piece of the content.
    return undefined
  }
}

const secretsIn = (headers: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(headers).flatMap(([name, value]) => (isSecretName(name) ? [value.replace(/^\S+ /, '')] : []))

/** One line of bounded length, without control characters and secrets. */
function shown(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets) {
    if (secret.length < 3) continue
    clean = clean.replaceAll(secret, '******').replaceAll(encodeURIComponent(secret), '******')
  }
  clean = maskSecrets(clean)
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ')
    .trim()
  return clean.length > MOST_SHOWN ? `${clean.slice(0, MOST_SHOWN)}…` : clean
}
