/** Work that pauses at every `yield`: whoever drives it may let others have a turn there. */
export type Steps<T> = Generator<void, T, void>

/** Does all of it. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
