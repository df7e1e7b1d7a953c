import type { Ports } from '../../src/contracts/ports.ts'
import { HealthMonitor } from '../../src/engine/health/monitor.ts'
import { HealthTable } from '../../src/engine/health/table.ts'
import { BytesBody } from '../../src/http/body.ts'
import type { UpstreamFailure } from '../../src/http/failure.ts'
import { Fields } from '../../src/http/fields.ts'
import type { MaybePromise } from '../../src/http/maybe-promise.ts'
import type { ProxyRequest } from '../../src/http/request.ts'
import { type Client, RequestContext } from '../../src/http/request-context.ts'
import { ProxyResponse } from '../../src/http/response.ts'
import { link } from '../../src/runtime/linking/linker.ts'
import { loadAllKinds } from '../../src/runtime/load-kinds.ts'
import { Operator } from '../../src/runtime/operator.ts'
import { type RequestSketch, requestOf } from './middleware.ts'
import { planOf } from './plan.ts'
import { fakePorts } from './ports.ts'

const kinds = await loadAllKinds()

/** A client's context that keeps what goes on after its exchange. */
export class ClientContext extends RequestContext {
  readonly tasks: Promise<unknown>[] = []

  constructor(client: Partial<Client> = {}) {
    super('web', { address: '192.0.2.1', port: 4711, tls: null, ...client }, 0)
  }

  override waitUntil(task: Promise<unknown>): void {
    this.tasks.push(task)
  }

  /** Ends the exchange and waits for what goes on afterwards. */
  async finish(aborted = false): Promise<void> {
    this.end({ status: 200, size: 0, requestSize: 0, aborted })
    await Promise.all(this.tasks)
  }
}

/** What a server was asked. */
export interface Asked {
  readonly host: string
  readonly request: ProxyRequest
  readonly body: string | null
}

type ServerAnswer = number | ProxyResponse | UpstreamFailure

export interface ServerOptions {
  /** Answers of servers by host; 200 by default. */
  readonly answer?: (host: string, request: ProxyRequest) => MaybePromise<ServerAnswer>
  readonly ports?: Partial<Ports>
}

/** One server at `http://NAME`. */
export const one = (host: string, options: object = {}) => ({
  loadBalancer: { servers: [{ url: `http://${host}` }], ...options },
})

/** HTTP services, planned and linked; requests go to `app`. */
export function serviceBench(services: Readonly<Record<string, unknown>>, options: ServerOptions = {}) {
  const asked: Asked[] = []
  const fakes = fakePorts((request, _, { host }) => {
    const note = (body: string | null): MaybePromise<ProxyResponse | UpstreamFailure> => {
      asked.push({ host, request, body })
      const answer = options.answer?.(host, request) ?? 200
      return answer instanceof Promise ? answer.then((settled) => replyOf(host, settled)) : replyOf(host, answer)
    }
    return request.content === null ? note(null) : request.text().then(note)
  })
  const ports = { ...fakes, ...options.ports }
  const health = new HealthTable()
  const operator = new Operator(ports.clock)
  const monitor = new HealthMonitor(health, ports.clock, ports.log)
  const linked = (elements: Readonly<Record<string, unknown>>) => {
    const routers = Object.fromEntries(
      Object.keys(elements).map((name) => {
        const rule = name === 'app' ? 'PathPrefix(`/`)' : `Path(\`/only-${name}\`)`
        return [name, { rule, service: name, entryPoints: ['web'] }]
      }),
    )
    const next = link(planOf({ http: { routers, services: elements } }), {
      kinds,
      ports,
      health,
      operator,
      internal: new Map(),
      observer: null,
    })
    monitor.replace(next.checks)
    operator.settle(next.servers)
    return next
  }
  const snapshot = linked(services)
  let handle = snapshot.http.get('web')!.plain

  return {
    asked,
    clock: fakes.clock,
    health,
    monitor,
    operator,
    logged: fakes.logged,
    open: fakes.open,
    snapshot,
    /** Hosts asked since the last call. */
    hosts: () => asked.splice(0).map(({ host }) => host),
    errors: (name: string) => snapshot.report.services.get(`${name}@file`)!.errors,
    /** Takes the servers of a host out, or back in, as active checks do. */
    setHealth(host: string, up: boolean) {
      for (const check of snapshot.checks)
        if (check.serverUrl === `http://${host}`) health.set(check.key, up, 1, fakes.clock.now())
    },
    /** Requests go to the services of another configuration from now on. */
    reload(elements: Readonly<Record<string, unknown>>) {
      handle = linked(elements).http.get('web')!.plain
    },
    async send(sketch: RequestSketch & { body?: string; upgrade?: string } = {}, cx = new ClientContext()) {
      const request = requestOf(sketch)
      if (sketch.body !== undefined) request.content = new BytesBody(new TextEncoder().encode(sketch.body))
      if (sketch.upgrade !== undefined) request.upgrade = sketch.upgrade
      return handle(request, cx)
    },
  }
}

const replyOf = (host: string, answer: ServerAnswer): ProxyResponse | UpstreamFailure =>
  typeof answer === 'number' ? new ProxyResponse(answer, new Fields(['X-Server', host]), host) : answer
