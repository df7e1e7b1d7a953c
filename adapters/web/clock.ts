import type { Clock } from '../../src/contracts/ports.ts'

/** Timers take 32 bits; more would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

/** The runtime's own clock and timers. In workerd time stands still while code computes. */
export const runtimeClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  after(ms, task) {
    const timer = setTimeout(task, Math.min(ms, LONGEST_MS))
    return () => clearTimeout(timer)
  },
}
