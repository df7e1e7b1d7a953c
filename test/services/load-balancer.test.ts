import { describe, expect, test } from 'vitest'
import type { GrpcTarget } from '../../src/contracts/ports.ts'
import { UpstreamFailure } from '../../src/http/failure.ts'
import { cantBeBuilt } from '../support/children.ts'
import { ClientContext, one, serviceBench } from '../support/services.ts'

const balancer = (options: object, ...hosts: string[]) => ({
  app: { loadBalancer: { servers: hosts.map((host) => ({ url: `http://${host}` })), ...options } },
})

function countsOf(hosts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const host of hosts) counts[host] = (counts[host] ?? 0) + 1
  return counts
}

test('a request that no server gets is none of the balancer', async () => {
  const told = async (hosts: string[]) => {
    const cx = new ClientContext()
    const { status } = await serviceBench(balancer({}, ...hosts)).send({}, cx)
    return [status, cx.record.loadBalancer, cx.record.serverUrl]
  }
  expect(await told([])).toEqual([503, '', ''])
  expect(await told(['a'])).toEqual([200, 'app@file', 'http://a'])
})

describe('strategies', () => {
  test('p2c asks whoever has fewer requests in flight, until their exchanges are over', async () => {
    const bench = serviceBench(balancer({ strategy: 'p2c' }, 'a', 'b'))
    const contexts = Array.from({ length: 6 }, () => new ClientContext())
    for (const cx of contexts) await bench.send({}, cx)
    expect(countsOf(bench.hosts())).toEqual({ a: 3, b: 3 })
    // Those of one server end: the next ones are its.
    for (const cx of contexts) if (cx.record.serverUrl === 'http://a') await cx.finish()
    for (let i = 0; i < 3; i++) await bench.send()
    expect(bench.hosts()).toEqual(['a', 'a', 'a'])
  })

  test('p2c does not ask for weights, the others do', async () => {
    const servers = [{ url: 'http://a', weight: 0 }]
    for (const [strategy, status] of [
      ['p2c', 200],
      ['wrr', 503],
      ['hrw', 503],
      ['leasttime', 503],
    ] as const) {
      const bench = serviceBench({ app: { loadBalancer: { strategy, servers } } })
      expect([strategy, (await bench.send()).status]).toEqual([strategy, status])
    }
  })

  test('hrw keeps an address on one server, whatever X-Forwarded-For says', async () => {
    const bench = serviceBench(balancer({ strategy: 'hrw' }, 'a', 'b', 'c'))
    for (let i = 0; i < 8; i++) await bench.send({ headers: ['X-Forwarded-For', `198.51.100.${i}`] })
    expect(new Set(bench.hosts()).size).toBe(1)
    for (let i = 0; i < 64; i++) await bench.send({}, new ClientContext({ address: `192.0.2.${i}` }))
    expect(new Set(bench.hosts()).size).toBe(3)
  })

  test('leasttime prefers the fast server, and does not measure failures', async () => {
    const ms: Record<string, number> = { fast: 10, slow: 150 }
    const bench = serviceBench(balancer({ strategy: 'leasttime' }, 'fast', 'slow'), {
      answer: (host) => {
        bench.clock.advance(ms[host]!)
        return 200
      },
    })
    for (let i = 0; i < 20; i++) {
      const cx = new ClientContext()
      await bench.send({}, cx)
      await cx.finish()
    }
    expect(countsOf(bench.hosts())).toEqual({ fast: 19, slow: 1 })

    const failure = new UpstreamFailure('connect', 'unsent', null)
    const failing = serviceBench(balancer({ strategy: 'leasttime' }, 'a', 'b'), {
      answer: () => {
        failing.clock.advance(5)
        return failure
      },
    })
    for (let i = 0; i < 4; i++) await failing.send()
    expect(countsOf(failing.hosts())).toEqual({ a: 2, b: 2 })
  })

  test.each(['wrr', 'p2c', 'leasttime'])('%s sets a cookie and follows it', async (strategy) => {
    const bench = serviceBench(balancer({ strategy, sticky: { cookie: { name: 'lb' } } }, 'a', 'b', 'c'))
    const first = await bench.send()
    const [cookie] = first.headers.first('set-cookie')!.split(';')
    for (let i = 0; i < 4; i++) {
      expect((await bench.send({ headers: ['Cookie', cookie!] })).headers.has('set-cookie')).toBe(false)
    }
    expect(new Set(bench.hosts()).size).toBe(1)
  })

  test('hrw takes stickiness and does nothing with it', async () => {
    const bench = serviceBench(balancer({ strategy: 'hrw', sticky: { cookie: {} } }, 'a'))
    expect((await bench.send()).headers.has('set-cookie')).toBe(false)
  })
})

