import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Accept, EntryPointHttpOptions } from '../../../adapters/node/http/accept.ts'
import type { NodeContext } from '../../../adapters/node/http/node-context.ts'
import { clientOf, Http1Server, serveHttp1 } from '../../../adapters/node/http1/server.ts'
import { NodeTransports } from '../../../adapters/node/upstream/transports.ts'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import { failureReply } from '../../../src/http/replies.ts'
import type { ExchangeEnd } from '../../../src/http/request-context.ts'
import type { ServersTransportPlan } from '../../../src/plan/plan.ts'
import { DEFAULT_SERVER_TLS } from '../../../src/plan/tls.ts'

/** A raw connection on which a test speaks and listens byte by byte. */
export class Wire {
  readonly socket: Socket
  text = ''
  ended = false
  closed = false
  error: string | null = null
  #wake: (() => void)[] = []

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1')
      this.#notify()
    })
    socket.on('end', () => {
      this.ended = true
      this.#notify()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message
    })
    socket.on('close', () => {
      this.closed = true
      this.#notify()
    })
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }

  send(text: string): this {
    this.socket.write(Buffer.from(text, 'latin1'))
    return this
  }

  /** Resolves once the condition holds; the test's own time limit is the only one. */
  async until(condition: (wire: this) => boolean): Promise<this> {
    while (!condition(this)) await new Promise<void>((wake) => this.#wake.push(wake))
    return this
  }

  seen(part: string): Promise<this> {
    return this.until((wire) => wire.text.includes(part))
  }

  over(): Promise<this> {
    return this.until((wire) => wire.ended || wire.closed)
  }

  /** What came so far, and forgets it. */
  take(): string {
    const { text } = this
    this.text = ''
    return text
  }
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })

export const defaults: EntryPointHttpOptions = {
  entryPoint: 'web',
  maxHeaderBytes: 16384,
  maxHeaderFields: 1000,
  readTimeoutMs: 60000,
  writeTimeoutMs: 0,
  idleTimeoutMs: 180000,
  keepAliveMaxRequests: 0,
  keepAliveMaxTimeMs: 0,
}

export const plainTransport: ServersTransportPlan = {
  error: null,
  dialTimeoutMs: 5000,
  responseHeaderTimeoutMs: 0,
  idleConnTimeoutMs: 90000,
  maxIdleConnsPerHost: 200,
  http2: false,
  readIdleTimeoutMs: 0,
  pingTimeoutMs: 15_000,
  tls: DEFAULT_SERVER_TLS,
}

/** A scripted server, and a proxy in front of it; everything closes with `close`. */
export class Rig {
  readonly tracker = new Http1Server()
  readonly transports = new NodeTransports({ log() {} })
  readonly ends: ExchangeEnd[] = []
  readonly contexts: NodeContext[] = []
  port = 0
  upstreamPort = 0
  /** Connections the server has seen. */
  readonly server: Wire[] = []
  #servers: Server[] = []
  #sockets = new Set<Socket>()
  #waiting: (() => void)[] = []

  async start(
    accept: Accept | null = null,
    options: Partial<EntryPointHttpOptions> = {},
    transport: Partial<ServersTransportPlan> = {},
    scheme: 'http' | 'https' = 'http',
    upstreamPort = 0,
  ): Promise<this> {
    const upstream = createServer({ allowHalfOpen: true }, (socket) => {
      this.#keep(socket)
      this.server.push(new Wire(socket))
      for (const wake of this.#waiting.splice(0)) wake()
    })
    this.upstreamPort = await listen(upstream)
    const pool = this.transports.open({
      scheme,
      host: '127.0.0.1',
      port: upstreamPort || this.upstreamPort,
      options: { ...plainTransport, ...transport },
    })
    const forward: Accept = async (request, cx) => {
      const answer = await pool.send(request, cx)
      if (answer instanceof UpstreamFailure) return failureReply(answer)
      answer.headers.delete('connection')
      answer.headers.delete('transfer-encoding')
      return answer
    }
    const handler = accept ?? forward
    const proxy = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#keep(socket)
      serveHttp1(
        socket,
        null,
        { ...defaults, ...options },
        (request, cx) => {
          this.contexts.push(cx)
          cx.onEnd((end) => {
            this.ends.push(end)
            for (const wake of this.#waiting.splice(0)) wake()
          })
          const response = handler(request, cx)
          for (const wake of this.#waiting.splice(0)) wake()
          return response
        },
        clientOf(socket),
        this.tracker,
      )
    })
    this.port = await listen(proxy)
    this.#servers = [upstream, proxy]
    return this
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
  }

  async client(first = ''): Promise<Wire> {
    const socket = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    this.#keep(socket)
    await new Promise((resolve) => socket.once('connect', resolve))
    const wire = new Wire(socket)
    return first === '' ? wire : wire.send(first)
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((wake) => this.#waiting.push(wake))
  }

  /** The server's connection number `n`, from 0. */
  async connection(n = 0): Promise<Wire> {
    await this.until(() => this.server.length > n)
    return this.server[n]!
  }

  async ended(count = 1): Promise<ExchangeEnd[]> {
    await this.until(() => this.ends.length >= count)
    return this.ends
  }

  close(): void {
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

export const get = (path = '/', more = ''): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n${more}\r\n`

/** An answer's octets without its Date line. */
export const dateless = (text: string): string => text.replace(/Date: [^\r]*\r\n/g, '')

/** Lets everything that is due in the event loop happen a few times. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
