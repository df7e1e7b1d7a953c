import type { Socket } from 'node:net'
import type { ConnectionInfo } from '../../../src/contracts/connection.ts'
import type { ClientHello } from '../../../src/engine/streams/tcp/client-hello.ts'
import type { ConnectionDecision } from '../../../src/engine/streams/tcp/decision.ts'
import { type Endpoint, type Endpoints, readProxyHeader } from '../../../src/engine/streams/tcp/proxy-header.ts'
import { Sniffer, SSL_ACCEPTED, SSL_REQUEST } from '../../../src/engine/streams/tcp/sniffer.ts'
import type { TcpTable } from '../../../src/engine/streams/tcp/table.ts'
import { type Reader, readsTo } from '../sockets/socket-reads.ts'
import { Timed, timers } from '../sockets/timer-wheel.ts'

/** A beginning that needs more octets has so long for them. */
const BEGINNING_MS = 10_000

/** RFC 9113 §3.4 */
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** A connection of which it is known what becomes of it. Nobody reads its socket; `first` was read from it. */
export interface Arrived {
  readonly socket: Socket
  readonly first: Buffer | null
  readonly ends: Endpoints
  readonly decision: Exclude<ConnectionDecision, { kind: 'peek' | 'close' }>
  /** Of TLS connections. */
  readonly hello: ClientHello | null
  /** An SSLRequest has been accepted. */
  readonly isPostgres: boolean
  /** Plain HTTP begins with HTTP/2's preface. */
  readonly isHttp2: boolean
}

/** What an entry point does with connections. */
export interface ArrivalOptions {
  /** The routers in force. */
  table(): TcpTable
  /** From the start of a connection to its decision; 0: none. */
  readonly readTimeoutMs: number
  /** Whose PROXY headers count; null: there are none. */
  readonly proxyProtocol: ((peerAddress: string) => boolean) | null
  take(arrived: Arrived): void
}

