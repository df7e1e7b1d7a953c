import { expect, test } from 'vitest'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { signFlags } from '../../src/plan/flags.ts'
import { command } from './command.ts'
import { temporaryFile } from './files.ts'
import { echo, origin, planOf, worker } from './proxy.ts'

const key = await generateSigningKey()
const vars = { SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_LOG_LEVEL: 'panic' }
const eager = { ...vars, SIGNALBOX_REFRESH_MS: '0' }

const everything = (url: string, loadBalancer: object = {}, middlewares: Record<string, object> = {}) => ({
  http: {
    routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: Object.keys(middlewares) } },
    services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url }], ...loadBalancer } } },
    ...(Object.keys(middlewares).length === 0 ? {} : { middlewares }),
  },
})

test('isolates share a rate limit through the object', async () => {
  const { url: server } = await echo('a')
  const limit = { rateLimit: { average: 1, period: '1h', burst: 5 } }
  for (const [shared, admitted] of [
    [true, 5],
    [false, 10],
  ] as const) {
    const { urls, kv } = await worker(vars, { shared, isolates: 2 })
    await publish(kv, await planOf(everything(server, {}, { limit })), key, Date.now())
    const statuses: number[] = []
    for (let i = 0; i < 20; i++) statuses.push((await fetch(urls[i % 2]!)).status)
    expect([shared, statuses.filter((status) => status === 200).length]).toEqual([shared, admitted])
    expect(statuses.at(-1)).toBe(429)
  }
})

test('the object checks servers without a scheduled run, and isolates hear of it', async () => {
  let healthy = true
  let checks = 0
  const { url: server } = await origin((request, response) => {
    if (request.url === '/health') checks++
    response.statusCode = request.url === '/health' && !healthy ? 500 : 200
    response.end()
  })
  const { urls, kv } = await worker(vars, { shared: true, isolates: 2 })
  const plan = await planOf(everything(server, { healthCheck: { path: '/health', interval: '1s' } }))
  await publish(kv, plan, key, Date.now())
  const statuses = () => Promise.all(urls.map(async (url) => (await fetch(url)).status))
  expect(await statuses()).toEqual([200, 200])
  await expect.poll(() => checks, { timeout: 10_000 }).toBeGreaterThan(1)
  for (const [state, status] of [
    [false, 503],
    [true, 200],
  ] as const) {
    healthy = state
    await expect.poll(statuses, { timeout: 15_000 }).toEqual([status, status])
  }
})

test('a scheduled run begins the checks of the object, and does not check itself', async () => {
  let checks = 0
  const { url: server } = await origin((_request, response) => {
    checks++
    response.end()
  })
  const started = await worker(vars, { shared: true })
  const plan = await planOf(everything(server, { healthCheck: { path: '/health', interval: '1h' } }))
  await publish(started.kv, plan, key, Date.now())
  await started.runScheduled()
  await expect.poll(() => checks, { timeout: 10_000 }).toBe(1)
  await started.runScheduled()
  expect(checks).toBe(1)
})

test('thresholds hold from one scheduled run to the next, in whatever isolate', async () => {
  const { url: server } = await origin((request, response) => {
    response.statusCode = request.url === '/health' ? 500 : 200
    response.end()
  })
  const plan = await planOf(everything(server, { healthCheck: { path: '/health', interval: '30s', fails: 2 } }))
  let health: string | null = null
  for (const status of [200, 503]) {
    const started = await worker(eager)
    await publish(started.kv, plan, key, Date.now())
    if (health !== null) await started.kv.put('health', health)
    await started.runScheduled()
    expect((await fetch(started.url)).status).toBe(status)
    health = Buffer.from((await started.kv.get('health'))!).toString()
  }
})

