import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Candidate } from '../../../src/engine/balancing/balancer.ts'
import { createWrr } from '../../../src/engine/balancing/wrr.ts'

interface Member extends Candidate {
  up: boolean
}

const member = (id: string, weight: number): Member => ({
  id,
  weight,
  fenced: false,
  up: true,
  isUp() {
    return this.up
  },
})

const picks = (balancer: { pick(): Candidate | null }, count: number) =>
  Array.from({ length: count }, () => balancer.pick()?.id ?? '-').join('')

describe('weighted round robin', () => {
  test('spreads picks out', () => {
    expect(picks(createWrr([member('A', 11), member('B', 3)]), 14)).toBe('AAABAAAABAAABA')
  })

  test('passes over members that are down or fenced, and catches nothing up', () => {
    const [a, b] = [member('A', 1), member('B', 1)]
    const balancer = createWrr([a, b])
    b.up = false
    expect(picks(balancer, 4)).toBe('AAAA')
    b.up = true
    const after = picks(balancer, 4)
    expect([...after].filter((id) => id === 'B')).toHaveLength(2)
  })

  test('gives null when nobody is available', () => {
    const fenced: Candidate = { id: 'A', weight: 1, fenced: true, isUp: () => true }
    expect(createWrr([fenced]).pick()).toBeNull()
    expect(createWrr([]).pick()).toBeNull()
  })

  test('shares are exact over every multiple of the sum of the weights', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 3 }), (all, cycles) => {
        const balancer = createWrr(all.map((weight, at) => member(String(at), weight)))
        const counts = new Map<string, number>()
        const total = all.reduce((sum, weight) => sum + weight, 0) * cycles
        for (let i = 0; i < total; i++) {
          const { id } = balancer.pick()!
          counts.set(id, (counts.get(id) ?? 0) + 1)
        }
        expect(all.map((_, at) => counts.get(String(at)))).toEqual(all.map((weight) => weight * cycles))
      }),
    )
  })
})
