import { expect, test } from 'vitest'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { until } from '../support/until.ts'
import { origin, planOf, worker } from './proxy.ts'

const key = await generateSigningKey()

test('time limits of routers, static answers and maintenance, in workerd', async () => {
  let gone = 0
  const server = await origin((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) gone++
    })
    if (request.url === '/fast') response.end('fast')
    if (request.url === '/stall') response.write('part')
    if (request.url === '/up') request.on('data', () => undefined)
  })
  const { url, kv } = await worker({
    SIGNALBOX_PUBLIC_KEYS: key.publicKey,
    SIGNALBOX_REFRESH_MS: '600000',
    SIGNALBOX_LOG_LEVEL: 'panic',
  })
  const plan = await planOf({
    http: {
      routers: {
        limited: {
          rule: 'PathPrefix(`/`)',
          service: 's',
          middlewares: ['again'],
          priority: 1,
          timeouts: { responseHeader: '150ms', total: '300ms' },
        },
        fixed: { rule: 'Path(`/fixed`)', service: 'noop@internal', middlewares: ['fixed'] },
        down: { rule: 'Path(`/down`)', service: 's', middlewares: ['down'] },
      },
      middlewares: {
        again: { retry: { attempts: 3, budget: {} } },
        fixed: { respond: { status: 404, body: 'nothing here', headers: { 'X-Fixed': '1' } } },
        down: { maintenance: { retryAfter: '10m' } },
      },
      services: { s: { loadBalancer: { servers: [{ url: server.url }] } } },
    },
  })
  await publish(kv, plan, key, Date.now())
  const get = (path: string, init?: RequestInit) => fetch(new URL(path, url), init)

  const silent = await get('/silent')
  expect([silent.status, await silent.text()]).toEqual([504, 'Gateway Timeout'])
  await until(
    () => gone,
    (count) => count === 1,
  )
  const upload = await get('/up', { method: 'POST', body: 'x'.repeat(1000) })
  expect([upload.status, await upload.text()]).toEqual([504, 'Gateway Timeout'])
  const fast = await get('/fast')
  expect([fast.status, await fast.text()]).toEqual([200, 'fast'])

  const stall = await get('/stall')
  expect(stall.status).toBe(200)
  await expect(stall.text()).rejects.toThrow()
  await until(
    () => gone,
    (count) => count === 3,
  )

  const fixed = await get('/fixed')
  expect([fixed.status, fixed.headers.get('x-fixed'), await fixed.text()]).toEqual([404, '1', 'nothing here'])
  expect((await get('/fixed', { method: 'HEAD' })).status).toBe(404)
  const down = await get('/down')
  expect([down.status, down.headers.get('retry-after'), down.headers.get('cache-control')]).toEqual([
    503,
    '600',
    'no-store',
  ])
})
