import { describe, expect, test } from 'vitest'
import { createHrw } from '../../../src/engine/balancing/hrw.ts'
import { createLeastTime } from '../../../src/engine/balancing/least-time.ts'
import { MovingAverage } from '../../../src/engine/balancing/moving-average.ts'
import { createP2c } from '../../../src/engine/balancing/p2c.ts'
import { member } from './members.ts'

const flow = { address: '127.0.0.1' }

describe('highest random weight', () => {
  test.each([
    [['green', 'blue', 'red'], 'green'],
    [['alpha', 'south', 'east', 'west'], 'south'],
  ])('of %j Traefik picks %s for 127.0.0.1', (names, winner) => {
    expect(createHrw(names.map((name) => member(name))).pick(flow)?.id).toBe(winner)
  })

  test('whoever is down or fenced is passed over', () => {
    const members = ['green', 'blue', 'red'].map((name) => member(name))
    members[0]!.up = false
    expect(createHrw(members).pick(flow)?.id).not.toBe('green')
    expect(createHrw([{ ...member('green'), fenced: true }]).pick(flow)).toBeNull()
  })
})

describe('power of two choices', () => {
  const pick = (members: ReturnType<typeof member>[], ...numbers: number[]) =>
    createP2c(members, () => numbers.shift()!).pick(flow)?.id ?? null

  test('takes the one with fewer requests in flight', () => {
    const [a, b, c] = [member('a'), member('b'), member('c')]
    a.inFlight = 2
    b.inFlight = 1
    expect(pick([a, b, c], 0, 0.4)).toBe('b')
    expect(pick([a, b, c], 0.4, 0)).toBe('b')
  })

  test('the first one when both have as many', () => {
    const members = [member('a'), member('b'), member('c')]
    expect([pick(members, 0.99, 0), pick(members, 0, 0.99)]).toEqual(['c', 'a'])
  })

  test('the same number twice means the next one, round the end', () => {
    const [a, b] = [member('a'), member('b')]
    b.inFlight = 1
    expect(pick([a, b], 0.99, 0.99)).toBe('a')
  })

  test('draws among available ones only', () => {
    const [a, b, c] = [member('a'), member('b'), member('c')]
    b.up = false
    c.inFlight = 1
    expect(pick([a, b, c], 0.99, 0)).toBe('a')
    a.up = false
    expect(pick([a, b, c])).toBe('c')
    c.up = false
    expect(pick([a, b, c])).toBeNull()
  })
})

describe('least time', () => {
  test('weighs latency, load and weight', () => {
    const [a, b] = [member('a'), member('b', 2)]
    a.latencyMs = 10
    b.latencyMs = 30
    const balancer = createLeastTime([a, b])
    expect(balancer.pick(flow)?.id).toBe('a')
    a.inFlight = 1
    expect(balancer.pick(flow)?.id).toBe('b')
  })

  test('who has not been measured comes first', () => {
    const [a, b] = [member('a'), member('b')]
    a.latencyMs = 1
    b.inFlight = 100
    expect(createLeastTime([a, b]).pick(flow)?.id).toBe('b')
  })

  test('equal scores are settled by weight', () => {
    const balancer = createLeastTime([member('a', 3), member('b', 1)])
    const picks = Array.from({ length: 8 }, () => balancer.pick(flow)!.id)
      .sort()
      .join('')
    expect(picks).toBe('aaaaaabb')
  })

  test('gives null when nobody is available', () => {
    expect(createLeastTime([{ ...member('a'), fenced: true }]).pick(flow)).toBeNull()
  })
})

test('a moving average forgets what is older than its size', () => {
  const average = new MovingAverage(2)
  expect(average.mean).toBe(0)
  average.add(10)
  expect(average.mean).toBe(10)
  average.add(20)
  average.add(30)
  expect(average.mean).toBe(25)
})
