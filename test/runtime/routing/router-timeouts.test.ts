import { describe, expect, test } from 'vitest'
import { HealthTable } from '../../../src/engine/health/table.ts'
import { type Body, PushBody } from '../../../src/http/body.ts'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import { Fields } from '../../../src/http/fields.ts'
import type { RequestContext } from '../../../src/http/request-context.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import { link } from '../../../src/runtime/linking/linker.ts'
import { loadAllKinds } from '../../../src/runtime/load-kinds.ts'
import { Operator } from '../../../src/runtime/operator.ts'
import { requestOf } from '../../support/middleware.ts'
import { planOf } from '../../support/plan.ts'
import { fakePorts } from '../../support/ports.ts'
import { ClientContext } from '../../support/services.ts'

const kinds = await loadAllKinds()

/** A server that waits until the test lets it answer, and notices when it is called off, as transports do. */
class Server {
  readonly asked: string[] = []
  calledOff = 0
  #answer: ((answer: ProxyResponse | UpstreamFailure) => void) | null = null

  send(host: string, cx: RequestContext): Promise<ProxyResponse | UpstreamFailure> {
    if (cx.aborted) return Promise.resolve(new UpstreamFailure('aborted', 'unsent', null))
    this.asked.push(host)
    cx.onAbort(() => {
      this.calledOff++
      this.#answer?.(new UpstreamFailure(cx.expired ? 'timeout' : 'aborted', 'body-sent', null))
    })
    return new Promise((settle) => {
      this.#answer = settle
    })
  }

  answer(status: number, content: Body | string | null = null): void {
    this.#answer?.(new ProxyResponse(status, new Fields(), content))
    this.#answer = null
  }
}

class EndlessBody extends PushBody {
  readonly length = null
  readonly trailers = null
  used = false
  cancelled = false

  override pipe() {
    this.used = true
    return { resume() {}, cancel() {} }
  }

  override cancel(): void {
    this.cancelled = true
  }
}

/** Routers in front of one server that answers when told to. */
function bench(routers: Record<string, object>, middlewares: Record<string, object> = {}) {
  const server = new Server()
  const ports = fakePorts((_request, cx, { host }) =>
    host === 'page' ? new ProxyResponse(200, new Fields(), 'page') : server.send(host, cx),
  )
  const services = {
    s: { loadBalancer: { servers: [{ url: 'http://app' }] } },
    page: { loadBalancer: { servers: [{ url: 'http://page' }] } },
  }
  const root = { rule: 'PathPrefix(`/`)', entryPoints: ['web'] }
  const all = Object.fromEntries(
    Object.entries(routers).map(([name, router]) => [
      name,
      'parentRefs' in router ? { ...root, entryPoints: undefined, ...router } : { ...root, ...router },
    ]),
  )
  const plan = planOf({
    http: { routers: all, services, ...(Object.keys(middlewares).length === 0 ? {} : { middlewares }) },
  })
  const snapshot = link(plan, {
    kinds,
    ports,
    health: new HealthTable(),
    operator: new Operator(ports.clock),
    internal: new Map(),
    observer: null,
  })
  const handle = snapshot.http.get('web')!.plain
  const send = (cx = new ClientContext()) => ({ cx, answer: Promise.resolve(handle(requestOf(), cx)) })
  return { plan, snapshot, server, send, clock: ports.clock }
}

const settled = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)))

async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await settled()
}

const over = { status: 200, size: 0, requestSize: 0, aborted: false }

describe('responseHeader', () => {
  const limited = { r: { service: 's', timeouts: { responseHeader: '5s' } } }

  test('without an answer in time: 504, and the server is called off', async () => {
    const { send, server, clock } = bench(limited)
    const { answer, cx } = send()
    clock.advance(4_999)
    expect(server.calledOff).toBe(0)
    clock.advance(1)
    const { status, content } = await answer
    expect([status, content, server.calledOff, cx.aborted]).toEqual([504, 'Gateway Timeout', 1, false])
  })

  test('an answer in time has no limit any more', async () => {
    const { send, server, clock } = bench(limited)
    const { answer } = send()
    clock.advance(4_999)
    server.answer(200, new EndlessBody())
    expect((await answer).status).toBe(200)
    clock.advance(60_000)
    expect(server.calledOff).toBe(0)
  })

  test('an answer that comes too late is given up', async () => {
    const { send, clock, server } = bench(
      { r: { ...limited.r, middlewares: ['retry'] } },
      { retry: { retry: { attempts: 3 } } },
    )
    const { answer } = send()
    clock.advance(5_000)
    expect((await answer).status).toBe(504)
    await turns()
    expect(server.asked).toEqual(['app'])
  })

  test('retries and their waits end with it', async () => {
    const retry = { attempts: 9, initialInterval: '4s', status: ['503'] }
    const { send, server, clock } = bench({ r: { ...limited.r, middlewares: ['retry'] } }, { retry: { retry } })
    const { answer } = send()
    clock.advance(1_000)
    server.answer(503)
    await turns()
    clock.advance(4_000)
    expect((await answer).status).toBe(504)
    clock.advance(60_000)
    await turns()
    expect(server.asked).toEqual(['app'])
  })

  test('the client leaves first', async () => {
    const { send, server, clock } = bench(limited)
    const { cx, answer } = send()
    cx.abort()
    expect((await answer).status).toBe(499)
    cx.end({ ...over, status: 499, aborted: true })
    clock.advance(60_000)
    expect(server.calledOff).toBe(1)
  })

  test('a circuit breaker behind it sees a 504', async () => {
    const breaker = { circuitBreaker: { expression: 'NetworkErrorRatio() > 0.5' } }
    const { send, clock } = bench({ r: { ...limited.r, middlewares: ['breaker'] } }, { breaker })
    const first = send()
    clock.advance(5_000)
    expect((await first.answer).status).toBe(504)
    first.cx.end({ ...over, status: 504 })
    await turns()
    expect((await send().answer).status).toBe(503)
  })

  test('an upgraded connection has none', async () => {
    const { send, server, clock } = bench({ r: { service: 's', timeouts: { responseHeader: '5s', total: '6s' } } })
    const { answer, cx } = send()
    server.answer(101)
    expect((await answer).status).toBe(101)
    clock.advance(60_000)
    cx.end({ ...over, status: 101 })
    expect(server.calledOff).toBe(0)
  })
})