/** The ends of a socket; that of ours is asked of the system only where somebody wants it. */
class SocketEnds implements Endpoints {
  readonly source: Endpoint
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.source = { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 }
    this.#socket = socket
  }

  get destination(): Endpoint {
    return { address: plainAddress(this.#socket.localAddress ?? ''), port: this.#socket.localPort ?? 0 }
  }
}

/** Dual-stack sockets report IPv4 addresses in IPv6 form, which is undone; zones go. */
function plainAddress(address: string): string {
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  const zone = plain.indexOf('%')
  return zone === -1 ? plain : plain.slice(0, zone)
}

/**
 * A new connection until it is known what becomes of it: PROXY header, routers that need no octets, then as few octets
 * as it takes to tell TLS, PostgreSQL and the rest apart (Traefik v3.7 `pkg/server/router/tcp/router.go`).
 */
export class Arrival extends Timed implements Reader {
  nextBuffer: Buffer | null = null
  readonly #socket: Socket
  readonly #options: ArrivalOptions
  #ends: Endpoints
  #awaitsHeader: boolean
  #sniffer = new Sniffer()
  #isPostgres = false
  /** Plain HTTP whose octets may be the start of HTTP/2's preface. */
  #isPreface = false
  /** What was read so far; in `#space` once it came in several pieces. */
  #first: Buffer | null = null
  #space: Buffer | null = null
  #over = false

  constructor(socket: Socket, options: ArrivalOptions) {
    super()
    this.#socket = socket
    this.#options = options
    this.#ends = new SocketEnds(socket)
    this.#awaitsHeader = options.proxyProtocol !== null
  }

  start(): void {
    if (!this.#awaitsHeader && this.#decidesUnread()) return
    const { readTimeoutMs } = this.#options
    if (readTimeoutMs > 0) timers.set(this, timers.now() + readTimeoutMs)
    const socket = this.#socket
    socket.on('end', this.#leave)
    socket.on('close', this.#leave)
    readsTo(socket, this)
  }

  readonly #leave = (): void => {
    if (!this.#over) this.#close()
  }

  onRead(buffer: Buffer, length: number): void {
    if (this.#over) return
    const chunk = buffer.subarray(0, length)
    this.#keep(chunk)
    if (this.#awaitsHeader) this.#readHeader()
    else if (this.#isPreface) this.#plainHttp({ kind: 'http' })
    else this.#sniff(chunk)
  }

  /** Keeps a copy of what was read; space grows by doubling, so that many small pieces cost no more than one. */
  #keep(chunk: Buffer): void {
    const before = this.#first
    if (before === null) {
      this.#first = Buffer.from(chunk)
      return
    }
    const length = before.length + chunk.length
    let space = this.#space
    if (space === null || space.length < length) {
      space = Buffer.allocUnsafe(length * 2)
      before.copy(space)
      this.#space = space
    }
    chunk.copy(space, before.length)
    this.#first = space.subarray(0, length)
  }

  #readHeader(): void {
    const first = this.#first!
    const header = readProxyHeader(first)
    if (header === 'more') return
    if (header === 'malformed') {
      this.#close()
      return
    }
    this.#awaitsHeader = false
    if (header !== 'none') {
      this.#drop(header.length)
      const { ends } = header
      const isBelieved = ends !== null && this.#options.proxyProtocol!(this.#ends.source.address)
      // Rules can't tell who has no address: Traefik closes such a connection, and nobody is taken for the proxy in front.
      if (isBelieved && ends === 'unix') {
        this.#close()
        return
      }
      if (isBelieved && ends !== 'unix') this.#ends = ends
    }
    if (this.#decidesUnread() || this.#first === null) return
    this.#sniff(this.#first)
  }

  /** Routers without TLS alone are tried before anything is read: servers may speak first. */
  #decidesUnread(): boolean {
    const table = this.#options.table()
    if (table.mustPeek) return false
    const decision = table.decide(this.#info('unread', null))
    if (decision.kind === 'peek') return false
    this.#act(decision, null)
    return true
  }

  #sniff(chunk: Buffer): void {
    const sniffed = this.#sniffer.take(chunk)
    switch (sniffed.kind) {
      case 'more':
        this.#hurry()
        return
      case 'malformed':
        this.#close()
        return
      case 'postgres':
        this.#acceptPostgres()
        return
      case 'plain': {
        const decision = this.#options.table().decide(this.#info('plain', null))
        if (decision.kind === 'http') this.#plainHttp(decision)
        else this.#act(decision, null)
        return
      }
      case 'tls': {
        const info = this.#info(this.#isPostgres ? 'postgres' : 'tls', sniffed.hello)
        this.#act(this.#options.table().decide(info), sniffed.hello)
      }
    }
  }

  #acceptPostgres(): void {
    this.#isPostgres = true
    this.#sniffer = new Sniffer(true)
    this.#socket.write(SSL_ACCEPTED)
    this.#hurry()
    this.#drop(SSL_REQUEST.length)
    if (this.#first !== null) this.#sniff(this.#first)
  }

  /** Takes octets off the front of what was read. */
  #drop(length: number): void {
    const rest = this.#first!.subarray(length)
    this.#first = rest.length === 0 ? null : rest
    this.#space = null
  }

  #plainHttp(decision: ConnectionDecision): void {
    const first = this.#first!
    const length = Math.min(first.length, HTTP2_PREFACE.length)
    const isLike = first.compare(HTTP2_PREFACE, 0, length, 0, length) === 0
    this.#isPreface = isLike && length < HTTP2_PREFACE.length
    if (this.#isPreface) this.#hurry()
    else this.#act(decision, null, isLike)
  }

  #info(protocol: ConnectionInfo['protocol'], hello: ClientHello | null): ConnectionInfo {
    return {
      protocol,
      serverName: hello === null ? '' : hello.serverName,
      protocols: hello === null ? [] : hello.protocols,
      clientAddress: this.#ends.source.address,
    }
  }

  #act(decision: ConnectionDecision, hello: ClientHello | null, isHttp2 = false): void {
    if (decision.kind === 'close' || decision.kind === 'peek') {
      this.#close()
      return
    }
    this.#detach()
    const socket = this.#socket
    // HTTP/1.1 goes on reading at once.
    if (decision.kind !== 'http' || isHttp2) socket.pause()
    const common = { socket, first: this.#first, ends: this.#ends, isPostgres: this.#isPostgres }
    this.#options.take({ ...common, decision, hello, isHttp2 })
  }

  /** What has begun must be whole before long. */
  #hurry(): void {
    const latest = timers.now() + BEGINNING_MS
    if (this.deadline === 0 || this.deadline > latest) timers.set(this, latest)
  }

  #detach(): void {
    this.#over = true
    timers.remove(this)
    this.#socket.removeListener('end', this.#leave)
    this.#socket.removeListener('close', this.#leave)
  }

  #close(): void {
    this.#detach()
    this.#socket.destroy()
  }

  override onDeadline(): void {
    // What has come by now is no header, and it may be for a server that speaks first.
    const hasWaited = this.#awaitsHeader
    this.#awaitsHeader = false
    if (!hasWaited || !this.#decidesUnread()) this.#close()
  }
}
