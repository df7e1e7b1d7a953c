import type { IncomingHttpHeaders } from 'node:http'
import { getCACertificates } from 'node:tls'
import { isGoTrue } from '../../../src/compiler/decode/scalar.ts'
import type { Clock } from '../../../src/contracts/ports.ts'
import { type ApiAnswer, type ApiClient, createApiClient } from '../providers/api-client/client.ts'
import type { ClientTls } from '../providers/api-client/client-tls.ts'
import { AcmeError, problemOf } from './acme-error.ts'
import { textOf } from './fields.ts'
import { base64url, type Signer, signedRequest } from './json-web-signature.ts'
import { retryAfterMs } from './waits.ts'

export interface AuthorityClientOptions {
  /** URL of the directory. */
  readonly directory: string
  /** Whole exchanges. */
  readonly timeoutMs: number
  /** Until the head of an answer is there. */
  readonly headTimeoutMs: number
  readonly trust: ClientTls
  readonly clock: Clock
}

/** An answer of the authority that is a success. */
export interface AcmeAnswer {
  /** What `Location` says; empty: nothing. */
  readonly location: string
  readonly retryAfterMs: number | null
  /** Other forms of the same (`Link` with `rel="alternate"`). */
  readonly alternates: readonly string[]
  text(): string
  json(): unknown
}

/** More than any object of the protocol has, chains of certificates included. */
const MAX_BYTES = 512 * 1024
/** Nonces that are kept for later. */
const MAX_NONCES = 20
/** A nonce that is not good any more is no failure: the answer brings another. */
const NONCE_TRIES = 10
/** Alternates of a chain that are looked at. */
const MAX_ALTERNATES = 10

/** Statuses that are answers in the sense of the protocol: what is wrong is in their content. */
const PROBLEMS: readonly number[] = [400, 401, 403, 404, 405, 409, 410, 413, 415, 429, 500, 502, 503, 504]

/** Signed requests to an authority (RFC 8555 §6), over HTTPS unless its directory is asked for without. */
export class AuthorityClient {
  readonly #options: AuthorityClientOptions
  readonly #clients = new Map<string, ApiClient>()
  readonly #nonces: string[] = []

  constructor(options: AuthorityClientOptions) {
    this.#options = options
  }

  /** Asks for something that needs no signature. @throws AcmeError or ApiError */
  async get(url: string, signal: AbortSignal): Promise<AcmeAnswer> {
    return this.#answerOf('GET', url, await this.#exchange('GET', url, null, signal))
  }

  /**
   * Sends a signed request; one with a nonce that is not good is sent again with another.
   * @param payload null: the resource is asked for
   * @throws AcmeError or ApiError
   */
  async post(
    url: string,
    payload: unknown | null,
    signer: Signer,
    newNonceUrl: string,
    signal: AbortSignal,
  ): Promise<AcmeAnswer> {
    for (let left = NONCE_TRIES; ; left--) {
      const nonce = this.#nonces.pop() ?? (await this.#newNonce(newNonceUrl, signal))
      const body = await signedRequest(signer, url, nonce, payload)
      const answer = await this.#exchange('POST', url, body, signal)
      try {
        return this.#answerOf('POST', url, answer)
      } catch (error) {
        if (!(error instanceof AcmeError) || error.kind !== 'badNonce' || left <= 1) throw error
      }
    }
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
    this.#clients.clear()
  }

