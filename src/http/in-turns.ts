import type { Steps } from './steps.ts'

/** Longest time of work before everybody else has a turn, in milliseconds. */
const TURN_MS = 8

/**
 * Does all of it between the turns of others.
 * @param now monotonic milliseconds
 */
export async function inTurns<T>(steps: Steps<T>, now: () => number, turn: () => Promise<void>): Promise<T> {
  let since = now()
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    if (now() - since < TURN_MS) continue
    await turn()
    since = now()
  }
}
