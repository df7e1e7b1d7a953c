import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pace } from '../../../../adapters/node/providers/kubernetes/pace.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** When it acts, in milliseconds, where changes come at the given times. */
function actsAt(changes: readonly number[], leastMs = 0): readonly number[] {
  const began = performance.now()
  const acts: number[] = []
  const pace = new Pace(leastMs, () => acts.push(Math.round(performance.now() - began)))
  for (const at of changes) setTimeout(() => pace.changed(false), at)
  vi.advanceTimersByTime(5_000)
  return acts
}

test('a change that stays alone after a rest waits for 10 ms', () => {
  expect(actsAt([100])).toEqual([110])
  expect(actsAt([100, 1_000])).toEqual([110, 1_010])
})

test('changes that come together are one, 50 ms after the last', () => {
  expect(actsAt([100, 105, 110])).toEqual([160])
})

test('soon after the last call even one change waits for 50 ms', () => {
  expect(actsAt([100, 200])).toEqual([110, 250])
})

test('changes without end wait for 250 ms', () => {
  const changes = Array.from({ length: 60 }, (_, at) => at * 9)
  expect(actsAt(changes)).toEqual([250, 502, 581])
})

test('calls are as far apart as they are to be', () => {
  expect(actsAt([100, 400, 800], 2_000)).toEqual([110, 2_110])
})