  async #newNonce(url: string, signal: AbortSignal): Promise<string> {
    const { headers } = await this.#exchange('HEAD', url, null, signal, false)
    const nonce = nonceOf(headers)
    if (nonce === null) throw new AcmeError('', null, `HEAD ${url}: the authority gives no nonce`, null)
    return nonce
  }

  async #exchange(
    method: 'GET' | 'HEAD' | 'POST',
    url: string,
    body: string | null,
    signal: AbortSignal,
    keepsNonce = true,
  ): Promise<ApiAnswer> {
    const { origin, pathname, search } = this.#parse(url)
    const answer = await this.#clientFor(origin).request(`${pathname}${search}`, {
      method,
      signal,
      maxBytes: MAX_BYTES,
      accept: PROBLEMS,
      headers: body === null ? {} : { 'content-type': 'application/jose+json' },
      ...(body === null ? {} : { body }),
      // A nonce is good once: what arrives twice is refused once.
      isRead: true,
    })
    const nonce = keepsNonce ? nonceOf(answer.headers) : null
    if (nonce !== null && this.#nonces.length < MAX_NONCES) this.#nonces.push(nonce)
    return answer
  }

  #answerOf(method: string, url: string, { status, headers, bytes }: ApiAnswer): AcmeAnswer {
    const retryAfter = retryAfterMs(headers['retry-after'], this.#options.clock.date())
    const text = (): string => bytes.toString('utf8')
    if (status >= 300) {
      const asked = `${method} ${url.split('?', 1)[0]}`
      throw problemOf(asked, parsed(text()), status, retryAfter)
    }
    return {
      location: headers.location ?? '',
      retryAfterMs: retryAfter,
      alternates: alternatesOf(headers, url),
      text,
      json() {
        const value = parsed(text())
        if (value === undefined) throw new AcmeError('', status, `${method} ${url}: the answer is no JSON`, null)
        return value
      },
    }
  }

  /** A URL that the authority gave. */
  #parse(url: string): URL {
    const parsedUrl = URL.parse(url)
    const isPlain = this.#options.directory.startsWith('http://')
    const isSafe = parsedUrl?.protocol === 'https:' || (isPlain && parsedUrl?.protocol === 'http:')
    if (parsedUrl === null || !isSafe || parsedUrl.username !== '' || parsedUrl.password !== '') {
      throw new AcmeError('', null, `the authority names a URL that can’t be asked: ${url.slice(0, 200)}`, null)
    }
    return parsedUrl
  }

  #clientFor(origin: string): ApiClient {
    let client = this.#clients.get(origin)
    if (client === undefined) {
      const { timeoutMs, headTimeoutMs, trust } = this.#options
      // Requests of an authority that names ever new hosts are not to be kept for ever.
      if (this.#clients.size >= 8) this.close()
      client = createApiClient({
        endpoint: origin,
        timeoutMs,
        silenceMs: headTimeoutMs,
        maxSockets: 8,
        ...(origin.startsWith('https:') ? { tls: trust } : {}),
      })
      this.#clients.set(origin, client)
    }
    return client
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Proxies on the way answer with pages of HTML.
    return undefined
  }
}

/** RFC 8555 §6.5.1: base64url, of a length that fits into our requests. */
function nonceOf(headers: IncomingHttpHeaders): string | null {
  const nonce = headers['replay-nonce']
  return typeof nonce === 'string' && /^[A-Za-z0-9_-]{1,512}$/.test(nonce) ? nonce : null
}

function alternatesOf({ link }: IncomingHttpHeaders, base: string): readonly string[] {
  const field = Array.isArray(link) ? link.join(', ') : (link ?? '')
  const found: string[] = []
  for (const [, url, parameters] of field.matchAll(/<([^>]{1,2048})>((?:\s*;\s*[^,;]+)*)/g)) {
    if (!/;\s*rel="?alternate"?/i.test(parameters ?? '')) continue
    const absolute = URL.parse(url!, base)
    if (absolute !== null && found.length < MAX_ALTERNATES) found.push(absolute.href)
  }
  return found
}

export interface TrustOptions {
  readonly caCertificates?: readonly string[] | undefined
  readonly caSystemCertPool?: boolean | undefined
  readonly caServerName?: string | undefined
}

/**
 * Whom the options, or else lego's variables, trust as the authority's server.
 * @throws Error where a file can't be read
 */
export function authorityTrust(
  options: TrustOptions,
  env: Readonly<Record<string, string | undefined>>,
  read: (fileOrText: string) => string,
): ClientTls {
  const isGiven = (options.caCertificates ?? []).length > 0 || (options.caServerName ?? '') !== ''
  const files = isGiven
    ? (options.caCertificates ?? [])
    : (env.LEGO_CA_CERTIFICATES ?? '').split(':').filter((file) => file !== '')
  const serverName = (isGiven ? options.caServerName : env.LEGO_CA_SERVER_NAME) ?? ''
  const withSystem = isGiven ? options.caSystemCertPool === true : isGoTrue(env.LEGO_CA_SYSTEM_CERT_POOL)
  const own = files.map(read)
  const system = withSystem ? [...getCACertificates('system'), ...getCACertificates('default')] : []
  return {
    ...(own.length === 0 ? {} : { ca: [...own, ...new Set(system)].join('\n') }),
    ...(serverName === '' ? {} : { serverName }),
  }
}

/** What names a certificate where its renewal is asked for (RFC 9773 §4.1). */
export const certificateId = (keyIdentifier: Uint8Array, serialNumber: Uint8Array): string =>
  `${base64url(keyIdentifier)}.${base64url(serialNumber)}`

/** A text of an answer that must be there. */
export function neededText(object: unknown, name: string, asked: string): string {
  const text = textOf(object, name)
  if (text === '') throw new AcmeError('', null, `${asked}: the answer has no "${name}"`, null)
  return text
}
