import { mkdirSync, writeFileSync } from 'node:fs'
import { type Agent, request } from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { cn, makeCertificate } from '../../support/certificates.ts'
import { freePort } from '../../support/free-port.ts'
import { ServerProcess, temporaryFolder } from './process.ts'

const VERSION = '2.10.3'
const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'signalbox')
const PROGRAM = path.join(cache, `pebble-${VERSION}`)
const NAME_SERVER = path.join(cache, `pebble-challtestsrv-${VERSION}`)

export interface PebbleOptions {
  /** Where it looks for answers to challenges. */
  readonly httpPort?: number
  readonly tlsPort?: number
  /** `host:port`; by default a name server that answers everything with 127.0.0.1. */
  readonly nameServer?: string
  /** Percent of nonces that it refuses; none by default. */
  readonly badNonces?: number
  readonly alternateRoots?: number
  /** Keys for external account binding by identifier: only such accounts are made. */
  readonly accountKeys?: Readonly<Record<string, string>>
  /** Seconds that certificates are good, by profile; of several it takes one by chance where none is asked for. */
  readonly profiles?: Readonly<Record<string, number>>
  readonly blocked?: readonly string[]
  /** Percent of authorizations that serve another order. */
  readonly reuse?: number
}

/** The authority of Let's Encrypt for tests, with a name server beside it unless another one is there. */
export class Pebble {
  readonly port: number
  readonly managementPort: number
  /** Of the name server; what it answers is changed by HTTP on the other. */
  readonly dnsPort: number
  readonly dnsManagementPort: number
  readonly folder: string
  /** File of the authority that has signed the certificate of its server. */
  readonly trusted: string
  readonly #server: ServerProcess
  readonly #names: ServerProcess | null

  private constructor(
    ports: readonly [api: number, management: number, dns: number, dnsManagement: number],
    options: PebbleOptions,
  ) {
    const [api, management, dns, dnsManagement] = ports
    this.port = api
    this.managementPort = management
    this.dnsPort = dns
    this.dnsManagementPort = dnsManagement
    this.folder = temporaryFolder()
    this.trusted = path.join(this.folder, 'authority.pem')
    this.#writeFiles(options)
    this.#names =
      options.nameServer === undefined
        ? new ServerProcess({
            program: NAME_SERVER,
            args: [
              ...['-management', `127.0.0.1:${dnsManagement}`, '-dnsserver', `127.0.0.1:${dns}`],
              ...['-http01', '', '-https01', '', '-tlsalpn01', '', '-doh', '', '-defaultIPv4', '127.0.0.1'],
              ...['-defaultIPv6', ''],
            ],
            isReady: async () => (await fetch(`http://127.0.0.1:${dnsManagement}/`)).status > 0,
          })
        : null
    this.#server = new ServerProcess({
      program: PROGRAM,
      args: [
        ...['-config', path.join(this.folder, 'config.json'), '-strict'],
        ...['-dnsserver', options.nameServer ?? `127.0.0.1:${dns}`],
      ],
      env: {
        PEBBLE_VA_NOSLEEP: '1',
        PEBBLE_WFE_NONCEREJECT: String(options.badNonces ?? 0),
        PEBBLE_AUTHZREUSE: String(options.reuse ?? 0),
        PEBBLE_ALTERNATE_ROOTS: String(options.alternateRoots ?? 0),
      },
      isReady: async () => (await this.#ask(management, '/roots/0')).length > 0,
    })
  }

  static async start(options: PebbleOptions = {}): Promise<Pebble> {
    const pebble = new Pebble([await freePort(), await freePort(), await freePort(), await freePort()], options)
    await pebble.#names?.start()
    await pebble.#server.start()
    return pebble
  }

  get directory(): string {
    return `https://127.0.0.1:${this.port}/dir`
  }

  /** For a resolver of the name `le`, without a challenge and a storage. */
  get flags(): readonly string[] {
    const acme = '--certificatesResolvers.le.acme'
    return [`${acme}.caServer=${this.directory}`, `${acme}.caCertificates=${this.trusted}`, `${acme}.keyType=EC256`]
  }

  async stop(): Promise<void> {
    await this.#server.stop()
    await this.#names?.stop()
  }

  /** It keeps nothing. */
  async restart(): Promise<void> {
    await this.#server.stop()
    await this.#server.start()
  }

  /** PEM. @param number 0: the one that signs by default */
  root = (number = 0): Promise<string> => this.#ask(this.managementPort, `/roots/${number}`)

  /** Has the renewal of a certificate suggested. */
  async suggest(certificate: string, start: Date, end: Date): Promise<void> {
    const ariResponse = JSON.stringify({ suggestedWindow: { start: start.toISOString(), end: end.toISOString() } })
    await this.#ask(this.managementPort, '/set-renewal-info/', JSON.stringify({ certificate, ariResponse }))
  }

  #writeFiles(options: PebbleOptions): void {
    const authority = makeCertificate({ subject: cn('authority of the test'), isAuthority: true })
    const server = makeCertificate({ subject: cn('pebble'), dns: ['localhost'], ip: [[127, 0, 0, 1]] }, authority)
    mkdirSync(this.folder, { recursive: true })
    writeFileSync(this.trusted, authority.cert)
    writeFileSync(path.join(this.folder, 'cert.pem'), server.cert)
    writeFileSync(path.join(this.folder, 'key.pem'), server.key)
    const { profiles = { default: 90 * 24 * 3600 }, accountKeys } = options
    const pebble = {
      listenAddress: `127.0.0.1:${this.port}`,
      managementListenAddress: `127.0.0.1:${this.managementPort}`,
      certificate: path.join(this.folder, 'cert.pem'),
      privateKey: path.join(this.folder, 'key.pem'),
      httpPort: options.httpPort ?? 1,
      tlsPort: options.tlsPort ?? 1,
      ocspResponderURL: '',
      externalAccountBindingRequired: accountKeys !== undefined,
      ...(accountKeys === undefined ? {} : { externalAccountMACKeys: accountKeys }),
      domainBlocklist: options.blocked ?? [],
      retryAfter: { authz: 1, order: 1 },
      profiles: Object.fromEntries(
        Object.entries(profiles).map(([name, validityPeriod]) => [name, { description: name, validityPeriod }]),
      ),
    }
    writeFileSync(path.join(this.folder, 'config.json'), JSON.stringify({ pebble }))
  }

  #ask(port: number, target: string, body: string | null = null): Promise<string> {
    return new Promise((resolve, reject) => {
      const asked = request(
        `https://127.0.0.1:${port}${target}`,
        {
          method: body === null ? 'GET' : 'POST',
          rejectUnauthorized: false,
          headers: { 'user-agent': 'test' },
          agent: false as unknown as Agent,
        },
        (answer) => {
          let text = ''
          answer.on('data', (chunk: Buffer) => {
            text += chunk.toString()
          })
          answer.once('end', () =>
            (answer.statusCode ?? 500) < 300
              ? resolve(text)
              : reject(new Error(`${target}: ${answer.statusCode} ${text}`)),
          )
        },
      )
      asked.once('error', reject)
      asked.end(body ?? undefined)
    })
  }
}
