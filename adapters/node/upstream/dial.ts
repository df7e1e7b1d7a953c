import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type SecureContext } from 'node:tls'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import { Timed, timers } from '../sockets/timer-wheel.ts'
import type { ServerTls } from '../tls/upstream-tls.ts'
import { type OutboundProxy, openTunnel } from './outbound-proxy.ts'

const KEEP_ALIVE_MS = 30_000
/** Traefik's limit for a handshake with a server. */
const HANDSHAKE_MS = 10_000
/** Go's limit for the answer to CONNECT. */
const TUNNEL_MS = 60_000

/** Where to connect, and the TLS side of it. */
export interface DialTarget {
  readonly host: string
  readonly port: number
  readonly dialTimeoutMs: number
  readonly tls: ServerTls | null
  /** Connects to this instead; with `tls` through a tunnel. */
  readonly proxy: OutboundProxy | null
}

/** `host:port` of a server. */
export const authorityOf = ({ host, port }: Pick<DialTarget, 'host' | 'port'>): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

/** A connection in the making; ends once, with a socket or a failure. */
export class Dial extends Timed {
  readonly #target: DialTarget
  readonly #protocols: readonly string[]
  readonly #done: (outcome: Socket | UpstreamFailure) => void
  readonly #socket: Socket
  #connected = false
  #over = false

  /** @param protocols offered by ALPN, the preferred one first; empty: none are */
  constructor(target: DialTarget, protocols: readonly string[], done: (outcome: Socket | UpstreamFailure) => void) {
    super()
    this.#target = target
    this.#protocols = protocols
    this.#done = done
    const { host, port } = target.proxy ?? target
    const socket = connectTcp({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      allowHalfOpen: true,
    })
    this.#socket = socket
    if (target.dialTimeoutMs > 0) timers.set(this, timers.now() + target.dialTimeoutMs)
    socket.once('error', this.#failed)
    socket.once('connect', () => {
      if (this.#over) return
      if (target.proxy === null) this.#reached(socket)
      else this.#meetProxy(socket, target.proxy)
    })
  }

  #reached(socket: Socket): void {
    const { tls } = this.#target
    this.#connected = true
    if (tls === null) this.#succeed(socket)
    else this.#secure(socket, tls)
  }

  /** What a proxy refuses is an error of ours, as in Traefik; one that can't be had is a bad gateway. */
  #meetProxy(socket: Socket, proxy: OutboundProxy): void {
    timers.set(this, timers.now() + TUNNEL_MS)
    const ask = (through: Socket): void => {
      if (this.#over) return
      if (this.#target.tls === null) this.#reached(through)
      else
        openTunnel(through, authorityOf(this.#target), proxy, (error) => {
          if (this.#over) return
          if (error === null) this.#reached(through)
          else this.#fail('tls', error)
        })
    }
    if (!proxy.secure) {
      ask(socket)
      return
    }
    const { host } = proxy
    const secure = connectTls({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}) })
    secure.once('error', this.#failed)
    secure.once('secureConnect', () => ask(secure))
  }

  #secure(socket: Socket, tls: ServerTls): void {
    timers.set(this, timers.now() + HANDSHAKE_MS)
    const name = tls.serverName === '' ? this.#target.host : tls.serverName
    let secureContext: SecureContext
    try {
      secureContext = tls.context()
    } catch (error) {
      this.#fail('tls', error as Error)
      return
    }
    const options: ConnectionOptions = {
      socket,
      secureContext,
      rejectUnauthorized: tls.verifyChain,
      host: name,
      checkServerIdentity: (host, certificate) => tls.checkIdentity(host, certificate),
    }
    if (this.#protocols.length > 0) options.ALPNProtocols = [...this.#protocols]
    // RFC 6066 §3: an address is no server name.
    if (isIP(name) === 0) options.servername = name
    const secure = connectTls(options)
    secure.once('error', this.#failed)
    secure.once('close', () => this.#fail('connect', new Error('closed during the TLS handshake')))
    secure.once('secureConnect', () => this.#succeed(secure))
  }

  #succeed(socket: Socket): void {
    if (this.#over) return
    this.#over = true
    timers.remove(this)
    socket.removeListener('error', this.#failed)
    this.#done(socket)
  }

  readonly #failed = (cause: Error): void => {
    // As Traefik: what the server says or does against the connection is a bad gateway, what we find wrong an error of
    // ours.
    const refused = !this.#connected || /^ECONN|_ALERT_/.test((cause as NodeJS.ErrnoException).code ?? '')
    this.#fail(refused ? 'connect' : 'tls', cause)
  }

  #fail(kind: 'tls' | 'connect' | 'timeout', cause: Error): void {
    if (this.#over) return
    this.#over = true
    timers.remove(this)
    this.#socket.destroy()
    this.#done(new UpstreamFailure(kind, 'unsent', cause))
  }

  /** Nobody waits any more. */
  cancel(): void {
    this.#over = true
    timers.remove(this)
    this.#socket.destroy()
  }

  override onDeadline(): void {
    this.#fail('timeout', new Error(this.#connected ? 'TLS handshake took too long' : 'dialling took too long'))
  }
}