describe('passive health', () => {
  const passive = (options: object = {}, over: object = {}) =>
    balancer({ passiveHealthCheck: { maxFailedAttempts: 1, failureWindow: '10s', ...options }, ...over }, 'a')

  const statuses = async (bench: ReturnType<typeof serviceBench>, count: number) => {
    const seen: number[] = []
    for (let i = 0; i < count; i++) seen.push((await bench.send()).status)
    return seen
  }

  test('the failure that reaches the number takes the server out, for the window', async () => {
    const bench = serviceBench(passive({ maxFailedAttempts: 3 }), { answer: () => 500 })
    expect(await statuses(bench, 5)).toEqual([500, 500, 500, 503, 503])
    bench.clock.advance(9_999)
    expect(await statuses(bench, 1)).toEqual([503])
    bench.clock.advance(1)
    expect(await statuses(bench, 4)).toEqual([500, 500, 500, 503])
  })

  test('anything else starts the count anew, and so does time', async () => {
    const given = [500, 404, 500, 200, 500, 500]
    const bench = serviceBench(passive({ maxFailedAttempts: 2 }), { answer: () => given.shift()! })
    expect(await statuses(bench, 7)).toEqual([500, 404, 500, 200, 500, 500, 503])

    const slow = serviceBench(passive({ maxFailedAttempts: 2 }), { answer: () => 500 })
    for (let i = 0; i < 5; i++) {
      expect(await statuses(slow, 1)).toEqual([500])
      slow.clock.advance(10_000)
    }
  })

  test.each([
    ['connect', 502, 503],
    ['timeout', 504, 503],
    ['reset', 502, 503],
    ['tls', 500, 503],
    ['aborted', 499, 499],
  ] as const)('a %s failure: %i, then %i', async (kind, first, second) => {
    const bench = serviceBench(passive(), { answer: () => new UpstreamFailure(kind, 'unsent', null) })
    expect(await statuses(bench, 2)).toEqual([first, second])
  })

  test('what never went to a server says nothing about it', async () => {
    const bench = serviceBench(passive())
    expect((await bench.send({ method: 'CONNECT' })).status).toBe(501)
    expect(await statuses(bench, 1)).toEqual([200])
  })

  test('a scheme that nobody speaks is a failure', async () => {
    const bench = serviceBench({
      app: { loadBalancer: { servers: [{ url: 'ftp://a' }], passiveHealthCheck: { maxFailedAttempts: 1 } } },
    })
    expect(await statuses(bench, 2)).toEqual([500, 503])
  })

  test('no attempts and no window are taken as they are', async () => {
    expect(await statuses(serviceBench(passive({ maxFailedAttempts: 0 }), { answer: () => 500 }), 2)).toEqual([
      500, 503,
    ])
    expect(await statuses(serviceBench(passive({ failureWindow: '0s' }), { answer: () => 500 }), 2)).toEqual([500, 500])
  })

  test('the API goes by active checks alone', async () => {
    const bench = serviceBench(passive(), { answer: () => 500 })
    await bench.send()
    expect(bench.snapshot.report.services.get('app@file')!.service!.servers!()).toEqual({ 'http://a': 'UP' })
  })

  test('with an active check the server comes back when that passes, not before', async () => {
    let status = 500
    const bench = serviceBench(passive({ failureWindow: '1s' }, { healthCheck: { path: '/health', interval: '5s' } }), {
      answer: (_, { target }) => (target === '/health' ? 200 : status),
    })
    expect(await statuses(bench, 2)).toEqual([500, 503])
    status = 200
    bench.clock.advance(4_999)
    await bench.monitor.tick()
    expect(await statuses(bench, 1)).toEqual([503])
    bench.clock.advance(1)
    await bench.monitor.tick()
    expect(await statuses(bench, 1)).toEqual([200])
  })

  test('where checks run elsewhere, time brings it back in the end', async () => {
    const bench = serviceBench(
      passive({ failureWindow: '1s' }, { healthCheck: { path: '/', interval: '5s', timeout: '1s' } }),
      {
        answer: () => 500,
      },
    )
    expect(await statuses(bench, 2)).toEqual([500, 503])
    bench.clock.advance(12_000)
    expect(await statuses(bench, 1)).toEqual([500])
  })
})

