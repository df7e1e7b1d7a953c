import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClientContext, one, serviceBench } from '../support/services.ts'

test('after every request a mirror has had its percentage of them, rounded up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 250 }), async (percent, requests) => {
      const bench = serviceBench({
        app: { mirroring: { service: 'x', mirrors: [{ name: 'm', percent }] } },
        x: one('main'),
        m: one('copy'),
      })
      let copies = 0
      for (let n = 1; n <= requests; n++) {
        const cx = new ClientContext()
        await bench.send({}, cx)
        await cx.finish()
        copies += bench.hosts().filter((host) => host === 'copy').length
        expect(copies).toBe(Math.ceil((n * percent) / 100))
      }
    }),
    { numRuns: 15 },
  )
})
