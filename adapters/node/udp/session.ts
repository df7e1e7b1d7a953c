import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { UdpServerPlan } from '../../../src/plan/udp.ts'

/** Datagrams that wait until the server's address is known, and their octets together. */
const WAITING = 64
const WAITING_OCTETS = 256 * 1024

/** What a session needs of its entry point. */
export interface SessionOwner {
  /** A datagram of the server, for the client. */
  answer(session: UdpSession, datagram: Buffer): void
  /** The session's socket has been closed. */
  closed(): void
  /** The session is over, by itself. */
  ended(session: UdpSession, error: Error | null): void
}

/** The traffic of one client address with the server that its first datagram got. */
export class UdpSession {
  readonly key: string
  readonly address: string
  readonly port: number
  /** Monotonic milliseconds of the last datagram, either way. */
  lastAt: number
  readonly #owner: SessionOwner
  readonly #socket: Socket
  #waiting: Buffer[] | null = []
  #waitingOctets = 0
  #closed = false

  constructor(
    key: string,
    client: { readonly address: string; readonly port: number },
    server: UdpServerPlan,
    now: number,
    owner: SessionOwner,
  ) {
    this.key = key
    this.address = client.address
    this.port = client.port
    this.lastAt = now
    this.#owner = owner
    const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4')
    this.#socket = socket
    socket.on('message', (datagram) => {
      if (!this.#closed) owner.answer(this, datagram)
    })
    socket.on('error', (error) => this.#end(error))
    socket.on('connect', () => this.#flush())
    // A connected socket takes datagrams of its server only, and hears of a port that nobody listens on.
    socket.connect(server.port, server.host)
  }

  /** Sends a client's datagram on; what does not fit while the server is looked up is lost, as datagrams may be. */
  send(datagram: Buffer): void {
    if (this.#closed) return
    const waiting = this.#waiting
    if (waiting === null) this.#socket.send(datagram, this.#sent)
    else if (waiting.length < WAITING && this.#waitingOctets + datagram.length <= WAITING_OCTETS) {
      waiting.push(datagram)
      this.#waitingOctets += datagram.length
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#waiting = []
    this.#socket.close(() => this.#owner.closed())
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = null
    if (this.#closed || waiting === null) return
    for (const datagram of waiting) this.#socket.send(datagram, this.#sent)
  }

  readonly #sent = (error: Error | null): void => {
    if (error !== null) this.#end(error)
  }

  #end(error: Error): void {
    if (this.#closed) return
    this.close()
    this.#owner.ended(this, error)
  }
}
