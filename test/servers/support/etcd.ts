import { freePort } from '../../support/free-port.ts'
import type { KvServer } from './kv-contract.ts'
import { ServerProcess, temporaryFolder } from './process.ts'

const PROGRAM = '/usr/bin/etcd'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

export interface EtcdOptions {
  readonly args?: readonly string[]
  /** Of the client address. */
  readonly scheme?: 'http' | 'https'
}

/** A member of etcd that is a cluster of its own; what is written goes through its JSON gateway. */
export class EtcdServer implements KvServer {
  readonly port: number
  readonly #process: ServerProcess
  /** Sent with every request of ours. */
  token = ''

  private constructor(port: number, peerPort: number, { args = [], scheme = 'http' }: EtcdOptions) {
    this.port = port
    const client = `${scheme}://127.0.0.1:${port}`
    const peer = `http://127.0.0.1:${peerPort}`
    this.#process = new ServerProcess({
      program: PROGRAM,
      args: [
        ...['--data-dir', temporaryFolder(), '--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
        ...args,
      ],
      isReady: async () => scheme === 'https' || (await this.revision()) > 0,
    })
  }

  static async create(options: EtcdOptions = {}): Promise<EtcdServer> {
    return new EtcdServer(await freePort(), await freePort(), options)
  }

  get flags(): readonly string[] {
    return [`--providers.etcd.endpoints=127.0.0.1:${this.port}`]
  }

  start = (): Promise<void> => this.#process.start()
  stop = (signal?: NodeJS.Signals): Promise<void> => this.#process.stop(signal)
  stall = (): void => this.#process.stall()
  goOn = (): void => this.#process.goOn()

  async put(pairs: Readonly<Record<string, string>>): Promise<void> {
    for (const [key, text] of Object.entries(pairs)) {
      await this.ask('kv/put', { key: base64(key), value: base64(text) })
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.ask('kv/deleterange', { key: base64(key) })
  }

  async clear(): Promise<void> {
    await this.ask('kv/deleterange', { key: base64('\0'), range_end: base64('\0') })
  }

  async replace(pairs: Readonly<Record<string, string>>): Promise<void> {
    await this.clear()
    await this.put(pairs)
  }

  async revision(): Promise<number> {
    const { header } = await this.ask('kv/range', { key: base64('x') })
    return Number((header as { revision?: string }).revision ?? 0)
  }

  /** Forgets everything before the newest revision. */
  async compact(): Promise<void> {
    await this.ask('kv/compaction', { revision: await this.revision(), physical: true })
  }

  async ask(path: string, message: object): Promise<Record<string, unknown>> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/v3/${path}`, {
      method: 'POST',
      body: JSON.stringify(message),
      headers: this.token === '' ? {} : { authorization: this.token },
    })
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
    return (await answer.json()) as Record<string, unknown>
  }
}
