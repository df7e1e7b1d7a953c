import { describe, expect, test } from 'vitest'
import { type Body, BytesBody, PushBody } from '../../src/http/body.ts'
import { UpstreamFailure } from '../../src/http/failure.ts'
import { Fields } from '../../src/http/fields.ts'
import { MappedBody } from '../../src/http/mapped-body.ts'
import { ProxyResponse } from '../../src/http/response.ts'
import { cantBeBuilt, followsChildren, notEnabled, tree } from '../support/children.ts'
import { requestOf } from '../support/middleware.ts'
import { ClientContext, one, serviceBench } from '../support/services.ts'

const checked = { healthCheck: { path: '/health' } }

describe('failover by health', () => {
  const services = {
    app: { failover: { service: 'x', fallback: 'y' } },
    x: one('main', checked),
    y: one('spare', checked),
  }

  test('the fallback answers while the main service is down', async () => {
    const bench = serviceBench(services)
    await bench.send()
    bench.setHealth('main', false)
    await bench.send()
    bench.setHealth('main', true)
    await bench.send()
    expect(bench.hosts()).toEqual(['main', 'spare', 'main'])
  })

  test('a fallback that is down answers for itself', async () => {
    const bench = serviceBench(services)
    bench.setHealth('main', false)
    bench.setHealth('spare', false)
    expect((await bench.send()).content).toBe('no available server\n')
  })

  test('unless its state counts', async () => {
    const bench = serviceBench({ ...services, app: { failover: { service: 'x', fallback: 'y', healthCheck: {} } } })
    bench.setHealth('main', false)
    bench.setHealth('spare', false)
    const { status, content } = await bench.send()
    expect([status, content]).toEqual([503, 'Service Unavailable\n'])
  })

  test('by status the main service’s health is followed where there is one', async () => {
    const errors = { status: ['599'] }
    const bench = serviceBench({ ...services, app: { failover: { service: 'x', fallback: 'y', errors } } })
    bench.setHealth('main', false)
    await bench.send()
    expect(bench.hosts()).toEqual(['spare'])
  })
})