describe('checks of mode grpc', () => {
  const services = (options: object = {}) =>
    balancer({ healthCheck: { mode: 'grpc', interval: '1s', ...options } }, 'a:81')

  test.each([
    [{}, { host: 'a', port: 81 }],
    [{ port: 90 }, { host: 'a', port: 90 }],
    [{ scheme: 'h2c' }, { host: 'a', port: 81 }],
    [{ scheme: 'http' }, { host: 'a', port: 81 }],
    [{ scheme: 'https' }, null],
  ])('%j', async (options, target) => {
    const targets: GrpcTarget[] = []
    const grpcHealth = {
      check: async (asked: GrpcTarget) => {
        targets.push(asked)
        return 'NOT_SERVING'
      },
    }
    const bench = serviceBench(services(options), { ports: { grpcHealth } })
    bench.clock.advance(1_000)
    await bench.monitor.tick()
    expect(targets).toEqual(target === null ? [] : [target])
    expect((await bench.send()).status).toBe(503)
  })

  test('where there is no HTTP/2 to servers everything counts as up, with a warning', async () => {
    const bench = serviceBench(services())
    expect(bench.snapshot.checks).toEqual([])
    expect((await bench.send()).status).toBe(200)
    expect(bench.snapshot.report.services.get('app@file')!.status).toBe('warning')
  })
})

describe('thresholds of checks', () => {
  test.each([
    [{ fails: 0 }, 'healthCheck.fails must be at least 1'],
    [{ passes: -1 }, 'healthCheck.passes must be at least 1'],
    [{ fails: 2, passes: 3 }, null],
  ])('%j: %s', (options, reason) => {
    const { errors } = serviceBench(balancer({ healthCheck: { path: '/', ...options } }, 'a'))
    expect(errors('app')).toEqual(reason === null ? [] : [reason])
  })

  test('are part of the key where they are written, and nowhere else', () => {
    const keyOf = (options: object) =>
      serviceBench(balancer({ healthCheck: { path: '/', ...options } }, 'a')).snapshot.checks[0]!.key
    expect(keyOf({})).not.toMatch(/fails|passes/)
    expect(keyOf({ fails: 3 })).toContain('"fails":3')
  })

  test('servers go after so many failures', async () => {
    let status = 500
    const bench = serviceBench(balancer({ healthCheck: { path: '/health', interval: '1s', fails: 2 } }, 'a'), {
      answer: (_, { target }) => (target === '/health' ? status : 200),
    })
    const check = async () => {
      bench.clock.advance(1_000)
      await bench.monitor.tick()
      return (await bench.send()).status
    }
    expect([await check(), await check()]).toEqual([200, 503])
    status = 200
    expect(await check()).toBe(200)
  })
})

test('servers without weight are built, checked and shown, but get nothing', async () => {
  const servers = [{ url: 'http://a' }, { url: 'http://b', weight: 0 }]
  const bench = serviceBench({ app: { loadBalancer: { servers, healthCheck: { path: '/' } } } })
  expect(bench.snapshot.checks.map((check) => check.serverUrl)).toEqual(['http://a', 'http://b'])
  expect(bench.snapshot.report.services.get('app@file')!.service!.servers!()).toEqual({
    'http://a': 'UP',
    'http://b': 'UP',
  })
  for (let i = 0; i < 3; i++) await bench.send()
  expect(bench.hosts()).toEqual(['a', 'a', 'a'])
})

cantBeBuilt([
  [one('a', { strategy: 'P2C' }), 'unsupported load-balancer strategy "P2C"'],
  [one('a', { strategy: '' }), null],
  [
    one('a', { serversTransport: 'nope', healthCheck: { path: '/' } }),
    'error building proxy for server URL http://a: getting RoundTripper: servers transport not found nope@file',
  ],
  [one('a', { strategy: 'hrw', sticky: { cookie: {} } }), null],
])

describe('health from below', () => {
  test('a service without members is up to its parents, and answers for itself', async () => {
    const bench = serviceBench({
      app: { failover: { service: 'x', fallback: 'z' } },
      x: { loadBalancer: { healthCheck: { path: '/' } } },
      z: one('z'),
    })
    expect((await bench.send()).content).toBe('no available server\n')
  })
})
