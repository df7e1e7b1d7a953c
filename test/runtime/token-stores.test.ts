import { expect, test } from 'vitest'
import { HealthTable } from '../../src/engine/health/table.ts'
import type { RedisPlan } from '../../src/plan/redis.ts'
import { link } from '../../src/runtime/linking/linker.ts'
import { loadAllKinds } from '../../src/runtime/load-kinds.ts'
import { Operator } from '../../src/runtime/operator.ts'
import { planOf } from '../support/plan.ts'
import { fakePorts } from '../support/ports.ts'

const kinds = await loadAllKinds()

const plan = planOf({
  http: {
    routers: {
      limited: { entryPoints: ['web'], rule: 'Path(`/a`)', service: 's@file', middlewares: ['limit@file'] },
      open: { entryPoints: ['web'], rule: 'Path(`/b`)', service: 's@file' },
    },
    middlewares: { limit: { rateLimit: { average: 1, redis: { endpoints: ['redis:6380'], password: 'sesame' } } } },
    services: { s: { loadBalancer: { servers: [{ url: 'http://a' }] } } },
  },
})
const linked = (tokenStores: Parameters<typeof link>[1]['ports']['tokenStores']) =>
  link(plan, {
    kinds,
    ports: { ...fakePorts(), tokenStores },
    health: new HealthTable(),
    operator: new Operator(fakePorts().clock),
    internal: new Map(),
    observer: null,
  })

test('where nothing can be shared, routers that would are closed', () => {
  const { report } = linked(null)
  const reason = 'creating redis limiter: there are no connections to Redis on this platform'
  expect([report.routers.get('limited@file')!.status, report.routers.get('limited@file')!.errors]).toEqual([
    'disabled',
    [reason],
  ])
  expect(report.routers.get('open@file')!.status).toBe('enabled')
})

test('a store is open as long as its snapshot', () => {
  const open = new Set<RedisPlan>()
  const snapshot = linked({
    common: null,
    open(options) {
      open.add(options)
      return { takeTokens: () => ({ granted: true, waitMs: 0 }), close: () => open.delete(options) }
    },
  })
  expect([...open].map(({ endpoints, password }) => [endpoints, password])).toEqual([
    [[{ host: 'redis', port: 6380 }], 'sesame'],
  ])
  snapshot.enter()
  snapshot.retire()
  expect(open.size).toBe(1)
  snapshot.leave()
  expect(open.size).toBe(0)
})
