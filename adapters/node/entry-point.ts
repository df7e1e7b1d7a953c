import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import type { EntryPointAddress } from '../../src/compiler/install/address.ts'
import {
  type EntryPointOptions,
  type Http2Options,
  http2Options,
  httpOptions,
  lifeCycle,
} from '../../src/compiler/install/entry-point-options.ts'
import type { CountEvent, Logger } from '../../src/contracts/ports.ts'
import type { ConnectionDecision } from '../../src/engine/streams/tcp/decision.ts'
import type { TcpTable } from '../../src/engine/streams/tcp/table.ts'
import type { Handler } from '../../src/http/handler.ts'
import { createIpMatcher } from '../../src/http/ip.ts'
import type { Client } from '../../src/http/request-context.ts'
import { durationMs } from '../../src/schema/duration.ts'
import type { EntryPointHttpOptions } from './http/accept.ts'
import { Http1Server, serveHttp1 } from './http1/server.ts'
import { INADEQUATE_SECURITY, isAdequate } from './http2/adequate-security.ts'
import { Http2Server, serveHttp2 } from './http2/server.ts'
import { Arrival, type ArrivalOptions, type Arrived } from './listen/arrival.ts'
import { stopGracefully } from './listen/graceful-stop.ts'
import { TcpListener } from './listen/tcp-listener.ts'
import type { Descriptors } from './sockets/descriptors.ts'
import { timers } from './sockets/timer-wheel.ts'
import { forward } from './tcp/passage.ts'
import type { IdentitySource } from './tls/spiffe/identity-source.ts'
import { ACME_TLS, type TlsTerminator } from './tls/terminator.ts'

/** What an entry point is made of. */
export interface EntryPointParts {
  readonly name: string
  readonly address: EntryPointAddress
  readonly options: EntryPointOptions
  readonly handler: Handler
  /** The routers in force. */
  readonly table: () => TcpTable
  readonly terminator: TlsTerminator
  /** Who we are to servers; null: nobody. */
  readonly identity: IdentitySource | null
  readonly log: Logger
  readonly count: CountEvent
  readonly descriptors: Descriptors
}

/** How many connections there are. */
export interface EntryPointConnections {
  readonly open: number
  readonly http1: { readonly open: number; readonly idle: number }
  readonly http2: { readonly open: number; readonly idle: number }
}

/** One TCP entry point of this process: a listening socket for HTTP, HTTPS and TCP services alike. */
export class EntryPoint {
  readonly #parts: EntryPointParts
  readonly #http: EntryPointHttpOptions
  readonly #http2: Http2Options
  readonly #listener: TcpListener
  readonly #http1Server = new Http1Server()
  readonly #http2Server = new Http2Server()
  #silentUntil = 0

