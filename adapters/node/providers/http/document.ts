import type { IncomingHttpHeaders } from 'node:http'
import { type ApiClient, createApiClient } from '../api-client/client.ts'
import type { ClientTls } from '../api-client/client-tls.ts'

export interface DocumentOptions {
  readonly url: URL
  /** Sent to the host of `url` and to no other. `Host` sets the host. */
  readonly headers: Readonly<Record<string, string>>
  readonly tls: ClientTls | undefined
  /** For everything, redirections included; 0: no limit. */
  readonly timeoutMs: number
  readonly maxBytes: number
}

/** What tells a server which content we have. */
export interface Validators {
  readonly etag: string | undefined
  readonly lastModified: string | undefined
}

export type Fetched =
  | { readonly status: 'unchanged' }
  | { readonly status: 'new'; readonly bytes: Buffer; readonly validators: Validators }
  | { readonly status: 'bad'; readonly code: number }

/** Reads one document by HTTP again and again, over kept connections. */
export interface DocumentSource {
  /** @param known of the content that is there already; null: none is */
  fetch(known: Validators | null, signal: AbortSignal): Promise<Fetched>
  close(): void
}

const MOST_REDIRECTS = 10
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
/** Of no interest by themselves: they come back as a code. */
const ANY_CODE = Array.from({ length: 300 }, (_, at) => 300 + at)

/** Redirections are followed as Go's client does, but nothing that is configured goes to another host. */
export function createDocumentSource(options: DocumentOptions): DocumentSource {
  const { url, headers, tls, timeoutMs, maxBytes } = options
  const home = clientOf(url, tls)

  async function fetch(known: Validators | null, signal: AbortSignal): Promise<Fetched> {
    const end = timeoutMs === 0 ? null : performance.now() + timeoutMs
    let place = url
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      const isHome = place.origin === url.origin
      const client = isHome ? home : clientOf(place, tls)
      try {
        const answer = await client.get(`${place.pathname}${place.search}`, {
          signal,
          maxBytes,
          timeoutMs: end === null ? 0 : Math.max(1, Math.round(end - performance.now())),
          headers: { ...(isHome ? headers : {}), ...conditions(known) },
          accept: ANY_CODE,
        })
        if (answer.status === 200)
          return { status: 'new', bytes: answer.bytes, validators: validatorsOf(answer.headers) }
        if (answer.status === 304 && known !== null) return { status: 'unchanged' }
        if (!REDIRECTS.includes(answer.status)) return { status: 'bad', code: answer.status }
        place = redirection(place, answer.status, answer.headers.location)
      } finally {
        if (client !== home) client.close()
      }
    }
    throw new Error(`stopped after ${MOST_REDIRECTS} redirects`)
  }

  return { fetch, close: () => home.close() }
}

function clientOf({ protocol, host, username, password }: URL, tls: ClientTls | undefined): ApiClient {
  const userInfo = username === '' ? '' : `${username}:${password}@`
  return createApiClient({ endpoint: `${protocol}//${userInfo}${host}`, tls, maxSockets: 1 })
}

function redirection(from: URL, status: number, location: string | undefined): URL {
  if (location === undefined) throw new Error(`${status} response missing Location header`)
  const to = URL.parse(location, from.href)
  if (to === null || !/^https?:$/.test(to.protocol)) throw new Error(`${status} response leads to no URL of HTTP`)
  return to
}

const validatorsOf = (headers: IncomingHttpHeaders): Validators => ({
  etag: headers.etag,
  lastModified: headers['last-modified'],
})

function conditions(known: Validators | null): Record<string, string> {
  if (known === null) return {}
  return {
    ...(known.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
  }
}