describe('total', () => {
  test('before the head: 504', async () => {
    const { send, clock } = bench({ r: { service: 's', timeouts: { responseHeader: '50s', total: '6s' } } })
    const { answer } = send()
    clock.advance(6_000)
    expect((await answer).status).toBe(504)
  })

  test('within the content: the server is called off', async () => {
    const { send, server, clock } = bench({ r: { service: 's', timeouts: { responseHeader: '5s', total: '6s' } } })
    const { answer } = send()
    clock.advance(2_000)
    server.answer(200, new EndlessBody())
    expect((await answer).status).toBe(200)
    clock.advance(3_999)
    expect(server.calledOff).toBe(0)
    clock.advance(1)
    expect(server.calledOff).toBe(1)
  })

  test('an exchange that is over has no timer', async () => {
    const { send, server, clock } = bench({ r: { service: 's', timeouts: { total: '6s' } } })
    const { answer, cx } = send()
    server.answer(200, new EndlessBody())
    await answer
    cx.end(over)
    expect(cx.aborted).toBe(false)
    const before = server.calledOff
    clock.advance(60_000)
    expect(server.calledOff).toBe(before)
  })
})

describe('a tree of routers', () => {
  const parent = (timeouts: object, more: object = {}) => ({ timeouts, ...more })
  const child = (timeouts: object) => ({ parentRefs: ['p'], service: 's', timeouts })

  test.each([
    [{ responseHeader: '2s' }, { responseHeader: '9s' }, 2_000],
    [{ responseHeader: '9s' }, { responseHeader: '2s' }, 2_000],
    [{ total: '3s' }, { responseHeader: '9s' }, 3_000],
  ])('%o over %o', async (outer, inner, ms) => {
    const { send, server, clock } = bench({ p: parent(outer), c: child(inner) })
    const { answer } = send()
    clock.advance(ms - 1)
    expect(server.calledOff).toBe(0)
    clock.advance(1)
    expect((await answer).status).toBe(504)
    expect(server.calledOff).toBe(1)
  })

  test('a parent goes on with the 504 of its child', async () => {
    const errors = { errors: { status: ['504'], service: 'page', query: '/' } }
    const { send, clock } = bench(
      { p: parent({ total: '60s' }, { middlewares: ['errors'] }), c: child({ responseHeader: '2s' }) },
      { errors },
    )
    const { answer } = send()
    clock.advance(2_000)
    const { status, content } = await answer
    expect([status, content]).toEqual([504, 'page'])
  })
})

describe('planned', () => {
  const planned = (timeouts: object) => bench({ r: { service: 's', timeouts } }).plan.routers['r@file']!

  test.each([
    [{ responseHeader: '1500ms' }, { responseHeaderMs: 1_500, totalMs: 0 }],
    [{ total: 3 }, { responseHeaderMs: 0, totalMs: 3_000 }],
    [{ total: '1000h' }, { responseHeaderMs: 0, totalMs: 2 ** 31 - 1 }],
    [{ responseHeader: 0, total: '0s' }, undefined],
  ])('%o', (timeouts, expected) => {
    expect(planned(timeouts).timeouts).toEqual(expected)
  })

  test('a negative one disables the router', () => {
    expect(planned({ total: '-1s' }).errors).toEqual(['negative value not valid for timeouts.total'])
  })

  test('the API shows them as written', () => {
    expect(planned({ total: '90s' }).definition.timeouts).toEqual({ total: '1m30s' })
    expect(bench({ r: { service: 's' } }).plan.routers['r@file']).not.toHaveProperty('timeouts')
  })
})
