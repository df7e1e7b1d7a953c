import type { Socket } from 'node:net'
import type { Http2Options } from '../../../src/compiler/install/entry-point-options.ts'
import type { Client } from '../../../src/http/request-context.ts'
import type { Accept, EntryPointHttpOptions } from '../http/accept.ts'
import { ServerSession, type SessionTracker } from './server-session.ts'

/**
 * Serves HTTP/2 on a socket: after TLS, or where a client began with its preface. `first` are octets read already;
 * `client` is the peer, or what a PROXY header said.
 */
export function serveHttp2(
  socket: Socket,
  first: Uint8Array | null,
  options: EntryPointHttpOptions,
  http2: Http2Options,
  accept: Accept,
  client: Client,
  tracker: SessionTracker | null = null,
): void {
  if (socket.destroyed) return
  try {
    new ServerSession(socket, first, options, http2, accept, client, tracker)
  } catch (reason) {
    // Node may refuse a socket that closes at this moment.
    options.onBug?.(reason)
    socket.destroy()
  }
}

/** The HTTP/2 connections of an entry point, so that it can stop gracefully. */
export class Http2Server implements SessionTracker {
  draining = false
  readonly #sessions = new Set<ServerSession>()
  #whenEmpty: (() => void) | null = null

  get size(): number {
    return this.#sessions.size
  }

  /** Those without an exchange under way. */
  get idle(): number {
    let idle = 0
    for (const one of this.#sessions) if (one.idle) idle++
    return idle
  }

  opened(session: ServerSession): void {
    this.#sessions.add(session)
  }

  closed(session: ServerSession): void {
    this.#sessions.delete(session)
    if (this.#sessions.size === 0) this.#whenEmpty?.()
  }

  /** Every session takes its last requests; resolves when none is left. */
  drain(): Promise<void> {
    this.draining = true
    for (const session of this.#sessions) session.drain()
    if (this.#sessions.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
    })
  }

  /** Closes what is left. */
  closeAll(): void {
    for (const session of this.#sessions) session.destroy()
  }
}
