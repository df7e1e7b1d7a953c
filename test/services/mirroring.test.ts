import { describe, expect, test } from 'vitest'
import { UpstreamFailure } from '../../src/http/failure.ts'
import { cantBeBuilt, tree } from '../support/children.ts'
import { ClientContext, one, serviceBench } from '../support/services.ts'

const services = (mirroring: object, mirrors: Record<string, number> = { m: 100 }) => ({
  app: {
    mirroring: {
      service: 'x',
      mirrors: Object.entries(mirrors).map(([name, percent]) => ({ name, percent })),
      ...mirroring,
    },
  },
  x: one('main'),
  m: one('copy'),
  n: one('other'),
})

describe('mirroring', () => {
  test.each([
    [{ m: 100 }, 3, { copy: 3 }],
    [{ m: 50 }, 10, { copy: 5 }],
    [{ m: 10 }, 10, { copy: 1 }],
    [{ m: 0 }, 5, {}],
    [{ m: 33 }, 100, { copy: 33 }],
    [{ m: 10, n: 50 }, 10, { copy: 1, other: 5 }],
  ])('%j: of %i requests %j', async (mirrors, requests, expected) => {
    const bench = serviceBench(services({}, mirrors as Record<string, number>))
    const seen: Record<string, number> = {}
    for (let i = 0; i < requests; i++) {
      const cx = new ClientContext()
      await bench.send({}, cx)
      await cx.finish()
      for (const host of bench.hosts()) if (host !== 'main') seen[host] = (seen[host] ?? 0) + 1
    }
    expect(seen).toEqual(expected)
  })

  test.each([true, false])('nobody outside hears of what becomes of the copies (content: %s)', async (mirrorBody) => {
    const bench = serviceBench(services({ mirrorBody }))
    const cx = new ClientContext()
    cx.handling.onForward = () => expect.unreachable()
    await bench.send({}, cx)
    await cx.finish()
    expect(bench.hosts()).toEqual(['main', 'copy'])
  })

  test('gets the first request of each period', async () => {
    const bench = serviceBench(services({}, { m: 50 }))
    const mirrored: boolean[] = []
    for (let i = 0; i < 6; i++) {
      const cx = new ClientContext()
      await bench.send({}, cx)
      await cx.finish()
      mirrored.push(bench.hosts().includes('copy'))
    }
    expect(mirrored).toEqual([true, false, true, false, true, false])
  })

  test('copies go out when the answer is complete, one after the other, as the request was', async () => {
    const bench = serviceBench(services({}, { m: 100, n: 100 }))
    const cx = new ClientContext()
    await bench.send({ method: 'POST', target: '/p?q=1', headers: ['X-Req', '1'], body: 'hello' }, cx)
    expect(bench.asked.map(({ host }) => host)).toEqual(['main'])
    await cx.finish()
    const [main, copy, other] = bench.asked
    expect([main?.host, copy?.host, other?.host]).toEqual(['main', 'copy', 'other'])
    expect(copy?.body).toBe('hello')
    expect([copy?.request.method, copy?.request.target]).toEqual(['POST', '/p?q=1'])
    expect(copy?.request.headers.lines).toEqual(main?.request.headers.lines)
  })

  test('nothing is copied when the client left', async () => {
    const bench = serviceBench(services({}))
    const cx = new ClientContext()
    await bench.send({ method: 'POST', body: 'x' }, cx)
    await cx.finish(true)
    expect(bench.hosts()).toEqual(['main'])
  })

  test.each([
    ['main', 502],
    ['copy', 200],
    ['other', 200],
  ])('whoever fails, the others get it: %s', async (failing, status) => {
    const failure = new UpstreamFailure('connect', 'unsent', null)
    const bench = serviceBench(services({}, { m: 100, n: 100 }), {
      answer: (host) => (host === failing ? failure : 200),
    })
    const cx = new ClientContext()
    expect((await bench.send({}, cx)).status).toBe(status)
    await cx.finish()
    expect(bench.hosts()).toEqual(['main', 'copy', 'other'])
    expect(cx.record.serverUrl).toBe('http://main')
  })

  test.each([
    [{ maxBodySize: 5 }, 'hello', ['main', 'copy'], 'hello'],
    [{ maxBodySize: 4 }, 'hello', ['main'], null],
    [{ maxBodySize: 0 }, 'hello', ['main'], null],
    [{ mirrorBody: false }, 'hello', ['main', 'copy'], null],
    [{ mirrorBody: false, maxBodySize: 1 }, 'hello', ['main', 'copy'], null],
  ])('%j', async (options, body, hosts, copied) => {
    const bench = serviceBench(services(options))
    const cx = new ClientContext()
    await bench.send({ method: 'POST', body }, cx)
    await cx.finish()
    expect(bench.asked.map(({ host }) => host)).toEqual(hosts)
    expect([bench.asked[0]?.body, bench.asked[1]?.body ?? null]).toEqual([body, copied])
  })

  test('a request dropped for its size counts as sent', async () => {
    const bench = serviceBench(services({ maxBodySize: 1 }, { m: 50 }))
    for (const body of ['too long', 'x', 'x', 'x']) {
      const cx = new ClientContext()
      await bench.send({ method: 'POST', body }, cx)
      await cx.finish()
    }
    expect(bench.hosts().filter((host) => host === 'copy')).toHaveLength(1)
  })

  test('upgrades are not copied', async () => {
    const bench = serviceBench(services({}))
    const cx = new ClientContext()
    await bench.send({ upgrade: 'websocket' }, cx)
    await cx.finish()
    expect(bench.hosts()).toEqual(['main'])
  })

  test('a snapshot that was replaced stays open until its copies are sent', async () => {
    let answer: (status: number) => void = () => {}
    const bench = serviceBench(services({}), {
      answer: (host) =>
        host === 'main'
          ? 200
          : new Promise((resolve) => {
              answer = resolve
            }),
    })
    const cx = new ClientContext()
    bench.snapshot.enter()
    cx.lease = bench.snapshot
    await bench.send({}, cx)
    const finished = cx.finish()
    bench.snapshot.retire()
    const openBefore = bench.open.size
    answer(200)
    await finished
    expect([openBefore > 0, bench.open.size]).toEqual([true, 0])
  })

  test('a mirror that hangs costs no more than a bounded number of requests', async () => {
    const bench = serviceBench(services({}), { answer: (host) => (host === 'main' ? 200 : new Promise(() => {})) })
    for (let i = 0; i < 1100; i++) {
      const cx = new ClientContext()
      await bench.send({}, cx)
      void cx.finish()
    }
    expect(bench.hosts().filter((host) => host === 'copy')).toHaveLength(1000)
  })
})

cantBeBuilt([
  [{ mirroring: { service: 'nobody' } }, 'the service "nobody@file" does not exist'],
  [{ mirroring: { service: 'hc', mirrors: [{ name: 'nobody' }] } }, 'the service "nobody@file" does not exist'],
  [{ mirroring: { service: 'hc', mirrors: [{ name: 'lb', percent: 101 }] } }, 'percent must be between 0 and 100'],
  [{ mirroring: { service: 'hc', mirrors: [{ name: 'lb', percent: -1 }] } }, 'percent must be between 0 and 100'],
  [
    { mirroring: { service: 'app' } },
    'could not instantiate service app@file: recursion detected in service:app@file->service:app@file',
  ],
])

describe('health from below', () => {
  test('mirroring is up as long as its main service is', async () => {
    const bench = serviceBench({
      ...tree,
      app: { failover: { service: 'm', fallback: 'z' } },
      m: { mirroring: { service: 'x', mirrors: [{ name: 'y', percent: 0 }], healthCheck: {} } },
    })
    bench.setHealth('y', false)
    await bench.send()
    bench.setHealth('x', false)
    await bench.send()
    expect(bench.hosts()).toEqual(['x', 'z'])
  })
})
