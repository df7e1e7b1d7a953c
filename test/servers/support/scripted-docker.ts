import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Scripted {
  readonly id: string
  readonly number: number
  readonly labels: Readonly<Record<string, string>>
  status: string
  health: string
}

/**
 * As much of an engine of Docker as its providers ask for, with containers that exist only here, and a count of what
 * was asked.
 */
export class ScriptedDocker {
  /** Requests by method and path, ids and versions left out. */
  readonly asked = new Map<string, number>()
  readonly version: string
  readonly minimum: string
  port = 0
  readonly #containers = new Map<string, Scripted>()
  /** Streams of events, and the actions that they ask for; null: all. */
  readonly #streams = new Map<ServerResponse, readonly string[] | null>()
  #server: Server | null = null
  #listed: string | null = null
  #instead: string | null = null

  /** @param options `version` of the API, `minimum` that is accepted */
  constructor({ version = '1.44', minimum = '1.24' } = {}) {
    this.version = version
    this.minimum = minimum
  }

  async start(port = 0): Promise<void> {
    const server = http.createServer((request, response) => this.#answer(request, response))
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  get endpoint(): string {
    return `tcp://127.0.0.1:${this.port}`
  }

  stop(): void {
    this.#server?.close()
    this.#server?.closeAllConnections()
  }

  idOf(number: number): string {
    return String(number).padStart(64, '0')
  }

  /** Puts a container there, running; tells nobody. */
  put(number: number, labels: Readonly<Record<string, string>> = {}): string {
    const id = this.idOf(number)
    this.#containers.set(id, { id, number, labels, status: 'running', health: '' })
    this.#listed = null
    return id
  }

  change(id: string, what: Partial<Pick<Scripted, 'status' | 'health'>>): void {
    Object.assign(this.#containers.get(id)!, what)
    this.#listed = null
  }

  remove(id: string): void {
    this.#containers.delete(id)
    this.#listed = null
  }

  /** Tells everybody who follows the events. */
  tell(action: string, id: string, attributes: Readonly<Record<string, string>> = {}): void {
    const line = JSON.stringify({
      Type: 'container',
      Action: action,
      status: action,
      id,
      Actor: { ID: id, Attributes: attributes },
    })
    // `health_status: healthy` and `exec_start: curl` go by what stands before the colon.
    const kind = action.split(':', 1)[0]!
    for (const [stream, wanted] of this.#streams) {
      if (wanted === null || wanted.includes(kind)) stream.write(`${line}\n`)
    }
  }

  /** Ends every stream of events. */
  cut(): void {
    for (const stream of this.#streams.keys()) stream.end()
  }

  /** What `GET /containers/ID/json` says of a container. */
  page(number: number): unknown {
    return inspected(this.#containers.get(this.idOf(number))!)
  }

  /** The list of containers is this text; null: it is what there is. */
  answerList(text: string | null): void {
    this.#instead = text
  }

  count(what: string): number {
    return this.asked.get(what) ?? 0
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://docker')
    const [, version, path = ''] = /^(?:\/v([\d.]+))?(\/.*)$/.exec(url.pathname) ?? []
    const key = `${request.method} ${path.replace(/\/[0-9a-f]{64}/, '/ID')}`
    this.asked.set(key, this.count(key) + 1)
    response.setHeader('Api-Version', this.version)
    response.setHeader('Content-Type', 'application/json')
    if (path === '/events') {
      response.flushHeaders()
      const filters = url.searchParams.get('filters')
      this.#streams.set(response, filters === null ? null : actionsOf(JSON.parse(filters).event))
      response.on('close', () => this.#streams.delete(response))
      return
    }
    const [status, value] = this.#said(path, version)
    response.statusCode = status
    response.end(typeof value === 'string' ? value : JSON.stringify(value))
  }

  #said(path: string, version: string | undefined): readonly [status: number, value: unknown] {
    if (path === '/_ping') return [200, '']
    if (version !== undefined && Number(version.split('.')[1]) < Number(this.minimum.split('.')[1])) {
      return [
        400,
        {
          message: `client version ${version} is too old. Minimum supported API version is ${this.minimum}, please upgrade your client to a newer version`,
        },
      ]
    }
    if (path === '/version') return [200, { Version: '29.0.0', ApiVersion: this.version, MinAPIVersion: this.minimum }]
    if (path === '/containers/json') {
      if (this.#instead !== null) return [200, this.#instead]
      this.#listed ??= JSON.stringify([...this.#containers.values()].map(listed))
      return [200, this.#listed]
    }
    const id = /^\/containers\/([^/]+)\/json$/.exec(path)?.[1]
    const container = id === undefined ? undefined : this.#containers.get(id)
    return container === undefined ? [404, { message: 'No such container' }] : [200, inspected(container)]
  }
}

/** A list, or the keys of an object, as Docker's own client writes it; absent: all actions. */
const actionsOf = (event: readonly string[] | Readonly<Record<string, boolean>> | undefined) =>
  event === undefined ? null : Array.isArray(event) ? event : Object.keys(event)

const addressOf = ({ number }: Scripted): string => `10.${100 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`

const networks = (container: Scripted) => ({
  web: {
    IPAddress: addressOf(container),
    GlobalIPv6Address: '',
    NetworkID: 'n'.repeat(64),
    Gateway: '',
    IPPrefixLen: 24,
  },
})

const CREATED = '2026-11-29T10:00:00.123456789Z'

const listed = (container: Scripted) => ({
  Id: container.id,
  Names: [`/c${container.number}`],
  Image: 'demo:1',
  ImageID: `sha256:${'a'.repeat(64)}`,
  Command: '/bin/httpd -f -p 80 -h /www',
  Created: Date.parse(CREATED) / 1000 - 0.123,
  Ports: [{ PrivatePort: 80, Type: 'tcp' }],
  Labels: container.labels,
  State: container.status,
  Status: `Up 3 minutes${container.health === '' ? '' : ` (${container.health === 'starting' ? 'health: starting' : container.health})`}`,
  HostConfig: { NetworkMode: 'web' },
  NetworkSettings: { Networks: networks(container) },
  Mounts: [],
})

const inspected = (container: Scripted) => ({
  Id: container.id,
  Name: `/c${container.number}`,
  Created: CREATED,
  State: {
    Status: container.status,
    Running: container.status === 'running',
    ...(container.health === '' ? {} : { Health: { Status: container.health } }),
  },
  Config: { Labels: container.labels, Image: 'demo:1', Env: ['PATH=/bin'], ExposedPorts: { '80/tcp': {} } },
  HostConfig: { NetworkMode: 'web' },
  NetworkSettings: { Ports: { '80/tcp': null }, Networks: networks(container) },
})
