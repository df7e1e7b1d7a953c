import type { Clock, LogLevel, Ports, TransportSpec } from '../../src/contracts/ports.ts'
import { compileRegexp } from '../../src/engine/matching/regexp/regexp.ts'
import type { UpstreamFailure } from '../../src/http/failure.ts'
import { Fields } from '../../src/http/fields.ts'
import type { MaybePromise } from '../../src/http/maybe-promise.ts'
import type { ProxyRequest } from '../../src/http/request.ts'
import type { RequestContext } from '../../src/http/request-context.ts'
import { ProxyResponse } from '../../src/http/response.ts'

/** Time that only a test moves. */
export class FakeClock implements Clock {
  #now = 1_000
  #tasks: { at: number; task: () => void }[] = []

  now(): number {
    return this.#now
  }

  date(): Date {
    return new Date(Date.UTC(2026, 0, 1) + this.#now)
  }

  after(ms: number, task: () => void): () => void {
    const entry = { at: this.#now + ms, task }
    this.#tasks.push(entry)
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry)
    }
  }

  /** Tasks that wait for their time. */
  get waiting(): number {
    return this.#tasks.length
  }

  /** Moves on and runs what falls due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#tasks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#tasks = this.#tasks.filter((other) => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.task()
    }
    this.#now = end
  }
}

export type Answer = (
  request: ProxyRequest,
  cx: RequestContext,
  spec: TransportSpec,
) => MaybePromise<ProxyResponse | UpstreamFailure>

export interface FakePorts extends Ports {
  readonly clock: FakeClock
  readonly logged: { level: LogLevel; message: string }[]
  /** Transports opened and not closed. */
  readonly open: Set<TransportSpec>
}

/** Ports without a platform: servers answer as the test says, 200 with their host and port by default. */
export function fakePorts(
  answer: Answer = (_, __, { host, port }) => new ProxyResponse(200, new Fields(), `${host}:${port}`),
): FakePorts {
  const open = new Set<TransportSpec>()
  const logged: FakePorts['logged'] = []
  return {
    clock: new FakeClock(),
    logged,
    open,
    hostname: 'gateway',
    random: () => 0.999_999,
    log: { log: (level, message) => logged.push({ level, message }) },
    passwords: { bcrypt: () => false, verified: new Map() },
    codecs: { gunzip: (body) => body, encodings: [], compress: (body) => body },
    grpcHealth: null,
    tokenStores: null,
    compileRegexp,
    transports: {
      open(spec) {
        open.add(spec)
        return { send: (request, cx) => answer(request, cx, spec), close: () => open.delete(spec) }
      },
    },
  }
}
