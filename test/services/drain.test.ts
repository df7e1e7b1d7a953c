import { describe, expect, test } from 'vitest'
import { drain as drainServer } from '../../src/runtime/operator-control.ts'
import { randomFrom } from '../engine/balancing/members.ts'
import { ClientContext, one, serviceBench } from '../support/services.ts'

const app = (options: object, ...hosts: string[]) => ({
  app: { loadBalancer: { servers: hosts.map((host) => ({ url: `http://${host}` })), ...options } },
})

type Bench = ReturnType<typeof serviceBench>

const drain = (bench: Bench, host: string, drained = true, service = 'app') =>
  expect(drainServer(bench.operator, `${service}@file`, `http://${host}`, drained)).toBe(true)

async function hosts(bench: Bench, count: number, headers: string[] = []) {
  for (let i = 0; i < count; i++) {
    const cx = new ClientContext({ address: `192.0.2.${i}` })
    await bench.send({ headers }, cx)
    await cx.finish()
  }
  return bench.hosts()
}

describe('a drained server', () => {
  test.each(['wrr', 'p2c', 'hrw', 'leasttime'])(
    'gets no requests from %s, and all of its own later',
    async (strategy) => {
      const bench = serviceBench(app({ strategy }, 'a', 'b', 'c'), { ports: { random: randomFrom(1) } })
      drain(bench, 'a')
      expect(new Set(await hosts(bench, 30))).toEqual(new Set(['b', 'c']))
      drain(bench, 'a', false)
      expect(await hosts(bench, 30)).toContain('a')
    },
  )

  test.each(['wrr', 'p2c', 'leasttime'])('goes on with sessions that name it: %s', async (strategy) => {
    const bench = serviceBench(app({ strategy, sticky: { cookie: {} } }, 'a', 'b'))
    const first = await bench.send()
    const [bound] = bench.hosts()
    const cookie = first.headers.first('set-cookie')!.split(';')[0]!
    drain(bench, bound!)
    expect(new Set(await hosts(bench, 4, ['Cookie', cookie]))).toEqual(new Set([bound]))
    expect(await hosts(bench, 4)).not.toContain(bound)
  })

  test('is shown by its checks all the same', () => {
    const bench = serviceBench(app({ healthCheck: { path: '/' } }, 'a', 'b'))
    drain(bench, 'a')
    const states = () => bench.snapshot.report.services.get('app@file')!.service!.servers!()
    expect(states()).toEqual({ 'http://a': 'UP', 'http://b': 'UP' })
    bench.setHealth('a', false)
    expect(states()).toEqual({ 'http://a': 'DOWN', 'http://b': 'UP' })
  })

  test('catches nothing up when it is back', async () => {
    const bench = serviceBench(app({}, 'a', 'b'))
    drain(bench, 'a')
    await hosts(bench, 10)
    drain(bench, 'a', false)
    expect((await hosts(bench, 10)).filter((host) => host === 'a')).toHaveLength(5)
  })
})

test('when all are drained nobody is available, but sessions go on', async () => {
  const bench = serviceBench(app({ sticky: { cookie: {} } }, 'a', 'b'))
  const cookie = (await bench.send()).headers.first('set-cookie')!.split(';')[0]!
  drain(bench, 'a')
  drain(bench, 'b')
  const refused = await bench.send()
  expect([refused.status, refused.content]).toEqual([503, 'no available server\n'])
  expect((await bench.send({ headers: ['Cookie', cookie] })).status).toBe(200)
})

describe('parents that follow health pass a drained service over', () => {
  const checked = { healthCheck: { path: '/' } }
  const parents = {
    weighted: { weighted: { services: [{ name: 'x' }, { name: 'z' }], healthCheck: {} } },
    highestRandomWeight: { highestRandomWeight: { services: [{ name: 'x' }, { name: 'z' }], healthCheck: {} } },
    failover: { failover: { service: 'x', fallback: 'z' } },
    'weighted over mirroring': { weighted: { services: [{ name: 'm' }, { name: 'z' }], healthCheck: {} } },
  }
  const services = {
    m: { mirroring: { service: 'x', healthCheck: {} } },
    x: {
      loadBalancer: { servers: [{ url: 'http://a' }, { url: 'http://b' }, { url: 'http://c', weight: 0 }], ...checked },
    },
    z: one('z', checked),
  }

  test.each(Object.entries(parents))('%s', async (_, parent) => {
    const bench = serviceBench({ ...services, app: parent })
    expect(new Set(await hosts(bench, 20))).not.toEqual(new Set(['z']))
    drain(bench, 'a', true, 'x')
    expect(new Set(await hosts(bench, 20))).toContain('b')
    // Nothing of health changes here: the drain alone tells.
    drain(bench, 'b', true, 'x')
    expect(new Set(await hosts(bench, 20))).toEqual(new Set(['z']))
    drain(bench, 'b', false, 'x')
    expect(new Set(await hosts(bench, 20))).toContain('b')
  })

  test('one drained and the other down: nobody is left', async () => {
    const bench = serviceBench({ ...services, app: parents.failover })
    drain(bench, 'a', true, 'x')
    bench.setHealth('b', false)
    expect(await hosts(bench, 1)).toEqual(['z'])
    bench.setHealth('b', true)
    expect(await hosts(bench, 1)).toEqual(['b'])
  })

  test('with passive health too', async () => {
    const x = one('a', { ...checked, passiveHealthCheck: { maxFailedAttempts: 5 } })
    const bench = serviceBench({ x, z: one('z'), app: parents.failover })
    expect(await hosts(bench, 1)).toEqual(['a'])
    drain(bench, 'a', true, 'x')
    expect(await hosts(bench, 1)).toEqual(['z'])
  })
})