  constructor(parts: EntryPointParts) {
    this.#parts = parts
    const { name, address, options, log } = parts
    this.#http = {
      ...httpOptions(name, options),
      onRefused: (status) => {
        parts.count('requestRefused', name, status === 431 ? 'head-too-large' : 'malformed')
        if (status === 431) this.#headTooLarge()
      },
      onBug: (reason) => log.log('error', 'Exchange ended by a bug', { entryPoint: name, stack: stackOf(reason) }),
    }
    this.#http2 = http2Options(options)
    const arrivals: ArrivalOptions = {
      table: options.allowACMEByPass === true ? parts.table : () => withChallenges(parts.table()),
      readTimeoutMs: durationMs(options.transport.respondingTimeouts.readTimeout),
      proxyProtocol: trustOf(options),
      take: (arrived) => this.#take(arrived),
    }
    const reusePort = options.reusePort ?? false
    this.#listener = new TcpListener({ name, address, reusePort, descriptors: parts.descriptors }, log, (socket) =>
      new Arrival(socket, arrivals).start(),
    )
  }

  /** Anybody can cause this line: one a minute is enough. */
  #headTooLarge(): void {
    const now = timers.now()
    if (now < this.#silentUntil) return
    this.#silentUntil = now + 60_000
    const { maxHeaderBytes, maxHeaderFields } = this.#http
    const most = `${maxHeaderBytes.toLocaleString('en')} bytes (http.maxHeaderBytes) or ${maxHeaderFields.toLocaleString('en')} fields (http.maxHeaderFields)`
    this.#parts.log.log('warn', `Request refused with 431: its head has more than ${most}`, {
      entryPoint: this.#parts.name,
    })
  }

  get name(): string {
    return this.#parts.name
  }

  /** Open connections, and those of them that speak HTTP. */
  get connections(): EntryPointConnections {
    const [http1, http2] = [this.#http1Server, this.#http2Server]
    return {
      open: this.#listener.connections,
      http1: { open: http1.size, idle: http1.idle },
      http2: { open: http2.size, idle: http2.idle },
    }
  }

  /** Rejects when the address can't be had. */
  async listen(): Promise<void> {
    try {
      await this.#listener.listen()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`entry point ${this.#parts.name}: error opening listener: ${reason}`)
    }
  }

  /** Resolves when everything is closed, after the grace times of `transport.lifeCycle` at the latest. */
  stop(): Promise<void> {
    const servers = [this.#http1Server, this.#http2Server]
    const wait = (ms: number) => sleep(ms, undefined, { ref: false })
    return stopGracefully(this.#listener, servers, lifeCycle(this.#parts.options), wait)
  }

  #take(arrived: Arrived): void {
    const { decision, socket, first, hello, ends } = arrived
    const { terminator, log } = this.#parts
    switch (decision.kind) {
      case 'http':
        this.#serve(socket, first, arrived.isHttp2, { ...ends.source, tls: null })
        return
      case 'https':
        if (hello === null) socket.destroy()
        else {
          terminator.terminate(socket, first, hello, decision.tlsOptions, ends, (secure, tls) => {
            this.#serveOverTls(secure, { ...ends.source, tls })
          })
        }
        return
      case 'forward':
        forward({ ...arrived, decision }, terminator, this.#parts.identity, log)
    }
  }

  #serveOverTls(secure: TLSSocket, client: Client): void {
    const protocol = secure.alpnProtocol
    if (protocol === 'h2' && !isAdequate(secure)) {
      secure.end(INADEQUATE_SECURITY)
      secure.destroySoon()
    } else if (typeof protocol === 'string' && !HTTP_PROTOCOLS.has(protocol)) {
      // Who was promised another protocol must not be answered by HTTP, as in Go's server.
      secure.destroySoon()
    } else this.#serve(secure, null, protocol === 'h2', client)
  }

  #serve(socket: Socket, first: Buffer | null, isHttp2: boolean, client: Client): void {
    const { handler } = this.#parts
    if (isHttp2) serveHttp2(socket, first, this.#http, this.#http2, handler, client, this.#http2Server)
    else serveHttp1(socket, first, this.#http, handler, client, this.#http1Server)
  }
}

const stackOf = (reason: unknown): string =>
  reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)

/** What ALPN may have come to where HTTP is spoken (IANA's registry). */
const HTTP_PROTOCOLS: ReadonlySet<string> = new Set(['h2', 'http/1.1', 'http/1.0'])

const CHALLENGE: ConnectionDecision = { kind: 'https', tlsOptions: 'default' }

/** Checks of authorities come before routers of users, as long as the entry point does not say otherwise. */
const withChallenges = (table: TcpTable): TcpTable => ({
  mustPeek: table.mustPeek,
  decide: (connection) =>
    connection.protocol === 'tls' && connection.protocols.includes(ACME_TLS) ? CHALLENGE : table.decide(connection),
})

/** Whose PROXY headers count; null where none are expected. */
function trustOf({ proxyProtocol }: EntryPointOptions): ArrivalOptions['proxyProtocol'] {
  if (proxyProtocol === undefined) return null
  if (proxyProtocol.insecure === true) return () => true
  const trusted = createIpMatcher(proxyProtocol.trustedIPs ?? [])
  return (address) => trusted.contains(address)
}