test('what a run finds counts where the worker has sealed it, and nothing else does', async () => {
  const { url: server } = await origin((request, response) => {
    response.statusCode = request.url === '/health' ? 500 : 200
    response.end()
  })
  const plan = await planOf(everything(server, { healthCheck: { path: '/health', interval: '30s' } }))
  const sealed = { ...eager, SIGNALBOX_HEALTH_SECRET: 'a text that nobody can guess', SIGNALBOX_AUDIENCE: 'shop' }
  const run = await worker(sealed)
  await publish(run.kv, plan, key, Date.now(), { audience: 'shop' })
  await run.runScheduled()
  const line = Buffer.from((await run.kv.get('health'))!).toString()
  expect(line).toMatch(/^signalbox-health\/1 /)
  const bare = line.slice(line.indexOf('{'))

  /** What an isolate that has just started answers, with this in KV. */
  const answer = async (health: string, more: Readonly<Record<string, string>> = {}) => {
    const env = { ...sealed, ...more }
    const started = await worker(env)
    await publish(started.kv, plan, key, Date.now(), { audience: env.SIGNALBOX_AUDIENCE })
    await started.kv.put('health', health)
    const { status } = await fetch(started.url)
    await started.stop()
    return status
  }
  expect(await answer(line)).toBe(503)
  expect(await answer(bare)).toBe(200)
  expect(await answer(line.replace('"checkedAt":1', '"checkedAt":2'))).toBe(200)
  expect(await answer(line.slice(0, -20))).toBe(200)
  expect(await answer(line, { SIGNALBOX_HEALTH_SECRET: 'another' })).toBe(200)
  expect(await answer(line, { SIGNALBOX_AUDIENCE: 'shop/staging' })).toBe(200)
  // Without a secret it is as anybody writes it.
  expect(await answer(bare, { SIGNALBOX_HEALTH_SECRET: '' })).toBe(503)
  expect(await answer(line, { SIGNALBOX_HEALTH_SECRET: '' })).toBe(200)
})

test('check says what a worker with health checks needs', async () => {
  const check = async (loadBalancer: object) => {
    const file = temporaryFile('dynamic.yml', JSON.stringify(everything('http://a.test', loadBalancer)))
    return (await command(['check', '--target', 'edge', file])).stdout
  }
  const named = 'no secret SIGNALBOX_HEALTH_SECRET'
  expect(await check({ healthCheck: { path: '/up', interval: '2m' } })).toContain(named)
  expect(await check({})).not.toContain(named)
})

test('what operators switch by hand is in KV', async () => {
  const [a, b] = [await echo('a'), await echo('b')]
  const dynamic = everything(a.url, { servers: [{ url: a.url }, { url: b.url }] }, { down: { maintenance: {} } })
  const started = await worker(eager)
  await publish(started.kv, await planOf(dynamic), key, Date.now())
  let time = Date.now() - 1000
  const look = async (flags: unknown, more: { readonly time?: number; readonly audience?: string } = {}) => {
    const line = await signFlags({ audience: '', time: ++time, state: flags, ...more }, key)
    await started.kv.put('flags', typeof flags === 'string' ? flags : line)
    // The run makes the isolate read KV now.
    await started.runScheduled()
    const answers = await Promise.all(Array.from({ length: 4 }, () => fetch(started.url)))
    return [...new Set(answers.map((answer) => answer.headers.get('x-origin') ?? answer.status))].sort()
  }
  const drained = [{ service: 's@file', url: a.url }]
  const none = { middlewares: { 'down@file': false } }
  expect(await look(none)).toEqual(['a', 'b'])
  expect(await look({ ...none, drained })).toEqual(['b'])
  // What is malformed changes nothing.
  for (const bad of ['{', '[]', { drained: [{}] }, { middlewares: { 'down@file': 'no' } }]) {
    expect([bad, await look(bad)]).toEqual([bad, ['b']])
  }
  // Nor does what is older, of the future, for another worker, not signed, signed by others, or no longer there.
  for (const more of [{ time: time - 5 }, { time: Date.now() + 3_600_000 }, { audience: 'other' }]) {
    expect([more, await look(none, more)]).toEqual([more, ['b']])
  }
  const line = await signFlags({ audience: '', time: Date.now(), state: none }, await generateSigningKey())
  for (const text of [JSON.stringify(none), line, line.slice(0, -9), '']) {
    expect([text, await look(text)]).toEqual([text, ['b']])
  }
  await started.kv.delete('flags')
  await started.runScheduled()
  expect((await fetch(started.url)).headers.get('x-origin')).toBe('b')
  expect(await look({ drained: [], middlewares: { 'down@file': true } })).toEqual([503])
  expect(await look({ ...none, drained: [] })).toEqual(['a', 'b'])
  // Neither does a plan that is refused.
  await started.kv.put('plan', 'garbage')
  expect(await look({ ...none, drained })).toEqual(['b'])
})
