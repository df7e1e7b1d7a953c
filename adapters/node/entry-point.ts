import { setTimeout as sleep } from 'node:timers/promises'
import type { Handler } from '../../src/http/handler.ts'
import type { Logger } from '../../src/ports/ports.ts'
import { durationMs } from '../../src/schema/duration.ts'
import { clientOf, Http1Server, serveHttp1 } from './http1/server.ts'
import { parseListenAddress } from './listen/address.ts'
import { stopGracefully } from './listen/graceful-stop.ts'
import { TcpListener } from './listen/tcp-listener.ts'
import { type EntryPointOptions, httpOptions } from './options.ts'

/** One entry point of this process: a listening socket whose connections speak HTTP/1.1. */
export class EntryPoint {
  readonly #name: string
  readonly #options: EntryPointOptions
  readonly #listener: TcpListener
  readonly #http = new Http1Server()

  /** Throws when the address can't be read. */
  constructor(name: string, options: EntryPointOptions, handler: Handler, log: Logger) {
    const address = parseListenAddress(options.address ?? '')
    if (address === null) throw new Error(`entry point ${name}: invalid address ${options.address ?? ''}`)
    this.#name = name
    this.#options = options
    const http = httpOptions(name, options)
    this.#listener = new TcpListener({ name, address, reusePort: options.reusePort ?? false }, log, (socket) =>
      serveHttp1(socket, null, http, handler, clientOf(socket), this.#http),
    )
  }

  /** Rejects when the address can't be had. */
  async listen(): Promise<void> {
    try {
      await this.#listener.listen()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`entry point ${this.#name}: error opening listener: ${reason}`)
    }
  }

  /** Resolves when everything is closed, after the grace times of `transport.lifeCycle` at the latest. */
  stop(): Promise<void> {
    const { requestAcceptGraceTimeout, graceTimeOut } = this.#options.transport.lifeCycle
    const lifeCycle = {
      requestAcceptGraceTimeoutMs: durationMs(requestAcceptGraceTimeout ?? '0s'),
      graceTimeOutMs: durationMs(graceTimeOut),
    }
    return stopGracefully(this.#listener, this.#http, lifeCycle, (ms) => sleep(ms, undefined, { ref: false }))
  }
}
