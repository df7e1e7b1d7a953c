import { type ClientHello, ClientHelloReader } from './client-hello.ts'

/** What the first octets of a connection are; `more`: that is not decided yet. */
export type Sniffed =
  | { readonly kind: 'more' | 'plain' | 'postgres' | 'malformed' }
  | { readonly kind: 'tls'; readonly hello: ClientHello }

/** PostgreSQL's SSLRequest: its length, 8, and the code 80877103. */
export const SSL_REQUEST: Uint8Array = Uint8Array.of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f)
/** The answer that the client may go on with TLS. */
export const SSL_ACCEPTED: Uint8Array = Uint8Array.of(0x53)

/** Octets of a ClientHello with its records, at most: what one connection may make us keep. */
const MAX_OCTETS = 65_536

const MORE: Sniffed = { kind: 'more' }
const PLAIN: Sniffed = { kind: 'plain' }
const POSTGRES: Sniffed = { kind: 'postgres' }
const MALFORMED: Sniffed = { kind: 'malformed' }
/** SSLv2 is taken as TLS, which then refuses it (Traefik `pkg/server/router/tcp/router.go`). */
const SSL2: Sniffed = { kind: 'tls', hello: { serverName: '', protocols: [] } }

const TLS_FIRST = 0x16
const SSL2_FIRST = 0x80

/**
 * Tells protocols apart by their first octets, from as few of them as it takes: a protocol that pauses after its first
 * octets is not made to wait for more.
 */
export class Sniffer {
  readonly #onlyTls: boolean
  #taken = 0
  #hello: ClientHelloReader | null = null

  /** @param onlyTls after an accepted SSLRequest nothing but TLS may follow */
  constructor(onlyTls = false) {
    this.#onlyTls = onlyTls
  }

  /** Takes the octets that follow. Call it no more once it has answered anything but `more`. */
  take(bytes: Uint8Array): Sniffed {
    if (bytes.length === 0) return MORE
    if (this.#taken === 0) {
      const decided = this.#begin(bytes[0]!)
      if (decided !== null) return decided
    }
    const start = this.#taken
    this.#taken += bytes.length
    return this.#hello === null ? compare(bytes, start) : this.#read(this.#hello, bytes)
  }

  #begin(first: number): Sniffed | null {
    if (first === TLS_FIRST) {
      this.#hello = new ClientHelloReader()
      return null
    }
    if (first === SSL2_FIRST) return SSL2
    if (this.#onlyTls) return MALFORMED
    return first === SSL_REQUEST[0] ? null : PLAIN
  }

  #read(reader: ClientHelloReader, bytes: Uint8Array): Sniffed {
    const hello = reader.take(bytes)
    if (hello === 'more') return this.#taken < MAX_OCTETS ? MORE : MALFORMED
    return hello === 'malformed' ? MALFORMED : { kind: 'tls', hello }
  }
}

function compare(bytes: Uint8Array, start: number): Sniffed {
  const length = Math.min(bytes.length, SSL_REQUEST.length - start)
  for (let i = 0; i < length; i++) if (bytes[i] !== SSL_REQUEST[start + i]) return PLAIN
  return start + length < SSL_REQUEST.length ? MORE : POSTGRES
}
