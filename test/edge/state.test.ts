import { expect, test } from 'vitest'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
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

test('what operators switch by hand is in KV', async () => {
  const [a, b] = [await echo('a'), await echo('b')]
  const dynamic = everything(a.url, { servers: [{ url: a.url }, { url: b.url }] }, { down: { maintenance: {} } })
  const started = await worker(eager)
  await publish(started.kv, await planOf(dynamic), key, Date.now())
  const look = async (flags: unknown) => {
    await started.kv.put('flags', typeof flags === 'string' ? flags : JSON.stringify(flags))
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
  expect(await look({ drained: [], middlewares: { 'down@file': true } })).toEqual([503])
  expect(await look({ ...none, drained: [] })).toEqual(['a', 'b'])
  // Neither does a plan that is refused.
  await started.kv.put('plan', 'garbage')
  expect(await look({ ...none, drained })).toEqual(['b'])
})
