import { describe, expect, test } from 'vitest'
import { drain } from '../../src/runtime/operator-control.ts'
import { randomFrom } from '../engine/balancing/members.ts'
import { ClientContext, serviceBench } from '../support/services.ts'

const app = (options: object = {}) => ({
  app: { loadBalancer: { servers: [{ url: 'http://a' }, { url: 'http://b' }], slowStart: '30s', ...options } },
})

const benchOf = (options: object = {}, more: Parameters<typeof serviceBench>[1] = {}) => {
  const random = randomFrom(7)
  for (let i = 0; i < 10; i++) random()
  return serviceBench(app(options), { ...more, ports: { random } })
}

type Bench = ReturnType<typeof serviceBench>

/** The part of 1000 requests that a server gets. */
async function share(bench: Bench, host: string): Promise<number> {
  for (let i = 0; i < 1000; i++) {
    const cx = new ClientContext()
    await bench.send({}, cx)
    await cx.finish()
  }
  return bench.hosts().filter((asked) => asked === host).length / 1000
}

/** A member with a part of its weight beside one with all of it. */
const shareAt = (part: number) => part / (1 + part)

describe('a server that has come back grows to its share', () => {
  const check = { healthCheck: { path: '/' } }

  test('by active checks, also when nobody asked meanwhile', async () => {
    const bench = benchOf(check)
    expect(await share(bench, 'a')).toBe(0.5)
    bench.setHealth('a', false)
    bench.clock.advance(60_000)
    bench.setHealth('a', true)
    for (const part of [0.1, 0.5, 0.9]) {
      bench.clock.advance(part === 0.1 ? 0 : 15_000 * (part === 0.9 ? 0.8 : 1))
      expect(Math.abs((await share(bench, 'a')) - shareAt(part))).toBeLessThan(0.04)
    }
    bench.clock.advance(3_000)
    expect(await share(bench, 'a')).toBe(0.5)
  })

  test('by passive health, from the end of its window', async () => {
    let status = 500
    const bench = benchOf(
      { passiveHealthCheck: { maxFailedAttempts: 1, failureWindow: '10s' } },
      { answer: (host) => (host === 'a' ? status : 200) },
    )
    await share(bench, 'a')
    status = 200
    bench.clock.advance(25_000)
    expect(Math.abs((await share(bench, 'a')) - shareAt(0.5))).toBeLessThan(0.04)
    bench.clock.advance(15_000)
    expect(await share(bench, 'a')).toBe(0.5)
  })

  test.each([
    ['p2c', 0.02, 0.1],
    ['leasttime', 0.02, 0.1],
  ])('whatever the strategy: %s', async (strategy, low, high) => {
    const bench = benchOf({ ...check, strategy })
    bench.setHealth('a', false)
    bench.setHealth('a', true)
    const got = await share(bench, 'a')
    expect(got).toBeGreaterThan(low)
    expect(got).toBeLessThan(high)
  })

  test('when it is the only one it gets everything', async () => {
    const bench = benchOf(check)
    bench.setHealth('a', false)
    bench.setHealth('a', true)
    bench.setHealth('b', false)
    expect(await share(bench, 'a')).toBe(1)
  })

  test('all of them coming back share as ever', async () => {
    const bench = benchOf(check)
    for (const up of [false, true]) for (const host of ['a', 'b']) bench.setHealth(host, up)
    expect(Math.abs((await share(bench, 'a')) - 0.5)).toBeLessThan(0.04)
  })

  test('sessions are not held back', async () => {
    const bench = benchOf({ ...check, sticky: { cookie: {} } })
    const cookies: Record<string, string> = {}
    for (let i = 0; i < 2; i++) {
      const answer = await bench.send()
      cookies[bench.hosts()[0]!] = answer.headers.first('set-cookie')!.split(';')[0]!
    }
    bench.setHealth('a', false)
    bench.setHealth('a', true)
    for (let i = 0; i < 20; i++) await bench.send({ headers: ['Cookie', cookies.a!] })
    expect(new Set(bench.hosts())).toEqual(new Set(['a']))
  })
})

describe('a server that joins', () => {
  test('starts slowly where the service has been serving, across reloads', async () => {
    const bench = benchOf()
    bench.clock.advance(60_000)
    bench.reload({
      app: { loadBalancer: { servers: ['a', 'b', 'c'].map((host) => ({ url: `http://${host}` })), slowStart: '30s' } },
    })
    const first = await share(bench, 'c')
    expect(Math.abs(first - 0.1 / 2.1)).toBeLessThan(0.03)
    bench.clock.advance(15_000)
    bench.reload(app({ servers: ['b', 'c', 'a'].map((host) => ({ url: `http://${host}` })) }))
    expect(Math.abs((await share(bench, 'c')) - 0.5 / 2.5)).toBeLessThan(0.04)
    bench.clock.advance(15_000)
    expect(Math.abs((await share(bench, 'c')) - 1 / 3)).toBeLessThan(0.002)
  })

  test('and one that is taken back in after a drain', async () => {
    const bench = benchOf()
    drain(bench.operator, 'app@file', 'http://a', true)
    expect(await share(bench, 'a')).toBe(0)
    bench.clock.advance(60_000)
    drain(bench.operator, 'app@file', 'http://a', false)
    expect(Math.abs((await share(bench, 'a')) - shareAt(0.1))).toBeLessThan(0.03)
    bench.clock.advance(30_000)
    expect(await share(bench, 'a')).toBe(0.5)
  })

  test('not where everything is new', async () => {
    expect(await share(benchOf(), 'a')).toBe(0.5)
  })
})

test.each([
  [{ slowStart: '-1s' }, 'slowStart -1s is negative'],
  [
    { strategy: 'hrw' },
    'slowStart does not go with strategy hrw: clients would change servers while one of them starts',
  ],
  [{ strategy: 'hrw', slowStart: '0s' }, null],
])('%j: %s', (options, reason) => {
  expect(serviceBench(app(options)).errors('app')).toEqual(reason === null ? [] : [reason])
})
