import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EntryPointAddress } from '../../../src/compiler/install/address.ts'
import type { LifeCycle } from '../../../src/compiler/install/entry-point-options.ts'
import type { Logger } from '../../../src/contracts/ports.ts'
import type { UdpTable } from '../../../src/engine/streams/udp/table.ts'
import type { Descriptors } from '../sockets/descriptors.ts'
import { type SessionOwner, UdpSession } from './session.ts'

/** Sessions of one entry point: each holds a socket, and the addresses of clients may be forged. */
const MOST_SESSIONS = 16_384
/** A problem is said once in so long. */
const SAY_AGAIN_MS = 10_000

/** What a UDP entry point is made of. */
export interface UdpEntryPointParts {
  readonly name: string
  readonly address: EntryPointAddress
  readonly reusePort: boolean
  /** Sessions without traffic for so long end; looked at every tenth of it. */
  readonly timeoutMs: number
  readonly lifeCycle: LifeCycle
  readonly log: Logger
  /** Absent: as many sessions as the system gives. */
  readonly descriptors?: Descriptors
}

/** One UDP entry point: sessions by client address and port (Traefik v3.7 `pkg/udp/conn.go`). */
export class UdpEntryPoint implements SessionOwner {
  readonly #parts: UdpEntryPointParts
  readonly #sessions = new Map<string, UdpSession>()
  #socket: Socket | null = null
  #sweep: NodeJS.Timeout | null = null
  #table: UdpTable | null = null
  #accepting = true
  #whenEmpty: (() => void) | null = null
  #saidAt = Number.NEGATIVE_INFINITY

  constructor(parts: UdpEntryPointParts) {
    this.#parts = parts
  }

  /** New sessions use this table. Without one the previous one stays, as in Traefik. */
  use(table: UdpTable | undefined): void {
    if (table !== undefined) this.#table = table
  }

  /** The port in use: that of the address unless it was 0. */
  get port(): number {
    return this.#socket?.address().port ?? this.#parts.address.port
  }

  get sessions(): number {
    return this.#sessions.size
  }

  /** Rejects when the address can't be had. */
  async listen(): Promise<void> {
    const { name, address, timeoutMs } = this.#parts
    try {
      this.#socket = await this.#bind(address.host)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`entry point ${name}: error opening listener: ${reason}`)
    }
    this.#socket.on('message', (datagram, from) => this.#received(datagram, from))
    this.#socket.on('error', (error) => this.#say('Error on UDP entry point', error))
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(Math.max(1, timeoutMs / 10), 2 ** 31 - 1))
  }

  async #bind(host: string): Promise<Socket> {
    if (host !== '') return this.#open(isIPv6(host) ? 'udp6' : 'udp4', host)
    try {
      return await this.#open('udp6', '::')
    } catch (error) {
      // A machine without IPv6.
      const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : ''
      if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error
      return this.#open('udp4', '0.0.0.0')
    }
  }

  #open(type: 'udp4' | 'udp6', host: string): Promise<Socket> {
    const { address, reusePort } = this.#parts
    return new Promise((resolve, reject) => {
      const socket = createSocket({ type, ...(reusePort ? { reusePort: true } : {}) })
      socket.once('error', (error) => {
        socket.close()
        reject(error)
      })
      socket.bind(address.port, host, () => {
        socket.removeAllListeners('error')
        resolve(socket)
      })
    })
  }

  #received(datagram: Buffer, from: RemoteInfo): void {
    const now = performance.now()
    const key = `${from.address} ${from.port}`
    const session = this.#sessions.get(key) ?? this.#begin(key, from, now)
    if (session === null) return
    session.lastAt = now
    session.send(datagram)
  }

  #begin(key: string, from: RemoteInfo, now: number): UdpSession | null {
    const server = this.#accepting ? this.#table?.pick() : null
    if (server === null || server === undefined || server.port < 1) return null
    if (this.#sessions.size >= MOST_SESSIONS) {
      this.#say('Too many UDP sessions: new clients have to wait', null)
      return null
    }
    if (this.#parts.descriptors?.take('session') === false) return null
    const session = new UdpSession(key, from, server, now, this)
    this.#sessions.set(key, session)
    return session
  }

  closed(): void {
    this.#parts.descriptors?.give('session')
  }

  answer(session: UdpSession, datagram: Buffer): void {
    session.lastAt = performance.now()
    this.#socket?.send(datagram, session.port, session.address, (error) => {
      if (error !== null) this.#say('Error while answering a UDP client', error)
    })
  }

  ended(session: UdpSession, error: Error | null): void {
    if (this.#sessions.get(session.key) === session) this.#sessions.delete(session.key)
    if (error !== null) this.#parts.log.log('debug', 'UDP session ended', { cause: error.message })
    this.#noteEmpty()
  }

  #endIdle(): void {
    const limit = performance.now() - this.#parts.timeoutMs
    for (const session of this.#sessions.values()) if (session.lastAt <= limit) this.#drop(session)
    this.#noteEmpty()
  }

  #drop(session: UdpSession): void {
    this.#sessions.delete(session.key)
    session.close()
  }

  #noteEmpty(): void {
    if (this.#sessions.size === 0) this.#whenEmpty?.()
  }

  #say(message: string, error: Error | null): void {
    const now = performance.now()
    if (now - this.#saidAt < SAY_AGAIN_MS) return
    this.#saidAt = now
    const { log, name } = this.#parts
    log.log('error', message, { entryPointName: name, ...(error === null ? {} : { cause: error.message }) })
  }

  /** No new sessions after the accept grace time; the open ones get the grace time. */
  async stop(): Promise<void> {
    const { requestAcceptGraceTimeoutMs, graceTimeOutMs } = this.#parts.lifeCycle
    if (requestAcceptGraceTimeoutMs > 0) await sleep(requestAcceptGraceTimeoutMs, undefined, { ref: false })
    this.#accepting = false
    if (this.#sessions.size > 0 && graceTimeOutMs > 0) {
      const empty = new Promise<void>((resolve) => {
        this.#whenEmpty = resolve
      })
      await Promise.race([empty, sleep(graceTimeOutMs, undefined, { ref: false })])
    }
    for (const session of this.#sessions.values()) this.#drop(session)
    if (this.#sweep !== null) clearInterval(this.#sweep)
    this.#socket?.close()
    this.#socket = null
  }
}
