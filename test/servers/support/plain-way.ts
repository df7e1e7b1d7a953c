import net from 'node:net'
import tls from 'node:tls'

/** A way to a server that speaks TLS for who does not, so that what is said can be seen and spoiled. */
export class PlainWay {
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()
  /** Everything is taken, and nothing handed on. */
  isStalled = false

  constructor(targetPort: number) {
    this.#server = net.createServer((client) => {
      const upstream = tls.connect({ host: '127.0.0.1', port: targetPort, rejectUnauthorized: false })
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(socket)
        socket.on('error', () => other.destroy())
        socket.on('close', () => {
          this.#sockets.delete(socket)
          other.destroy()
        })
        socket.on('data', (chunk: Buffer) => {
          if (!this.isStalled) other.write(chunk)
        })
      }
    })
  }

  /** @returns its port */
  listen(): Promise<number> {
    return new Promise((resolve) =>
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as net.AddressInfo).port)),
    )
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
