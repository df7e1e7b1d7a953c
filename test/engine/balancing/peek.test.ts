import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Balancer } from '../../../src/engine/balancing/balancer.ts'
import { createHrw } from '../../../src/engine/balancing/hrw.ts'
import { createLeastTime } from '../../../src/engine/balancing/least-time.ts'
import { createP2c } from '../../../src/engine/balancing/p2c.ts'
import { createWrr } from '../../../src/engine/balancing/wrr.ts'
import { member, randomFrom, type TestMember } from './members.ts'

const balancers: Readonly<Record<string, (members: readonly TestMember[]) => Balancer<TestMember>>> = {
  wrr: (members) => createWrr(members),
  hrw: createHrw,
  leasttime: createLeastTime,
  p2c: (members) => createP2c(members, randomFrom(1)),
}

const events = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('pick' as const), address: fc.ipV4() }),
    fc.record({ kind: fc.constant('health' as const), at: fc.nat(4), up: fc.boolean() }),
    fc.record({ kind: fc.constant('speed' as const), at: fc.nat(4), latencyMs: fc.nat(3), inFlight: fc.nat(2) }),
  ),
  { maxLength: 60 },
)

describe.each(Object.entries(balancers))('%s', (name, create) => {
  test('whoever a peek names gets the next pick, however often somebody peeks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }), events, (weights, all) => {
        const make = () => weights.map((weight, at) => member(`m${at}`, weight))
        const [peeked, plain] = [make(), make()]
        const [balancer, twin] = [create(peeked), create(plain)]
        for (const event of all) {
          if (event.kind === 'pick') {
            const flow = { address: event.address }
            const named = balancer.peek(flow)
            for (let i = 0; i < 3; i++) expect(balancer.peek(flow)).toBe(named)
            const picked = balancer.pick(flow)
            // Chance is not told beforehand.
            if (named !== undefined) expect(picked).toBe(named)
            expect(picked?.id).toBe(twin.pick(flow)?.id)
            if (name !== 'p2c') expect(named).not.toBeUndefined()
            continue
          }
          for (const members of [peeked, plain]) {
            const one = members[event.at % members.length]!
            if (event.kind === 'health') one.up = event.up
            else Object.assign(one, { latencyMs: event.latencyMs, inFlight: event.inFlight })
          }
        }
      }),
    )
  })
})
