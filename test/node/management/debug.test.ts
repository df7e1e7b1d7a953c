import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shownCommandLine } from '../../../adapters/node/management/debug/command-line.ts'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'

const routing = 'http: { routers: { api: { rule: "PathPrefix(`/`)", service: "api@internal" } } }\n'
let proxy: TestProxy

beforeAll(async () => {
  proxy = await startProxy(routing, ['--api=true', '--api.debug=true'])
})

afterAll(() => proxy.stop())

const get = async (path: string) => {
  const answer = await fetch(`${proxy.url}/debug/${path}`)
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

/** How much a busy test computes, so that a profile has something to show. */
function spinForProfiles(untilMs: number): number {
  let sum = 0
  while (performance.now() < untilMs) sum += Math.sqrt(sum + 1)
  return sum
}

describe('with api.debug', () => {
  test('numbers of the process', async () => {
    const { status, text } = await get('vars')
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({
      node: process.version,
      memory: { rss: expect.any(Number) },
      eventLoop: { utilization: expect.any(Number) },
    })
  })

  test('an index that links to what there is', async () => {
    const { status, text, headers } = await get('pprof/')
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    for (const name of ['profile', 'heap', 'cmdline']) expect(text).toContain(`href="${name}`)
  })

  test.each(['trace', 'goroutine', 'allocs', 'mutex', 'symbol'])('%s: why there is none', async (name) => {
    const { status, text } = await get(`pprof/${name}`)
    expect(status).toBe(404)
    expect(JSON.parse(text)).toEqual({ message: expect.stringContaining(`no ${name}: `) })
  })

  test.each(['nosuch', 'pprof/nosuch', 'pprof/constructor', 'pprof/profile/', 'vars/'])('404: %s', async (path) => {
    expect((await get(path)).status).toBe(404)
  })

  test('a CPU profile that names functions, while nobody may take another', { timeout: 20_000 }, async () => {
    const taken = get('pprof/profile?seconds=1')
    // The head of the first request is read before that of the second, as both wait for the same thread.
    const second = await get('pprof/heap?seconds=1')
    spinForProfiles(performance.now() + 200)
    const { status, text, headers } = await taken
    expect([status, second.status].sort()).toEqual([200, 409])
    const profile = JSON.parse(status === 200 ? text : second.text) as { nodes?: unknown[]; head?: object }
    expect(profile.nodes ?? profile.head).toBeDefined()
    expect((status === 200 ? headers : second.headers).get('content-disposition')).toMatch(
      /^attachment; filename=\S+\.(?:cpu|heap)profile$/,
    )
    expect(process.execArgv.join(' ')).not.toContain('inspect')
    const inspector = await import('node:inspector')
    expect(inspector.url()).toBeUndefined()
  })

  test('a heap profile holds no contents', { timeout: 20_000 }, async () => {
    const secret = `sesame-${'x'.repeat(40)}-${performance.now()}`
    const kept = Array.from({ length: 2_000 }, (_, at) => `${secret}${at}`)
    const { status, text } = await get('pprof/heap?seconds=1')
    expect([status, kept.length]).toEqual([200, 2_000])
    expect(JSON.parse(text)).toHaveProperty('head')
    expect(text).not.toContain('sesame-')
  })

  test.each(['0', '61', '-1', '1.5', 'x', '1e1'])('seconds=%s is refused', async (seconds) => {
    const { status, text } = await get(`pprof/profile?seconds=${seconds}`)
    expect([status, text]).toEqual([400, '{"message":"seconds must be a whole number from 1 to 60"}\n'])
  })

  test('a profile does not hold up the end', { timeout: 20_000 }, async () => {
    const other = await startProxy(routing, ['--api=true', '--api.debug=true'])
    const taken = fetch(`${other.url}/debug/pprof/profile?seconds=60`)
    // It has begun once nobody else may.
    for (;;) {
      const answer = await fetch(`${other.url}/debug/pprof/profile?seconds=0`)
      await answer.text()
      if (other.logged.some(({ message }) => message.includes('A profile is taken'))) break
    }
    const began = performance.now()
    await other.stop()
    expect((await taken).status).toBe(200)
    expect(performance.now() - began).toBeLessThan(9_000)
  })
})

test('without it there is nothing', async () => {
  const other = await startProxy(routing, ['--api=true'])
  expect((await fetch(`${other.url}/debug/vars`)).status).toBe(404)
  await other.stop()
})

test.each([
  [
    ['run', '--providers.redis.password=sesame'],
    ['run', '--providers.redis.password=******'],
  ],
  [
    ['--metrics.influxdb2.token', 'sesame', '--api'],
    ['--metrics.influxdb2.token', '******', '--api'],
  ],
  [['--providers.http.endpoint=http://u:sesame@a/?k=sesame'], ['--providers.http.endpoint=http://******@a/?k=******']],
  [
    ['--api.insecure', 'routing.yml'],
    ['--api.insecure', 'routing.yml'],
  ],
])('%j is shown as %j', (args, shown) => {
  expect(shownCommandLine(args)).toEqual(shown)
})
