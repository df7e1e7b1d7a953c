import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createWrr } from '../../src/engine/balancing/wrr.ts'
import { limitEjection } from '../../src/services/load-balancer/ejection.ts'
import { type Newcomer, slowStart } from '../../src/services/shared/slow-start.ts'
import { createStickyHash } from '../../src/services/shared/sticky-hash.ts'
import { member, randomFrom } from '../engine/balancing/members.ts'

const weights = (min: number, max: number) =>
  fc.array(fc.integer({ min: 1, max: 9 }), { minLength: min, maxLength: max })

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

test('a drained server leaves the exact shares of the others, before and after', () => {
  fc.assert(
    fc.property(weights(2, 6), fc.nat(), fc.integer({ min: 1, max: 3 }), (all, which, cycles) => {
      const standing = { drained: false }
      const members = all.map((weight, at) => {
        const plain = member(String(at), weight)
        return at !== which % all.length
          ? plain
          : Object.defineProperty(plain, 'fenced', { get: () => standing.drained, configurable: true })
      })
      const balancer = createWrr(members)
      const countsOf = (count: number) => {
        const counts = all.map(() => 0)
        for (let i = 0; i < count; i++) {
          const at = Number(balancer.pick()!.id)
          counts[at] = counts[at]! + 1
        }
        return counts
      }
      expect(countsOf(sum(all))).toEqual(all)
      standing.drained = true
      const left = all.map((weight, at) => (at === which % all.length ? 0 : weight * cycles))
      expect(countsOf(sum(left))).toEqual(left)
      standing.drained = false
      for (const [at, count] of countsOf(sum(all)).entries()) expect(Math.abs(count - all[at]!)).toBeLessThanOrEqual(1)
    }),
  )
})

describe('a slow start', () => {
  class Ramping implements Newcomer {
    held = false
    servingSince = Number.NEGATIVE_INFINITY
    readonly id: string
    readonly weight: number

    constructor(id: string, weight: number) {
      this.id = id
      this.weight = weight
    }

    get fenced(): boolean {
      return this.held
    }

    isUp(): boolean {
      return true
    }
  }

  test('gives at least that part of the share that its time has come for, and no more than that part of the weight would', () => {
    const elapsed = fc.integer({ min: 0, max: 120 })
    fc.assert(
      fc.property(weights(2, 5), elapsed, fc.nat(), (all, percent, seed) => {
        const members = all.map((weight, at) => new Ramping(String(at), weight))
        members[0]!.servingSince = 1_000
        const clock = { now: () => 1_000 + percent * 10 }
        const random = randomFrom(seed)
        const around = slowStart(members, 1_000, { clock: clock as never, random })
        const balancer = around(createWrr(members))
        let got = 0
        for (let i = 0; i < 2_000; i++) {
          if (balancer.pick({ address: '' }) === members[0]) got++
          expect(members.every(({ held }) => !held)).toBe(true)
        }
        const part = Math.min(1, Math.max(0.1, percent / 100))
        const weight = part * all[0]!
        // Five times the deviation of 2,000 draws: fifty cases, run every day, must not fail by chance.
        expect(got / 2_000).toBeGreaterThan(weight / sum(all) - 0.056)
        expect(got / 2_000).toBeLessThan(weight / (weight + sum(all.slice(1))) + 0.056)
      }),
      { numRuns: 50 },
    )
  })
})

describe('a ceiling for ejections', () => {
  interface Patient {
    isHealthy: () => boolean
    isUp: () => boolean
    downSince: number
  }

  test('never leaves more out, and those that went first; with 100 it changes nothing', () => {
    const turns = fc.array(fc.record({ at: fc.nat(), up: fc.boolean() }), { maxLength: 40 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 100 }), turns, (count, percent, events) => {
        const healthy = Array.from({ length: count }, () => true)
        const members = healthy.map((_, at): Patient => {
          const isHealthy = () => healthy[at]!
          return { isHealthy, isUp: isHealthy, downSince: Number.NEGATIVE_INFINITY }
        })
        limitEjection(members, percent)
        const order: number[] = []
        for (const [now, { at: turn, up }] of events.entries()) {
          const at = turn % count
          if (healthy[at] !== up) {
            healthy[at] = up
            members[at]!.downSince = now
            if (up) order.splice(order.indexOf(at), 1)
            else order.push(at)
          }
          const out = members.flatMap((patient, place) => (patient.isUp() ? [] : [place]))
          const places = Math.floor((count * percent) / 100)
          expect(out).toEqual(order.slice(0, places).sort((a, b) => a - b))
          if (percent === 100) expect(members.map((patient) => patient.isUp())).toEqual(healthy)
        }
      }),
    )
  })
})

describe('a sticky hash', () => {
  const names = fc.uniqueArray(fc.webUrl(), { minLength: 2, maxLength: 6 })
  const keys = Array.from({ length: 200 }, (_, at) => `tenant ${at}`)

  test('moves only the keys of whoever goes, and gives them back', () => {
    fc.assert(
      fc.property(names, fc.nat(), (ids, which) => {
        const members = ids.map((id, at) => member(id, 1 + (at % 3)))
        const lost = members[which % members.length]!
        const memberOf = createStickyHash(members)
        const before = keys.map(memberOf)
        lost.up = false
        keys.forEach((key, at) => {
          if (before[at] === lost) expect(memberOf(key)).not.toBe(lost)
          else expect(memberOf(key)).toBe(before[at])
        })
        lost.up = true
        expect(keys.map(memberOf)).toEqual(before)
      }),
    )
  })

  test('takes any value, and spreads by weight however alike names and keys are', () => {
    fc.assert(
      fc.property(weights(2, 5), fc.string(), (all, start) => {
        const members = all.map((weight, at) => member(`http://10.0.0.${at}`, weight))
        const memberOf = createStickyHash(members)
        const counts = all.map(() => 0)
        for (let i = 0; i < 2_000; i++) {
          const at = members.indexOf(memberOf(`${start}${i}`)!)
          counts[at] = counts[at]! + 1
        }
        counts.forEach((count, at) => {
          expect(Math.abs(count / 2_000 - all[at]! / sum(all))).toBeLessThan(0.06)
        })
      }),
      { numRuns: 50 },
    )
  })
})
