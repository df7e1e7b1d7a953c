import { createServer, type Server, type Socket } from 'node:net'
import type { EntryPointAddress } from '../../../src/compiler/install/address.ts'
import type { Logger } from '../../../src/contracts/ports.ts'
import type { Descriptors } from '../sockets/descriptors.ts'

const KEEP_ALIVE_MS = 180_000

/** Octets that may wait for a slow reader before its source pauses. */
const WAITING = 32 * 1024

export interface TcpListenerOptions {
  readonly name: string
  readonly address: EntryPointAddress
  readonly reusePort: boolean
  /** Absent: as many connections as the system gives. */
  readonly descriptors?: Descriptors
}

/** The listening socket of an entry point. Connections it accepts are counted until they close. */
export class TcpListener {
  readonly #server: Server
  readonly #options: TcpListenerOptions
  readonly #log: Logger
  readonly #open = new Set<Socket>()
  #whenEmpty: (() => void) | null = null
  #lastErrorAt = 0

  /** @param accept gets sockets that are not read yet; half-closing is up to it */
  constructor(options: TcpListenerOptions, log: Logger, accept: (socket: Socket) => void) {
    this.#options = options
    this.#log = log
    this.#server = createServer(
      {
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_MS,
        highWaterMark: WAITING,
      },
      (socket) => {
        const { descriptors } = options
        if (descriptors?.take('connection') === false) {
          socket.destroy()
          return
        }
        this.#open.add(socket)
        socket.on('close', () => {
          descriptors?.give('connection')
          this.#open.delete(socket)
          if (this.#open.size === 0) this.#whenEmpty?.()
        })
        // A peer that resets before anybody listens must not end the process.
        socket.on('error', () => undefined)
        accept(socket)
      },
    )
  }

  /** Resolves once connections are accepted; rejects when the address can't be had. */
  listen(): Promise<void> {
    const { address, reusePort } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(
        {
          port: address.port,
          ...(address.host === '' ? {} : { host: address.host }),
          backlog: 4096,
          ...(reusePort ? { reusePort: true } : {}),
        },
        () => {
          this.#server.removeListener('error', reject)
          // Out of descriptors, and the like: the kernel keeps what waits, we go on.
          this.#server.on('error', (cause) => this.#report(cause))
          resolve()
        },
      )
    })
  }

  /** The port in use: that of the address unless it was 0. */
  get port(): number {
    const bound = this.#server.address()
    return typeof bound === 'object' && bound !== null ? bound.port : this.#options.address.port
  }

  get connections(): number {
    return this.#open.size
  }

  #report(cause: unknown): void {
    const now = Date.now()
    if (now - this.#lastErrorAt < 1000) return
    this.#lastErrorAt = now
    this.#log.log('error', `Error while accepting on entry point ${this.#options.name}`, { cause })
  }

  /** New connections are refused from now on. */
  stopAccepting(): void {
    this.#server.close()
  }

  /** Resolves when no connection is open any more. */
  empty(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
    })
  }

  /** Closes every connection that is still open. */
  closeAll(): void {
    for (const socket of this.#open) socket.destroy()
  }
}
