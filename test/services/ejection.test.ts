import { describe, expect, test } from 'vitest'
import { serviceBench } from '../support/services.ts'

const hostsOf = ['a', 'b', 'c', 'd']

const benchOf = (options: object, more: Parameters<typeof serviceBench>[1] = {}) =>
  serviceBench(
    { app: { loadBalancer: { servers: hostsOf.map((host) => ({ url: `http://${host}` })), ...options } } },
    more,
  )

async function asked(bench: ReturnType<typeof serviceBench>, count = 12): Promise<string> {
  for (let i = 0; i < count; i++) await bench.send()
  return [...new Set(bench.hosts())].sort().join('')
}

const check = { healthCheck: { path: '/' } }

describe('a ceiling for ejections', () => {
  test.each([
    [0, 'abcd'],
    [24, 'abcd'],
    [25, 'acd'],
    [50, 'ac'],
    [75, 'c'],
    [99, 'c'],
  ])('of %i %%: b, then d, a and c are down', async (maxEjectionPercent, left) => {
    const bench = benchOf({ ...check, maxEjectionPercent })
    for (const host of ['b', 'd', 'a', 'c']) {
      bench.setHealth(host, false)
      bench.clock.advance(1)
    }
    expect(await asked(bench)).toBe(left)
    expect(bench.snapshot.report.services.get('app@file')!.service!.servers!()).toEqual(
      Object.fromEntries(hostsOf.map((host) => [`http://${host}`, 'DOWN'])),
    )
  })

  test('whoever recovers gives its place to the next one', async () => {
    const bench = benchOf({ ...check, maxEjectionPercent: 25 })
    bench.setHealth('c', false)
    bench.clock.advance(1)
    bench.setHealth('a', false)
    expect(await asked(bench)).toBe('abd')
    bench.setHealth('c', true)
    expect(await asked(bench)).toBe('bcd')
  })

  test('counts passive health too', async () => {
    const failing = new Set(['a', 'b', 'c'])
    const bench = benchOf(
      { passiveHealthCheck: { maxFailedAttempts: 1, failureWindow: '10s' }, maxEjectionPercent: 50 },
      { answer: (host) => (failing.has(host) ? 500 : 200) },
    )
    // The last of several stays where it is, so they take turns by name.
    for (let i = 0; i < 4; i++) {
      await bench.send()
      bench.clock.advance(1)
    }
    bench.hosts()
    expect(await asked(bench)).toBe('cd')
  })

  test('servers without weight do not count', async () => {
    const servers = [
      { url: 'http://a' },
      { url: 'http://b' },
      ...['x', 'y'].map((x) => ({ url: `http://${x}`, weight: 0 })),
    ]
    const bench = serviceBench({ app: { loadBalancer: { servers, ...check, maxEjectionPercent: 50 } } })
    bench.setHealth('a', false)
    bench.setHealth('b', false)
    expect(await asked(bench)).toBe('b')
  })

  test('sessions go on with whoever is kept in, parents see it as up', async () => {
    const bench = serviceBench({
      app: { failover: { service: 'x', fallback: 'z' } },
      x: {
        loadBalancer: {
          servers: [{ url: 'http://a' }, { url: 'http://b' }],
          sticky: { cookie: {} },
          ...check,
          maxEjectionPercent: 50,
        },
      },
      z: { loadBalancer: { servers: [{ url: 'http://z' }] } },
    })
    bench.setHealth('a', false)
    bench.clock.advance(1)
    bench.setHealth('b', false)
    const cookie = (await bench.send()).headers.first('set-cookie')!.split(';')[0]!
    expect(bench.hosts()).toEqual(['b'])
    const again = await bench.send({ headers: ['Cookie', cookie] })
    expect([bench.hosts(), again.headers.has('set-cookie')]).toEqual([['b'], false])
  })

  test.each([
    [-1, ['maxEjectionPercent must be between 0 and 100']],
    [101, ['maxEjectionPercent must be between 0 and 100']],
    [100, []],
  ])('%i', (maxEjectionPercent, errors) => {
    expect(benchOf({ maxEjectionPercent }).errors('app')).toEqual(errors)
  })
})
