import { writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { freePort } from '../../support/free-port.ts'
import type { KvServer } from './kv-contract.ts'
import { ServerProcess, temporaryFolder } from './process.ts'

const CACHE = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache')
const PROGRAM = path.join(CACHE, 'signalbox', 'consul-1.14.11')

export interface ConsulServerOptions {
  /** Of its configuration file. */
  readonly config?: object
  /** With which we write. */
  readonly token?: string
}

/** A Consul server that is a datacenter of its own, with a folder. */
export class ConsulServer implements KvServer {
  readonly port: number
  readonly #process: ServerProcess
  readonly #token: string

  private constructor([port, server, serf, wan]: readonly number[], { config = {}, token = '' }: ConsulServerOptions) {
    this.port = port!
    this.#token = token
    const folder = temporaryFolder()
    const file = path.join(folder, 'consul.json')
    const ports = { http: port, dns: -1, grpc: -1, grpc_tls: -1, server, serf_lan: serf, serf_wan: wan }
    const performance = { raft_multiplier: 1 }
    writeFileSync(
      file,
      JSON.stringify({ server: true, bootstrap_expect: 1, performance, ports, leave_on_terminate: false, ...config }),
    )
    this.#process = new ServerProcess({
      program: PROGRAM,
      args: [
        ...['agent', '-bind=127.0.0.1', '-client=127.0.0.1', `-data-dir=${folder}/data`, `-config-file=${file}`],
        ...['-log-level=warn', '-node=test', '-disable-host-node-id'],
      ],
      isReady: async () => (await this.ask('GET', 'kv/x?consistent')).status === 404,
    })
  }

  static async create(options: ConsulServerOptions = {}): Promise<ConsulServer> {
    const ports = await Promise.all(Array.from({ length: 4 }, freePort))
    return new ConsulServer(ports, options)
  }

  get flags(): readonly string[] {
    return [`--providers.consul.endpoints=127.0.0.1:${this.port}`]
  }

  start = (): Promise<void> => this.#process.start()
  stop = (signal?: NodeJS.Signals): Promise<void> => this.#process.stop(signal)
  stall = (): void => this.#process.stall()
  goOn = (): void => this.#process.goOn()

  async put(pairs: Readonly<Record<string, string>>): Promise<void> {
    // One after the other takes longer than what is written together may take.
    await Promise.all(Object.entries(pairs).map(([key, text]) => this.must('PUT', `kv/${key}`, text)))
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.must('DELETE', `kv/${key}`)
  }

  async clear(): Promise<void> {
    await this.must('DELETE', 'kv/traefik?recurse')
  }

  async replace(pairs: Readonly<Record<string, string>>): Promise<void> {
    await this.clear()
    await this.put(pairs)
  }

  async must(method: string, target: string, body?: string): Promise<unknown> {
    const answer = await this.ask(method, target, body)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${target}: ${answer.status} ${text}`)
    return JSON.parse(text)
  }

  ask(method: string, target: string, body?: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}/v1/${target}`, {
      method,
      headers: this.#token === '' ? {} : { 'x-consul-token': this.#token },
      ...(body === undefined ? {} : { body }),
    })
  }
}
