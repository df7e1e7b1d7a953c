import http, { type IncomingHttpHeaders } from 'node:http'
import https from 'node:https'
import type net from 'node:net'
import type { OpenApi } from '../../../adapters/node/acme/dns/api.ts'
import { createApiClient } from '../../../adapters/node/providers/api-client/client.ts'
import { cn, makeCertificate } from '../certificates.ts'
import { apis } from './apis.ts'
import { type NameServer, startNameServer } from './name-server.ts'
import { RecordStore } from './record-store.ts'

/** A request as an API got it. */
export interface ApiCall {
  readonly method: string
  readonly host: string
  /** As it came, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface ApiReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** One of them. */
  readonly json?: unknown
  readonly text?: string
}

/** An API that is imitated: as much of it as is needed, and no more. */
export type Api = (call: ApiCall, store: RecordStore) => ApiReply

/** What happens to a request in place of an answer of the API; null: it is answered. */
export type Fault = (call: ApiCall) => ApiReply | 'silence' | 'half' | null

const ZONES = ['zone.test', 'duckdns.org', 'other.test']

/**
 * All APIs of DNS providers behind one proxy, under their own names, with the name server that says where zones begin.
 * What connects through the proxy, and trusts its authority, reaches nothing else.
 */
export class DnsApis {
  readonly store = new RecordStore()
  readonly calls: ApiCall[] = []
  /** Certificate of the authority, as PEM. */
  readonly authority: string
  fault: Fault = () => null
  /** In place of an answer to a request that was carried out; null: it is given. */
  loss: (call: ApiCall) => ApiReply | null = () => null
  readonly #proxy: http.Server
  readonly #tls: https.Server
  readonly #names: NameServer
  readonly #sockets = new Set<net.Socket>()

  private constructor(names: NameServer, store: RecordStore) {
    this.store = store
    this.#names = names
    const authority = makeCertificate({ subject: cn('APIs of DNS'), isAuthority: true })
    const own = makeCertificate({ subject: cn('api'), dns: Object.keys(apis) }, authority)
    this.authority = authority.cert
    const answer: http.RequestListener = (request, response) => void this.#answer(request, response)
    this.#tls = https.createServer({ key: own.key, cert: own.cert }, answer)
    this.#proxy = http.createServer(answer)
    this.#proxy.on('connect', (_, socket: net.Socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      this.#tls.emit('connection', socket)
    })
    this.#proxy.on('connection', (socket: net.Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  static async start(aliases: Readonly<Record<string, string>> = {}): Promise<DnsApis> {
    const store = new RecordStore()
    const names = await startNameServer(ZONES, (name) => store.texts(name), aliases)
    const server = new DnsApis(names, store)
    await new Promise<void>((resolve) => server.#proxy.listen(0, '127.0.0.1', resolve))
    return server
  }

  get proxyUrl(): string {
    return `http://127.0.0.1:${(this.#proxy.address() as net.AddressInfo).port}`
  }

  get nameServer(): string {
    return this.#names.address
  }

  /** How ours get here: whatever the client wants else, through the proxy. */
  readonly openApi: OpenApi = (options) =>
    createApiClient({ ...options, isDirect: false, proxyUrl: this.proxyUrl, tls: { ca: this.authority } })

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#proxy.close(resolve))
    await this.#names.stop()
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const url = new URL(request.url!, `https://${request.headers.host}`)
    const call: ApiCall = {
      method: request.method!,
      host: url.hostname,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
    }
    this.calls.push(call)
    const fault = this.fault(call)
    if (fault === 'silence') return
    if (fault === 'half') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"result": [')
      response.socket?.end()
      return
    }
    const api = apis[call.host]
    const carriedOut = fault ?? api?.(call, this.store) ?? { status: 502, text: 'no such host' }
    const reply = this.loss(call) ?? carriedOut
    const type = reply.json === undefined ? 'text/plain' : 'application/json'
    response.writeHead(reply.status ?? 200, { 'content-type': type, ...reply.headers })
    response.end(reply.json === undefined ? (reply.text ?? '') : JSON.stringify(reply.json))
  }
}
