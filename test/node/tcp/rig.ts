import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { freePort } from '../../support/free-port.ts'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { Wire } from '../http1/rig.ts'

/** Everything a test has opened; `close` ends it. */
export class TcpRig {
  readonly #sockets: Socket[] = []
  readonly #servers: Server[] = []
  #proxy: TestProxy | null = null

  /** A server on a free port; its address. */
  async server(accept: (socket: Socket) => void): Promise<string> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#sockets.push(socket)
      socket.on('error', () => undefined)
      accept(socket)
    })
    this.#servers.push(server)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return `127.0.0.1:${address.port}`
  }

  /** Sends back what it gets. */
  echo(): Promise<string> {
    return this.server((socket) => socket.pipe(socket))
  }

  /** A proxy with an entry point `e` beside `web`. */
  async proxy(
    dynamic: unknown,
    flags: readonly string[] = [],
  ): Promise<{ readonly e: number; readonly proxy: TestProxy }> {
    const e = await freePort()
    const proxy = await startProxy(JSON.stringify(dynamic), [`--entryPoints.e.address=127.0.0.1:${e}`, ...flags])
    this.#proxy = proxy
    return { e, proxy }
  }

  async dial(port: number): Promise<Wire> {
    const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    this.#sockets.push(socket)
    const wire = new Wire(socket)
    await new Promise<void>((resolve) => socket.once('connect', resolve))
    return wire
  }

  /** Speaks TLS from the start, or on a connection that is there. */
  async secure(port: number, options: ConnectionOptions, over: Wire | null = null): Promise<Wire> {
    const base = over === null ? { port, host: '127.0.0.1' } : { socket: over.socket }
    const all: ConnectionOptions = { ...base, rejectUnauthorized: false, ...options }
    const socket = connectTls(all)
    this.#sockets.push(socket)
    const wire = new Wire(socket)
    await new Promise<void>((resolve) => {
      socket.once('secureConnect', resolve)
      socket.once('close', () => resolve())
    })
    return wire
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.splice(0)) socket.destroy()
    for (const server of this.#servers.splice(0)) server.close()
    await this.#proxy?.stop()
    this.#proxy = null
  }
}

/** A service with these servers. */
export const service = (addresses: readonly string[], more: object = {}) => ({
  loadBalancer: { servers: addresses.map((address) => ({ address })), ...more },
})
