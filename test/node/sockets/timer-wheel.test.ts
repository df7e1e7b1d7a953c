import { expect, test, vi } from 'vitest'
import { Timed, TimerWheel } from '../../../adapters/node/sockets/timer-wheel.ts'

class Entry extends Timed {
  readonly fired: number[] = []

  override onDeadline(now: number): void {
    this.fired.push(now)
  }
}

test('deadlines are met once, in time, also when they were moved or lie beyond a turn of the wheel', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  try {
    const wheel = new TimerWheel()
    const start = wheel.now()
    const early = new Entry()
    const late = new Entry()
    const moved = new Entry()
    const taken = new Entry()
    const sooner = new Entry()
    wheel.set(early, start + 250)
    wheel.set(late, start + 300_000)
    wheel.set(moved, start + 200)
    wheel.set(moved, start + 5_000)
    wheel.set(taken, start + 200)
    wheel.set(taken, 0)
    wheel.set(sooner, start + 9_000)
    wheel.set(sooner, start + 1_000)
    vi.advanceTimersByTime(1_200)
    expect(early.fired).toHaveLength(1)
    expect(early.fired[0]! - start).toBeLessThanOrEqual(450)
    expect(early.fired[0]! - start).toBeGreaterThanOrEqual(250)
    expect(sooner.fired).toHaveLength(1)
    expect(moved.fired).toHaveLength(0)
    vi.advanceTimersByTime(4_000)
    expect(moved.fired).toHaveLength(1)
    vi.advanceTimersByTime(294_000)
    expect(late.fired).toHaveLength(0)
    vi.advanceTimersByTime(2_000)
    expect(late.fired).toHaveLength(1)
    expect([early, moved, sooner].map((entry) => entry.fired.length)).toEqual([1, 1, 1])
    expect(taken.fired).toHaveLength(0)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('an entry may set its next deadline, or take others off, when its own is met', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  try {
    const wheel = new TimerWheel()
    const victim = new Entry()
    class Again extends Entry {
      override onDeadline(now: number): void {
        super.onDeadline(now)
        wheel.remove(victim)
        if (this.fired.length < 3) wheel.set(this, now + 150)
      }
    }
    const again = new Again()
    const start = wheel.now()
    wheel.set(victim, start + 150)
    wheel.set(again, start + 150)
    vi.advanceTimersByTime(2_000)
    expect(again.fired).toHaveLength(3)
    expect(victim.fired.length).toBeLessThanOrEqual(1)
  } finally {
    vi.useRealTimers()
  }
})
