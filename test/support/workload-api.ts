import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import os from 'node:os'
import path from 'node:path'
import { frame } from '../../adapters/node/grpc/framing.ts'
import { ProtoWriter } from '../../adapters/node/grpc/protobuf.ts'
import { bits, boolean, objectId, octets, sequence } from '../../adapters/node/tls/der-writer.ts'
import { cn, makeCertificate, type TestCertificate } from './certificates.ts'

/** Key usage: digital signatures, which go-spiffe wants an identity to be for. */
const SIGNS = sequence(objectId('2.5.29.15'), boolean(true), octets(bits(Buffer.from([0x80]), 7)))

/** A trust domain with its authority. */
export class TrustDomain {
  readonly name: string
  readonly authority: TestCertificate

  constructor(name: string) {
    this.name = name
    this.authority = makeCertificate({ subject: cn(`authority of ${name}`), isAuthority: true })
  }

  id = (workload: string): string => `spiffe://${this.name}${workload}`

  issue(workload: string, uris: readonly string[] = [this.id(workload)]): TestCertificate {
    return makeCertificate({ subject: cn(workload), uri: uris, extensions: [SIGNS] }, this.authority)
  }
}

export interface GivenIdentity {
  readonly id: string
  readonly svid: TestCertificate
  /** Between it and its authority. */
  readonly between?: readonly TestCertificate[]
  readonly domain: TrustDomain
  readonly federated?: readonly TrustDomain[]
}

/** The workload API of SPIFFE on a socket in the file system, as far as an identity is asked for. */
export class ScriptedWorkloadApi {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-spiffe-'))
  readonly socket = path.join(this.folder, 'agent.sock')
  readonly address = `unix://${this.socket}`
  /** Paths of calls. */
  readonly calls: string[] = []
  #server: Http2Server | null = null
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #streams = new Set<ServerHttp2Stream>()
  #message: Buffer | null = null
  #status: number | null = null

  async start(): Promise<this> {
    const server = createServer()
    this.#server = server
    server.on('session', (session) => {
      this.#sessions.add(session)
      session.on('close', () => this.#sessions.delete(session))
    })
    server.on('stream', (stream, fields) => {
      stream.on('error', () => undefined)
      this.calls.push(String(fields[':path']))
      const isAllowed = fields['workload.spiffe.io'] === 'true'
      const status = isAllowed ? this.#status : 3
      const type = { ':status': 200, 'content-type': 'application/grpc' }
      if (status !== null) {
        stream.respond({ ...type, 'grpc-status': String(status), 'grpc-message': 'not%20now' }, { endStream: true })
        return
      }
      stream.respond(type)
      this.#streams.add(stream)
      stream.on('close', () => this.#streams.delete(stream))
      if (this.#message !== null) stream.write(frame(this.#message))
    })
    await new Promise<void>((resolve) => server.listen(this.socket, resolve))
    return this
  }

  /** From now on, and to those who listen already. */
  give(identity: GivenIdentity): void {
    this.send(messageOf(identity))
  }

  send(message: Buffer): void {
    this.#message = message
    for (const stream of this.#streams) stream.write(frame(message))
  }

  /** Calls are refused from now on; null: they are not. */
  refuse(status: number | null): void {
    this.#status = status
  }

  /** It is gone, and so are all calls. */
  async lose(): Promise<void> {
    for (const session of this.#sessions) session.destroy()
    await new Promise<void>((resolve) => (this.#server === null ? resolve() : this.#server.close(() => resolve())))
    this.#server = null
  }

  async stop(): Promise<void> {
    await this.lose()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const der = ({ cert }: TestCertificate): Buffer => new X509Certificate(cert).raw

export const messageOf = ({ id, svid, between = [], domain, federated = [] }: GivenIdentity): Buffer => {
  const one = new ProtoWriter()
    .bytes(1, id)
    .bytes(2, Buffer.concat([svid, ...between].map(der)))
    .bytes(3, svid.privateKey.export({ type: 'pkcs8', format: 'der' }))
    .bytes(4, der(domain.authority))
  const message = new ProtoWriter().bytes(1, one.finish())
  for (const other of federated) {
    const bundle = new ProtoWriter().bytes(1, `spiffe://${other.name}`).bytes(2, der(other.authority))
    message.bytes(3, bundle.finish())
  }
  return message.finish()
}
