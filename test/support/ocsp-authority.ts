import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { context, objectId, octets, sequence } from '../../adapters/node/tls/der-writer.ts'
import { cn, makeCertificate, type TestCertificate } from './certificates.ts'
import { closed } from './closed.ts'

const run = promisify(execFile)

/** An authority whose responses are made by `openssl ocsp`, and a responder that hands them out by HTTP. */
export class OcspAuthority {
  readonly authority = makeCertificate({ subject: cn('authority'), isAuthority: true })
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-ocsp-'))
  /** What the responder answers instead. */
  instead: { readonly status: number; readonly body: string | Buffer } | null = null
  /** Requests that came, in DER. */
  readonly asked: Buffer[] = []
  /** Options of `openssl ocsp` for the life of an answer. */
  life: readonly string[] = ['-ndays', '1']
  readonly #lines = new Map<string, string>()
  readonly #server: Server
  #signer: TestCertificate = this.authority
  #port = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', async () => {
        const body = Buffer.concat(chunks)
        this.asked.push(body)
        const { status, body: answer } = this.instead ?? { status: 200, body: await this.respond(body) }
        response.writeHead(status, { 'content-type': 'application/ocsp-response' })
        response.end(answer)
      })
    })
    this.#write('authority', this.authority)
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/status`
  }

  get port(): number {
    return this.#port
  }

  /** Its answers are signed by another one from now on. */
  signBy(signer: TestCertificate): void {
    this.#signer = signer
  }

  /** One whose status it knows. */
  issue(name: string, { responder = this.url, mustStaple = false, isKnown = true } = {}): TestCertificate {
    const extensions = [accessTo(responder), ...(mustStaple ? [MUST_STAPLE] : [])]
    const certificate = makeCertificate({ subject: cn(name), dns: [name], extensions }, this.authority)
    if (isKnown) this.#set(certificate, 'V')
    return certificate
  }

  /** Who may answer in its place. */
  delegate(isAuthorised = true): TestCertificate {
    return makeCertificate({ subject: cn('responder'), extensions: isAuthorised ? [OCSP_SIGNING] : [] }, this.authority)
  }

  revoke(certificate: TestCertificate): void {
    this.#set(certificate, 'R')
  }

  /** With its chain, as a plan names it. */
  pair({ cert, key }: TestCertificate): { readonly certFile: string; readonly keyFile: string } {
    return { certFile: `${cert}${this.authority.cert}`, keyFile: key }
  }

  /** One after the other: OpenSSL works on files. */
  respond(request: Buffer): Promise<Buffer> {
    const answer = this.#last.then(() => this.#make(request))
    this.#last = answer.catch(() => undefined)
    return answer
  }

  async #make(request: Buffer): Promise<Buffer> {
    this.#write('signer', this.#signer)
    const file = (name: string): string => path.join(this.folder, name)
    writeFileSync(file('request.der'), request)
    const args = [
      ...['ocsp', '-index', file('index.txt'), '-CA', file('authority.pem'), '-rsigner', file('signer.pem')],
      ...['-rkey', file('signer.key'), '-reqin', file('request.der'), '-respout', file('response.der'), ...this.life],
    ]
    await run('openssl', args, { timeout: 10_000 })
    return readFileSync(file('response.der'))
  }

  async stop(): Promise<void> {
    await this.close()
    await this.#last
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** The responder alone. */
  close(): Promise<void> {
    return closed(this.#server)
  }

  #set({ serial }: TestCertificate, status: 'V' | 'R'): void {
    const revoked = status === 'R' ? '250101000000Z' : ''
    this.#lines.set(serial, [status, '400101000000Z', revoked, serial, 'unknown', `/CN=${serial}`].join('\t'))
    writeFileSync(path.join(this.folder, 'index.txt'), `${[...this.#lines.values()].join('\n')}\n`)
  }

  #write(name: string, { cert, key }: TestCertificate): void {
    writeFileSync(path.join(this.folder, `${name}.pem`), cert)
    writeFileSync(path.join(this.folder, `${name}.key`), key)
  }
}

const extension = (id: string, value: Buffer): Buffer => sequence(objectId(id), octets(value))

const accessTo = (url: string): Buffer =>
  extension(
    '1.3.6.1.5.5.7.1.1',
    sequence(sequence(objectId('1.3.6.1.5.5.7.48.1'), context(6, Buffer.from(url, 'latin1'), true))),
  )

const MUST_STAPLE = extension('1.3.6.1.5.5.7.1.24', sequence(Buffer.from([0x02, 0x01, 0x05])))
const OCSP_SIGNING = extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.9')))
