import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Balancer } from '../../src/engine/balancing/balancer.ts'
import { createHrw } from '../../src/engine/balancing/hrw.ts'
import { createLeastTime } from '../../src/engine/balancing/least-time.ts'
import { createP2c } from '../../src/engine/balancing/p2c.ts'
import { member, randomFrom, type TestMember } from '../engine/balancing/members.ts'

const addresses = Array.from({ length: 200 }, (_, i) => ({ address: `192.0.2.${i}` }))
const names = fc.uniqueArray(fc.webUrl(), { minLength: 2, maxLength: 6 })

describe('highest random weight', () => {
  test('a server that goes takes only its own clients along, and gets them back', () => {
    fc.assert(
      fc.property(names, fc.nat(), (ids, which) => {
        const members = ids.map((id) => member(id))
        const lost = members[which % members.length]!
        const balancer = createHrw(members)
        const before = addresses.map((flow) => balancer.pick(flow))
        lost.up = false
        addresses.forEach((flow, i) => {
          const now = balancer.pick(flow)
          if (before[i] === lost) expect(now).not.toBe(lost)
          else expect(now).toBe(before[i])
        })
        lost.up = true
        expect(addresses.map((flow) => balancer.pick(flow))).toEqual(before)
      }),
    )
  })

  test('who comes in takes clients over and moves no other', () => {
    fc.assert(
      fc.property(names, (ids) => {
        const members = ids.map((id) => member(id))
        const fewer = createHrw(members.slice(1))
        const all = createHrw(members)
        for (const flow of addresses) {
          const now = all.pick(flow)
          if (now !== members[0]) expect(now).toBe(fewer.pick(flow))
        }
      }),
    )
  })

  test('shares follow the weights', () => {
    const members = [member('http://10.0.0.1:80', 3), member('http://10.0.0.2:80', 1)]
    const balancer = createHrw(members)
    let first = 0
    for (let i = 0; i < 4096; i++) {
      if (balancer.pick({ address: `10.${i >> 8}.${i & 255}.7` }) === members[0]) first++
    }
    expect(first / 4096).toBeGreaterThan(0.7)
    expect(first / 4096).toBeLessThan(0.8)
  })
})

/**
 * Requests arrive one a millisecond; each is in flight for its server's time.
 * @returns shares by member, once everybody has answered: before that least time tries whoever it knows nothing of
 */
function simulate(
  balancer: Balancer<TestMember>,
  members: readonly TestMember[],
  times: readonly number[],
  measure: boolean,
) {
  const counts = members.map(() => 0)
  const ends: { at: number; member: TestMember; ms: number }[] = []
  const requests = 2000
  const known = 2 * Math.max(...times)
  for (let now = 0; now < requests; now++) {
    for (let i = ends.length - 1; i >= 0; i--) {
      const end = ends[i]!
      if (end.at > now) continue
      end.member.inFlight--
      if (measure) end.member.latencyMs = end.ms
      ends.splice(i, 1)
    }
    const picked = balancer.pick({ address: '' })!
    const at = members.indexOf(picked)
    if (now >= known) counts[at] = counts[at]! + 1
    picked.inFlight++
    ends.push({ at: now + times[at]!, member: picked, ms: times[at]! })
  }
  return counts.map((count) => count / (requests - known))
}

const servers = fc.integer({ min: 2, max: 5 })
const fastMs = fc.integer({ min: 2, max: 10 })

describe('a slow server', () => {
  test('gets less than its share by power of two choices', () => {
    fc.assert(
      fc.property(servers, fastMs, fc.nat(), (count, ms, seed) => {
        const members = Array.from({ length: count }, (_, i) => member(String(i)))
        const times = members.map((_, i) => (i === 0 ? ms * 20 : ms))
        const shares = simulate(createP2c(members, randomFrom(seed)), members, times, false)
        expect(shares[0]).toBeLessThan(1 / count)
        expect(Math.min(...shares.slice(1))).toBeGreaterThan(shares[0]!)
      }),
      { numRuns: 30 },
    )
  })

  test('gets less than its weight by least time', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 5 })
    fc.assert(
      fc.property(weights, fastMs, (all, ms) => {
        const members = all.map((weight, i) => member(String(i), weight))
        const times = members.map((_, i) => (i === 0 ? ms * 20 : ms))
        const shares = simulate(createLeastTime(members), members, times, true)
        expect(shares[0]).toBeLessThan(all[0]! / all.reduce((sum, weight) => sum + weight))
      }),
      { numRuns: 30 },
    )
  })
})
