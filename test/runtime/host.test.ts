import { describe, expect, test } from 'vitest'
import { HealthTable } from '../../src/engine/health/table.ts'
import { EMPTY_PLAN } from '../../src/plan/empty.ts'
import { applyInTurns } from '../../src/runtime/apply-in-turns.ts'
import { Host } from '../../src/runtime/host.ts'
import { loadAllKinds } from '../../src/runtime/load-kinds.ts'
import { drain } from '../../src/runtime/operator-control.ts'
import { planOf } from '../support/plan.ts'
import { fakePorts } from '../support/ports.ts'

const parts = { kinds: await loadAllKinds(), internal: new Map(), observer: null }

const routersNamed = (count: number) => ({
  http: {
    routers: Object.fromEntries(
      Array.from({ length: count }, (_, at) => [
        `r${at}`,
        { rule: `Host(\`h${at}.test\`)`, service: 's', entryPoints: ['web'] },
      ]),
    ),
    services: { s: { loadBalancer: { servers: [{ url: 'http://10.0.0.1' }], healthCheck: { path: '/' } } } },
  },
})

describe('Host', () => {
  test('serves nothing before a plan is applied, and nothing after it is closed', () => {
    const health = new HealthTable()
    const host = new Host({ ports: fakePorts(), health })
    expect(host.switch.current.plan).toBe(EMPTY_PLAN)
    host.apply(planOf(routersNamed(1)), parts)
    expect(host.switch.current.http.size).toBeGreaterThan(0)
    host.apply(EMPTY_PLAN)
    expect(host.switch.current.http.size).toBe(0)
  })

  test('keeps the state of servers that stay, and forgets that of others', () => {
    const health = new HealthTable()
    const host = new Host({ ports: fakePorts(), health })
    const { checks, servers } = host.apply(planOf(routersNamed(1)), parts)
    const { service, url } = servers[0]!
    health.set(checks[0]!.key, false)
    drain(host.operator, service, url, true)
    host.apply(planOf(routersNamed(2)), parts)
    expect(health.isUp(checks[0]!.key)).toBe(false)
    expect(host.operator.server(service, url).drained).toBe(true)
    host.apply(EMPTY_PLAN, parts)
    expect(health.isUp(checks[0]!.key)).toBe(true)
    expect(host.operator.server(service, url).drained).toBe(false)
  })

  test('links a large plan between the turns of others, who see the old one until the end', async () => {
    const ports = fakePorts()
    let now = 0
    let turns = 0
    const host = new Host({
      ports: { ...ports, clock: { ...ports.clock, now: () => now++, date: () => new Date(0), after: () => () => {} } },
    })
    const plan = planOf(routersNamed(1_000))
    await applyInTurns(host, plan, parts, async () => {
      turns++
      expect(host.switch.current.plan).toBe(EMPTY_PLAN)
    })
    // The clock goes on by a millisecond for each look at it, and there is a look for each router.
    expect(turns).toBeGreaterThan(100)
    expect(host.switch.current.plan).toBe(plan)
    expect([...host.switch.current.report.routers.values()].every(({ status }) => status === 'enabled')).toBe(true)
  })
})
