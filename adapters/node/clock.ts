import type { Clock } from '../../src/ports/ports.ts'

export const nodeClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  after(ms, task) {
    const timer = setTimeout(task, Math.min(ms, MAX_TIMEOUT_MS))
    return () => clearTimeout(timer)
  },
}

/** `setTimeout` takes 32 bits; more would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1
