import { createServer, type Server, type Socket } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { TlsTerminator } from '../../../adapters/node/tls/terminator.ts'
import { Sniffer } from '../../../src/engine/streams/tcp/sniffer.ts'
import type { TlsInfo } from '../../../src/http/request-context.ts'
import type { TlsOptionsPlan, TlsPlan } from '../../../src/plan/tls.ts'

export const options: TlsOptionsPlan = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  cipherSuites: ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  groups: [],
  clientAuth: 'NoClientCert',
  clientCAs: [],
  sniStrict: false,
  alpnProtocols: ['h2', 'http/1.1', 'acme-tls/1'],
  sessionTickets: true,
}

export const plan = (sets: Record<string, Partial<TlsOptionsPlan>> = {}, more: Partial<TlsPlan> = {}): TlsPlan => ({
  certificates: [],
  defaultCertificate: null,
  options: {
    default: options,
    ...Object.fromEntries(Object.entries(sets).map(([name, set]) => [name, { ...options, ...set }])),
  },
  hosts: {},
  ...more,
})

/** What a client saw of a handshake, or how it failed. */
export type Seen =
  | {
      readonly protocol: string | null
      readonly alpn: string | false | null
      readonly cn: string
      readonly reused: boolean
      readonly cipher: string
      /** By which the key was agreed on. */
      readonly group: string
      readonly text: string
    }
  | string

/** A listener that ends TLS and sends each client a greeting. The options' name is the first label of the server name. */
export class TlsRig {
  readonly logged: string[] = []
  readonly terminator = new TlsTerminator({ log: (_, message) => this.logged.push(message) })
  readonly infos: TlsInfo[] = []
  port = 0
  /** The address that a PROXY header says clients came to; null: there is no header. */
  cameTo: string | null = null
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #onSecured: (socket: TLSSocket) => void = (socket) => socket.end('hello')

  constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => this.#sockets.delete(socket))
      const sniffer = new Sniffer()
      const chunks: Buffer[] = []
      const take = (chunk: Buffer) => {
        chunks.push(chunk)
        const sniffed = sniffer.take(chunk)
        if (sniffed.kind === 'more') return
        socket.removeListener('data', take)
        socket.pause()
        if (sniffed.kind !== 'tls') return void socket.destroy()
        const name = sniffed.hello.serverName.split('.')[0]!
        const end = { address: this.cameTo ?? socket.localAddress ?? '', port: 1 }
        const ends = { source: end, destination: end }
        this.terminator.terminate(
          socket,
          Buffer.concat(chunks),
          sniffed.hello,
          name || 'default',
          ends,
          (secure, info) => {
            this.infos.push(info)
            this.#onSecured(secure)
          },
        )
      }
      socket.on('data', take)
    })
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size
  }

  onSecured(act: (socket: TLSSocket) => void): void {
    this.#onSecured = act
  }

  async start(tls: TlsPlan): Promise<this> {
    this.terminator.replace(tls)
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    this.port = typeof address === 'object' && address !== null ? address.port : 0
    return this
  }

  /** Connects, reads to the end and says what it saw. */
  ask(more: ConnectionOptions = {}, onSession: (session: Buffer) => void = () => undefined): Promise<Seen> {
    return new Promise((resolve) => {
      const socket = connect({ port: this.port, host: '127.0.0.1', rejectUnauthorized: false, ...more })
      let text = ''
      let facts: Omit<Exclude<Seen, string>, 'text'> | null = null
      let failure = ''
      socket.on('session', onSession)
      socket.on('secureConnect', () => {
        facts = {
          protocol: socket.getProtocol(),
          alpn: socket.alpnProtocol,
          cn: String(socket.getPeerCertificate().subject?.CN),
          reused: socket.isSessionReused(),
          cipher: socket.getCipher().name,
          group: groupOf(socket),
        }
      })
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      socket.on('error', (error: NodeJS.ErrnoException) => {
        failure = error.code ?? error.message
      })
      socket.on('close', () => resolve(facts === null || text === '' ? failure || 'closed' : { ...facts, text }))
    })
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

function groupOf(socket: TLSSocket): string {
  const info = socket.getEphemeralKeyInfo()
  return info !== null && 'name' in info ? String(info.name) : ''
}
