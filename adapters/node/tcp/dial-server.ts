import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import type { TcpTarget } from '../../../src/engine/streams/tcp/decision.ts'
import { type Endpoints, writeProxyHeader } from '../../../src/engine/streams/tcp/proxy-header.ts'
import { Timed, timers } from '../sockets/timer-wheel.ts'
import type { IdentitySource } from '../tls/spiffe/identity-source.ts'
import { secureServer } from './secure-server.ts'

const HANDSHAKE_MS = 10_000
/** Octets that may wait for a slow reader before its source pauses. */
const WAITING = 64 * 1024

/** A connection to a server of a TCP service in the making; ends once, with a socket or an error. */
export class ServerDial extends Timed {
  readonly #target: TcpTarget
  readonly #ends: Endpoints | null
  readonly #identity: IdentitySource | null
  readonly #done: (outcome: Socket | Error) => void
  readonly #socket: Socket
  #over = false

  /**
   * @param ends what a PROXY header says, where the transport sends one; null: none is sent
   * @param identity who we are; null: nobody
   */
  constructor(
    target: TcpTarget,
    ends: Endpoints | null,
    identity: IdentitySource | null,
    done: (outcome: Socket | Error) => void,
  ) {
    super()
    this.#identity = identity
    this.#target = target
    this.#ends = ends
    this.#done = done
    const { host, port, transport } = target
    const keepAlive = transport.dialKeepAliveMs >= 0
    // Node takes the options of a stream as well.
    const options: TcpNetConnectOpts & { readonly highWaterMark: number } = {
      host,
      // A port that is none is refused by the kernel like one that nobody listens on.
      port: Math.max(0, port),
      noDelay: true,
      allowHalfOpen: true,
      keepAlive,
      keepAliveInitialDelay: transport.dialKeepAliveMs || DEFAULT_KEEP_ALIVE_MS,
      highWaterMark: WAITING,
    }
    this.#socket = connect(options)
    if (transport.dialTimeoutMs > 0) timers.set(this, timers.now() + transport.dialTimeoutMs)
    this.#socket.once('error', this.#failed)
    this.#socket.once('connect', this.#connected)
  }

  readonly #connected = (): void => {
    if (this.#over) return
    const { transport, tls } = this.#target
    const socket = this.#socket
    timers.remove(this)
    if (transport.proxyProtocol !== null && this.#ends !== null) {
      socket.write(writeProxyHeader(transport.proxyProtocol, this.#ends))
    }
    if (!tls) {
      this.#succeed(socket)
      return
    }
    timers.set(this, timers.now() + HANDSHAKE_MS)
    try {
      const secure = secureServer(socket, transport, this.#identity)
      secure.once('error', this.#failed)
      secure.once('close', this.#closed)
      secure.once('secureConnect', () => {
        secure.removeListener('error', this.#failed)
        secure.removeListener('close', this.#closed)
        this.#succeed(secure)
      })
    } catch (error) {
      this.#failed(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #succeed(socket: Socket): void {
    if (this.#over) return
    this.#over = true
    timers.remove(this)
    this.#socket.removeListener('error', this.#failed)
    this.#done(socket)
  }

  readonly #closed = (): void => this.#failed(new Error('closed during the TLS handshake'))

  readonly #failed = (error: Error): void => {
    if (this.#over) return
    this.cancel()
    this.#done(error)
  }

  /** Nobody waits any more. */
  cancel(): void {
    this.#over = true
    timers.remove(this)
    // Errors may still come, and must not end the process.
    this.#socket.on('error', () => undefined)
    this.#socket.destroy()
  }

  override onDeadline(): void {
    this.#failed(new Error('connecting took too long'))
  }
}

/** Go's own interval, where the option is 0. */
const DEFAULT_KEEP_ALIVE_MS = 15_000
