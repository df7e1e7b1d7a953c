import { describe, expect, test } from 'vitest'
import { HealthTable } from '../../src/engine/health/table.ts'
import type { LoadBalancerPlan } from '../../src/plan/services.ts'
import { link } from '../../src/runtime/linking/linker.ts'
import { loadAllKinds, loadKinds } from '../../src/runtime/load-kinds.ts'
import { Operator } from '../../src/runtime/operator.ts'
import { drain } from '../../src/runtime/operator-control.ts'
import { wantedKinds } from '../../src/runtime/wanted-kinds.ts'
import { requestOf } from '../support/middleware.ts'
import { planOf } from '../support/plan.ts'
import { fakePorts } from '../support/ports.ts'
import { ClientContext, one } from '../support/services.ts'

const planWith = (services: Readonly<Record<string, unknown>>) =>
  planOf({
    http: { routers: { r: { rule: 'PathPrefix(`/`)', service: 'app', entryPoints: ['web'] } }, services },
  })

describe('what balances is loaded', () => {
  const isAlone = (services: Readonly<Record<string, unknown>>) => wantedKinds(planWith(services)).standsAlone

  test.each([
    ['one server', { app: one('a') }, true],
    ['no server', { app: { loadBalancer: { servers: [] } } }, true],
    ['several servers', { app: one('a', { servers: [{ url: 'http://a' }, { url: 'http://b' }] }) }, false],
    ['a check', { app: one('a', { healthCheck: { path: '/' } }) }, false],
    ['a passive check', { app: one('a', { passiveHealthCheck: { maxFailedAttempts: 2 } }) }, false],
    ['a cookie', { app: one('a', { sticky: { cookie: {} } }) }, false],
    ['upgrades', { app: one('a', { allowedUpgrades: ['websocket'] }) }, false],
    ['a slow start', { app: one('a', { slowStart: '10s' }) }, false],
    ['one of several services', { app: one('a'), b: one('b', { sticky: { cookie: {} } }) }, false],
  ])('%s', (_, services, expected) => {
    expect(isAlone(services)).toBe(expected)
  })
})

test.each([
  ['one server', { app: one('a') }],
  ['no server', { app: { loadBalancer: { servers: [] } } }],
  ['a server without weight', { app: one('a', { servers: [{ url: 'http://a', weight: 0 }] }) }],
  ['p2c', { app: one('a', { strategy: 'p2c' }) }],
])('who stands alone answers as who is balanced: %s', async (_, services) => {
  const plan = planWith(services)
  const answers = []
  const [few, all] = [await loadKinds(wantedKinds(plan)), await loadAllKinds()]
  expect(few.services.loadBalancer).not.toBe(all.services.loadBalancer)
  for (const kinds of [few, all]) {
    const ports = fakePorts()
    const operator = new Operator(ports.clock)
    const snapshot = link(plan, {
      kinds,
      internal: new Map(),
      observer: null,
      ports,
      health: new HealthTable(),
      operator,
    })
    const ask = async () => (await snapshot.http.get('web')!.plain(requestOf({}), new ClientContext())).status
    const before = await ask()
    drain(operator, 'app@file', 'http://a', true)
    const drained = await ask()
    drain(operator, 'app@file', 'http://a', false)
    const service = snapshot.report.services.get('app@file')!.service!
    answers.push([before, drained, await ask(), service.isUp(), service.servers!(), service.unchecked])
  }
  expect(answers[0]).toEqual(answers[1])
  const { servers } = plan.services['app@file']!.config as LoadBalancerPlan
  if (servers.length > 0 && servers[0]!.weight > 0) expect(answers[0]!.slice(0, 3)).toEqual([200, 503, 200])
})
