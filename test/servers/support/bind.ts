import { randomBytes } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { freePort } from '../../support/free-port.ts'
import { ServerProcess, temporaryFolder } from './process.ts'

const PROGRAM = '/usr/sbin/named'

/** BIND with a zone that a key may change. */
export class Bind {
  readonly port: number
  readonly folder: string
  readonly secret = randomBytes(32).toString('base64')
  readonly keyName = 'acme-key'
  readonly zone: string
  readonly #process: ServerProcess

  private constructor(port: number, zone: string, algorithm: string) {
    this.port = port
    this.zone = zone
    this.folder = temporaryFolder()
    writeFileSync(this.keyFile, `key "${this.keyName}" {\n\talgorithm ${algorithm};\n\tsecret "${this.secret}";\n};\n`)
    writeFileSync(
      path.join(this.folder, 'named.conf'),
      `include "${this.keyFile}";
options {
  directory "${this.folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  pid-file "${this.folder}/pid"; session-keyfile "${this.folder}/session.key"; recursion no; dnssec-validation no;
};
controls { };
zone "${zone}" { type master; file "${this.folder}/zone"; allow-update { key "${this.keyName}"; }; };
`,
    )
    writeFileSync(
      path.join(this.folder, 'zone'),
      `$TTL 1
@ IN SOA ns.${zone}. admin.${zone}. 1 60 60 60 1
@ IN NS ns.${zone}.
ns IN A 127.0.0.1
@ IN A 127.0.0.1
* IN A 127.0.0.1
_acme-challenge.alias IN CNAME there.${zone}.
`,
    )
    this.#process = new ServerProcess({
      program: PROGRAM,
      args: ['-g', '-c', path.join(this.folder, 'named.conf'), '-n', '1'],
      isReady: async () => (await this.#resolver().resolveSoa(zone)).serial > 0,
    })
  }

  static async start(zone: string, algorithm = 'hmac-sha256', port?: number): Promise<Bind> {
    const bind = new Bind(port ?? (await freePort()), zone, algorithm)
    await bind.#process.start()
    return bind
  }

  /** As `tsig-keygen` writes it. */
  get keyFile(): string {
    return path.join(this.folder, 'key.conf')
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  stop = (): Promise<void> => this.#process.stop()

  async texts(name: string): Promise<readonly string[]> {
    try {
      return (await this.#resolver().resolveTxt(name)).map((pieces) => pieces.join(''))
    } catch {
      // None.
      return []
    }
  }

  #resolver(): Resolver {
    const resolver = new Resolver({ timeout: 1000, tries: 1 })
    resolver.setServers([this.address])
    return resolver
  }
}
