import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2'
import { createServer, type Server, type Socket } from 'node:net'
import type { Accept, EntryPointHttpOptions } from '../../../adapters/node/http/accept.ts'
import { clientOf } from '../../../adapters/node/http1/server.ts'
import { Http2Server, serveHttp2 } from '../../../adapters/node/http2/server.ts'
import type { Http2Options } from '../../../src/compiler/install/entry-point-options.ts'
import type { ExchangeEnd } from '../../../src/http/request-context.ts'
import { defaults } from '../http1/rig.ts'

export interface Answer {
  readonly status: number
  readonly fields: Record<string, unknown>
  readonly text: string
  readonly trailers: Record<string, unknown> | null
  readonly informational: number[]
  /** Code of the reset; 0: none. */
  readonly code: number
}

/** A server of HTTP/2 on a free port. */
export class Http2Rig {
  readonly tracker = new Http2Server()
  readonly ends: ExchangeEnd[] = []
  readonly bugs: unknown[] = []
  port = 0
  aborted = 0
  /** Requests that reached the handler. */
  begun = 0
  #server: Server | null = null
  readonly #sockets = new Set<Socket>()
  readonly #sessions: ClientHttp2Session[] = []
  #waiting: (() => void)[] = []

  async start(
    accept: Accept,
    options: Partial<EntryPointHttpOptions> = {},
    http2: Partial<Http2Options> = {},
  ): Promise<this> {
    const limits = {
      maxConcurrentStreams: 250,
      maxDecoderHeaderTableSize: 4096,
      maxEncoderHeaderTableSize: 4096,
      ...http2,
    }
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => this.#sockets.delete(socket))
      const all = { ...defaults, onBug: (reason: unknown) => this.bugs.push(reason), ...options }
      serveHttp2(
        socket,
        null,
        all,
        limits,
        (request, cx) => this.#accept(accept, request, cx),
        clientOf(socket),
        this.tracker,
      )
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    this.port = typeof address === 'object' && address !== null ? address.port : 0
    return this
  }

  #accept(accept: Accept, ...[request, cx]: Parameters<Accept>): ReturnType<Accept> {
    cx.onAbort(() => {
      this.aborted++
      this.#notify()
    })
    cx.onEnd((end) => {
      this.ends.push(end)
      this.#notify()
    })
    this.begun++
    this.#notify()
    return accept(request, cx)
  }

  #notify(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((wake) => this.#waiting.push(wake))
  }

  client(): ClientHttp2Session {
    const session = connect(`http://127.0.0.1:${this.port}`)
    session.on('error', () => undefined)
    this.#sessions.push(session)
    return session
  }

  /** One request on a session of its own, or on a given one. */
  async ask(
    fields: OutgoingHttpHeaders = {},
    content: string | null = null,
    session: ClientHttp2Session = this.client(),
  ): Promise<Answer> {
    const stream = session.request({ ':path': '/', ':authority': 'h', ...fields }, { endStream: content === null })
    if (content !== null) stream.end(content)
    return await answerOf(stream)
  }

  close(): void {
    this.#server?.close()
    for (const session of this.#sessions) session.destroy()
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** All of an answer, once its stream is closed. */
export function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const informational: number[] = []
    let fields: Record<string, unknown> = {}
    let trailers: Record<string, unknown> | null = null
    stream.on('headers', (head) => informational.push(Number(head[':status'])))
    stream.on('response', (head) => {
      fields = head
    })
    stream.on('trailers', (head) => {
      trailers = head
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', () => undefined)
    stream.on('close', () =>
      resolve({
        status: Number(fields[':status'] ?? 0),
        fields,
        text: Buffer.concat(chunks).toString('latin1'),
        trailers,
        informational,
        code: stream.rstCode ?? 0,
      }),
    )
  })
}
