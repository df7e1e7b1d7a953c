/** Work that pauses at every `yield`: whoever drives it may let others have a turn there. */
export type Steps<T> = Generator<void, T, void>

/** Longest time of work before everybody else has a turn, in milliseconds. */
const TURN_MS = 8

/** Does all of it. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

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
