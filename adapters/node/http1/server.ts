import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Client } from '../../../src/http/request-context.ts'
import type { Accept, EntryPointHttpOptions } from '../http/accept.ts'
import { NodeTlsInfo } from '../tls/tls-info.ts'
import { type ConnectionTracker, ServerConnection } from './server-connection.ts'

/**
 * Serves HTTP/1.1 on a socket. `firstBytes` were read from it already; `client` is the peer, or what a PROXY header
 * said.
 */
export function serveHttp1(
  socket: Socket,
  firstBytes: Buffer | null,
  options: EntryPointHttpOptions,
  accept: Accept,
  client: Client = clientOf(socket),
  tracker: ConnectionTracker | null = null,
): void {
  new ServerConnection(socket, options, accept, client, tracker).serve(firstBytes)
}

/** The peer of a socket; dual-stack sockets report IPv4 peers in IPv6 form, which is undone. */
export function clientOf(socket: Socket): Client {
  const address = socket.remoteAddress ?? ''
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  const zone = plain.indexOf('%')
  return {
    address: zone === -1 ? plain : plain.slice(0, zone),
    port: socket.remotePort ?? 0,
    tls: socket instanceof TLSSocket ? tlsInfoOf(socket) : null,
  }
}

function tlsInfoOf(socket: TLSSocket): NodeTlsInfo {
  const serverName = (socket as { servername?: string | false | null }).servername
  return new NodeTlsInfo(socket, typeof serverName === 'string' ? serverName.toLowerCase() : '', null)
}

/** The HTTP/1.1 connections of an entry point, so that it can stop gracefully. */
export class Http1Server implements ConnectionTracker {
  draining = false
  readonly #connections = new Set<ServerConnection>()
  #whenEmpty: (() => void) | null = null

  opened(connection: ServerConnection): void {
    this.#connections.add(connection)
  }

  closed(connection: ServerConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#whenEmpty?.()
  }

  get size(): number {
    return this.#connections.size
  }

  /** Those without an exchange under way. */
  get idle(): number {
    let idle = 0
    for (const one of this.#connections) if (one.idle) idle++
    return idle
  }

  /** Every connection ends after its exchange, idle ones after a moment for a last one; resolves when none is left. */
  drain(): Promise<void> {
    this.draining = true
    for (const connection of this.#connections) connection.drain()
    if (this.#connections.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
    })
  }

  /** Closes what is left. */
  closeAll(): void {
    for (const connection of this.#connections) connection.socket.destroy()
  }
}
