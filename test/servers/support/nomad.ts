import http, { type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface NomadService {
  readonly ID: string
  readonly ServiceName: string
  readonly Namespace?: string
  readonly NodeID?: string
  readonly Datacenter?: string
  readonly Address?: string
  readonly Port?: number
  readonly Tags?: readonly string[]
}

/** What Nomad answers, as far as providers ask: there is no program of it that may be used here. */
export class ScriptedNomad {
  /** Paths that were asked for, with their queries. */
  readonly asked: string[] = []
  readonly services = new Map<string, NomadService>()
  /** Answers of `GET /v1/job/ID`. */
  readonly jobs = new Map<string, object>()
  /** Answers instead, by path; a function may do what it likes with the answer. */
  readonly faults = new Map<string, (response: ServerResponse) => void>()
  token = ''
  heartbeatMs = 1_000
  readonly #server = http.createServer((request, response) => this.#answer(request, response))
  /** Those that are open, with what keeps them alive. */
  readonly #streams = new Map<ServerResponse, NodeJS.Timeout>()
  #port = 0
  #index = 100

  get address(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    await new Promise<void>((listening) => this.#server.listen(this.#port, '127.0.0.1', listening))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  stop(): Promise<void> {
    for (const timer of this.#streams.values()) clearInterval(timer)
    this.#streams.clear()
    this.#server.closeAllConnections()
    return new Promise((closed) => this.#server.close(() => closed()))
  }

  connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
    )
  }

  get streams(): number {
    return this.#streams.size
  }

  /** Ends every stream in good order. */
  endStreams(): void {
    for (const [stream, timer] of this.#streams) {
      clearInterval(timer)
      stream.end()
    }
    this.#streams.clear()
  }

  register(service: NomadService): void {
    this.services.set(service.ID, service)
    this.#tell('ServiceRegistration', service)
  }

  deregister(id: string): void {
    const service = this.services.get(id)
    this.services.delete(id)
    if (service !== undefined) this.#tell('ServiceDeregistration', service)
  }

  #tell(type: string, service: NomadService): void {
    const event = { Topic: 'Service', Type: type, Key: service.ID, Payload: { Service: service } }
    for (const stream of this.#streams.keys())
      stream.write(`${JSON.stringify({ Index: ++this.#index, Events: [event] })}\n`)
  }

  #answer(request: http.IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://nomad')
    this.asked.push(request.url ?? '')
    const fault = this.faults.get(url.pathname)
    if (fault !== undefined) fault(response)
    else if (this.token !== '' && request.headers['x-nomad-token'] !== this.token) {
      response.writeHead(403).end('Permission denied')
    } else if (url.pathname === '/v1/event/stream') this.#stream(response)
    else {
      const value = this.#valueOf(url)
      if (value === undefined) response.writeHead(404).end('not found')
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
  }

  #valueOf(url: URL): unknown {
    const namespace = url.searchParams.get('namespace') ?? 'default'
    const services = [...this.services.values()].filter(({ Namespace = 'default' }) => Namespace === namespace)
    const [, , kind, name = ''] = url.pathname.split('/').map(decodeURIComponent)
    switch (kind) {
      case 'status':
        return '127.0.0.1:4647'
      case 'services': {
        const names = [...new Set(services.map(({ ServiceName }) => ServiceName))]
        const stubs = names.map((service) => ({
          ServiceName: service,
          Tags: [...new Set(services.filter((one) => one.ServiceName === service).flatMap(({ Tags = [] }) => Tags))],
        }))
        return stubs.length === 0 ? [] : [{ Namespace: namespace, Services: stubs }]
      }
      case 'service': {
        const wanted = /^Tags contains "(.*)"$/.exec(url.searchParams.get('filter') ?? '')?.[1]
        return services.filter(
          ({ ServiceName, Tags = [] }) => ServiceName === name && (wanted === undefined || Tags.includes(wanted)),
        )
      }
      case 'jobs':
        return [...this.jobs.keys()].map((ID) => ({ ID }))
      default:
        return this.jobs.get(name)
    }
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    const timer = setInterval(() => response.write('{}\n'), this.heartbeatMs)
    this.#streams.set(response, timer)
    response.on('close', () => {
      this.#streams.delete(response)
      clearInterval(timer)
    })
  }
}
