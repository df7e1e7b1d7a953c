import { expect, onTestFinished, test } from 'vitest'
import { published } from '../support/published.ts'
import { startCells } from './faults/cells.ts'
import { headOfValue, key } from './faults/values.ts'
import { planOf } from './proxy.ts'

const objects = ['ThrowingState', 'HangingState', 'OlderState', 'NewerState'] as const

const limited = (rateLimit: object) =>
  planOf({
    http: {
      routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['limit', 'm'] } },
      services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url: 'http://nobody.test' }] } } },
      middlewares: {
        limit: { rateLimit: { average: 1, period: '1h', burst: 30, ...rateLimit } },
        m: { respond: { status: 200, body: 'good' } },
      },
    },
  })

test('an object that throws, hangs or runs other code keeps nobody waiting', { timeout: 60_000 }, async () => {
  const vars = { SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_LOG_LEVEL: 'panic' }
  const cells = await startCells(
    objects.flatMap((object) => ['local', 'deny'].map((then) => ({ name: `${object}-${then}`, vars, object }))),
  )
  onTestFinished(() => cells.stop())
  const values = {
    local: await published(await limited({}), 1, key),
    deny: await published(await limited({ onStateError: 'deny' }), 1, key),
  }
  const ask = async (name: string) => {
    const start = performance.now()
    const { status } = await fetch(cells.urlOf(name))
    return { status, tookMs: performance.now() - start }
  }
  for (const object of objects) {
    for (const [then, value] of Object.entries(values)) {
      const name = `${object}-${then}`
      await cells.put(name, 'plan', value)
      await cells.put(name, 'plan-head', headOfValue(value))
      const answers = [await ask(name)]
      for (let i = 0; i < 40; i++) answers.push(await ask(name))
      const statuses = answers.map(({ status }) => status)
      // The isolate's own bucket decides, as it does where no object is bound.
      const counted = [...Array(30).fill(200), ...Array(11).fill(429)]
      expect([name, statuses]).toEqual([name, then === 'local' ? counted : Array(41).fill(500)])
      // The first one loads the plan. A busy machine may keep some of the others.
      const times = answers.slice(1).map(({ tookMs }) => tookMs)
      const waited = times.filter((ms) => ms > 200).sort((a, b) => a - b)
      expect(waited[Math.floor(waited.length / 2)] ?? 0, name).toBeLessThan(300)
      expect(Math.max(...times), name).toBeLessThan(1_000)
      // Ten failures open the breaker: nobody waits any more.
      expect(waited.length, name).toBeLessThan(object === 'HangingState' ? 14 : 5)
    }
  }
})
