import os from 'node:os'
import path from 'node:path'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'
import { ServerProcess } from './process.ts'

const PROGRAM = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'signalbox/consul-1.14.11')

/** What `PUT /v1/agent/service/register` takes, as far as tests say it. */
export interface Registration {
  readonly id: string
  readonly name: string
  readonly address?: string
  readonly port?: number
  readonly tags?: readonly string[]
  readonly check?: object
  readonly connect?: object
}

/** A Consul of one agent, that is its own server. */
export class ConsulAgent {
  readonly address: string
  readonly #process: ServerProcess
  readonly #token: string

  private constructor(port: number, process: ServerProcess, token: string) {
    this.address = `127.0.0.1:${port}`
    this.#process = process
    this.#token = token
  }

  /** @param token of a master that may do everything; empty: no rights are asked for */
  static async create(token = ''): Promise<ConsulAgent> {
    const [port, server, lan, wan, grpc] = await Promise.all(Array.from({ length: 5 }, freePort))
    const acl = `acl { enabled = true default_policy = "deny" tokens { initial_management = "${token}" agent = "${token}" } }`
    const consul = new ServerProcess({
      program: PROGRAM,
      args: [
        ...['agent', '-dev', '-node=vm', '-bind=127.0.0.1', '-client=127.0.0.1', `-http-port=${port}`, '-dns-port=-1'],
        ...[`-grpc-port=${grpc}`, '-grpc-tls-port=-1', `-server-port=${server}`],
        ...[`-serf-lan-port=${lan}`, `-serf-wan-port=${wan}`],
        ...(token === '' ? [] : [`-hcl=${acl}`]),
      ],
      isReady: async () => {
        const response = await fetch(`http://127.0.0.1:${port}/v1/status/leader`)
        return response.ok && (await response.json()) !== ''
      },
    })
    return new ConsulAgent(port!, consul, token)
  }

  async start(): Promise<void> {
    await this.#process.start()
    // The agent's own node is there.
    await until(
      async () => Object.keys((await this.call('GET', '/v1/catalog/services')) as object),
      (names) => names.includes('consul'),
    )
  }

  stop(signal?: NodeJS.Signals): Promise<void> {
    return this.#process.stop(signal)
  }

  stall(): void {
    this.#process.stall()
  }

  goOn(): void {
    this.#process.goOn()
  }

  async call(method: 'GET' | 'PUT', where: string, content?: unknown): Promise<unknown> {
    const response = await fetch(`http://${this.address}${where}`, {
      method,
      headers: this.#token === '' ? {} : { 'x-consul-token': this.#token },
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${text}`)
    return text === '' ? null : JSON.parse(text)
  }

  register({ id, name, address = '10.3.0.1', port = 8080, tags = [], check, connect }: Registration): Promise<unknown> {
    return this.call('PUT', '/v1/agent/service/register', {
      ...{ ID: id, Name: name, Address: address, Port: port, Tags: tags },
      ...(check === undefined ? {} : { Check: check }),
      ...(connect === undefined ? {} : { Connect: connect }),
    })
  }

  deregister(id: string): Promise<unknown> {
    return this.call('PUT', `/v1/agent/service/deregister/${id}`)
  }

  /** Sets the state of a check that lives by being told. */
  tell(check: string, status: 'passing' | 'warning' | 'critical'): Promise<unknown> {
    return this.call('PUT', `/v1/agent/check/update/${check}`, { Status: status })
  }
}