describe('failover by status', () => {
  const services = (status: string[], over: object = {}) => ({
    app: { failover: { service: 'x', fallback: 'y', errors: { status, ...over } } },
    x: one('main'),
    y: one('spare'),
  })

  test('nobody outside hears of what becomes of the copies', async () => {
    const bench = serviceBench(services(['500']), { answer: (host) => (host === 'main' ? 500 : 200) })
    const cx = new ClientContext()
    cx.handling.onForward = () => expect.unreachable()
    const told = cx.handling.onForward
    await bench.send({}, cx)
    expect([bench.hosts(), cx.handling.onForward]).toEqual([['main', 'spare'], told])
  })

  test.each([
    [['503'], 503, ['main', 'spare'], 200],
    [['500-504'], 500, ['main', 'spare'], 200],
    [['500-504'], 504, ['main', 'spare'], 200],
    [['500-504'], 499, ['main'], 499],
    [['500-504'], 505, ['main'], 505],
    [['504-500'], 502, ['main'], 502],
    [['404', '500-599'], 404, ['main', 'spare'], 200],
  ])('%j and an answer %i: %j', async (status, given, hosts, final) => {
    const bench = serviceBench(services(status), { answer: (host) => (host === 'main' ? given : 200) })
    expect((await bench.send()).status).toBe(final)
    expect(bench.hosts()).toEqual(hosts)
  })

  test('a server that can’t be reached counts as 502', async () => {
    const failure = new UpstreamFailure('connect', 'unsent', null)
    const bench = serviceBench(services(['502']), { answer: (host) => (host === 'main' ? failure : 200) })
    expect((await bench.send()).headers.get('x-server')).toBe('spare')
  })

  test('the fallback’s answer is final, with fields and status of its own', async () => {
    const bench = serviceBench(services(['500-599']), { answer: (host) => (host === 'main' ? 500 : 503) })
    const response = await bench.send()
    expect([response.status, response.headers.getAll('x-server')]).toEqual([503, ['spare']])
  })

  test('both get the same request', async () => {
    const bench = serviceBench(services(['500']), { answer: (host) => (host === 'main' ? 500 : 200) })
    await bench.send({
      method: 'POST',
      target: '/p?q=1',
      headers: ['X-Req', '1', 'Connection', 'close'],
      body: 'payload',
    })
    const [main, spare] = bench.asked
    expect(spare?.body).toBe('payload')
    expect([main?.body, main?.request.target, main?.request.headers.lines]).toEqual([
      'payload',
      '/p?q=1',
      spare?.request.headers.lines,
    ])
  })

  test.each([
    [4, '1234', 200],
    [4, '12345', 413],
    [0, '', 200],
    [0, '1', 413],
    [-1, '1'.repeat(100_000), 200],
  ])('with a limit of %i', async (maxRequestBodyBytes, body, status) => {
    const bench = serviceBench(services(['500'], { maxRequestBodyBytes }))
    const response = await bench.send({ method: 'POST', body })
    expect(response.status).toBe(status)
    expect(bench.hosts()).toEqual(status === 200 ? ['main'] : [])
    if (status === 413) expect(response.content).toBe('Request body too large\n')
  })

  test('1xx answers of the main service are dropped, those of the fallback pass', async () => {
    const seen: number[] = []
    const cx = new ClientContext()
    cx.handling.informational = (status) => seen.push(status)
    const pass: boolean[] = []
    const bench = serviceBench(services(['500']), {
      answer: (host) => {
        pass.push(cx.handling.informational !== null)
        return host === 'main' ? 500 : 200
      },
    })
    await bench.send({}, cx)
    expect(pass).toEqual([false, true])
  })

  test('a discarded answer goes unread, and its server is no longer in use', async () => {
    let cancelled = false
    const body = {
      length: 3,
      cancel() {
        cancelled = true
      },
    } as unknown as Body
    const bench = serviceBench(
      { ...services(['500']), x: one('main', { strategy: 'p2c' }) },
      { answer: (host) => (host === 'main' ? new ProxyResponse(500, new Fields(), body) : 200) },
    )
    const cx = new ClientContext()
    const mark = cx.beginPart()
    await bench.send({}, cx)
    expect([cancelled, cx.beginPart()]).toEqual([true, mark])
  })

  test('content of unknown length has none in the copies either', async () => {
    const bench = serviceBench(services(['500']), { answer: (host) => (host === 'main' ? 500 : 200) })
    const request = requestOf({ method: 'POST' })
    request.content = new MappedBody(new BytesBody(new TextEncoder().encode('abc')), {
      map: (chunk) => chunk,
      finish: () => new Uint8Array(),
    })
    await bench.snapshot.http.get('web')!.plain(request, new ClientContext())
    expect(bench.asked.map(({ body, request: { content } }) => [body, content?.length])).toEqual([
      ['abc', null],
      ['abc', null],
    ])
  })

  test('a client that breaks off is no bug', async () => {
    class Broken extends PushBody {
      readonly length = null
      readonly trailers = null
      used = false
      override pipe(sink: { fail(reason: unknown): void }) {
        queueMicrotask(() => sink.fail(new Error('gone')))
        return { resume() {}, cancel() {} }
      }
      override cancel() {}
    }
    const bench = serviceBench(services(['500']))
    const request = requestOf({ method: 'POST' })
    request.content = new Broken()
    const response = await bench.snapshot.http.get('web')!.plain(request, new ClientContext())
    expect([response.status, bench.hosts(), bench.logged.filter(({ level }) => level === 'error')]).toEqual([
      499,
      [],
      [],
    ])
  })
})

followsChildren('failover, main', (name) => ({ failover: { service: name, fallback: 'hc' } }))
followsChildren('failover, fallback', (name) => ({ failover: { service: 'hc', fallback: name, healthCheck: {} } }))

const status = (...texts: string[]) => ({ failover: { service: 'hc', fallback: 'hc', errors: { status: texts } } })
const ranges = 'error creating failover service app@file: creating HTTP code ranges: strconv.Atoi: parsing'

cantBeBuilt([
  [{ failover: { service: 'nobody', fallback: 'hc' } }, 'the service "nobody@file" does not exist'],
  [{ failover: { service: 'hc', fallback: 'nobody' } }, 'the service "nobody@file" does not exist'],
  [{ failover: { service: 'hc' } }, 'the service "@file" does not exist'],
  [
    { failover: { service: 'lb', fallback: 'hc', errors: { maxRequestBodyBytes: 5 } } },
    `cannot register lb as updater for app@file: ${notEnabled('WRR')}`,
  ],
  [status('abc'), `${ranges} "abc": invalid syntax`],
  [status('500-'), `${ranges} "": invalid syntax`],
  [status('500-x'), `${ranges} "x": invalid syntax`],
  [status('500', '1000', '0', '504-500', '+500', '500-501-502'), null],
])

describe('health from below', () => {
  test('failover is down only when both are', async () => {
    const bench = serviceBench({
      ...tree,
      app: { weighted: { services: [{ name: 'f' }], healthCheck: {} } },
      f: { failover: { service: 'x', fallback: 'y', healthCheck: {} } },
    })
    bench.setHealth('x', false)
    expect((await bench.send()).status).toBe(200)
    bench.setHealth('y', false)
    expect((await bench.send()).content).toBe('no available server\n')
  })
})
