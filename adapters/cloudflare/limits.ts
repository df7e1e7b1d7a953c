/** A look into KV that takes longer has failed; in ms. */
export const PATIENCE_MS = 3_000

/** A request waits no longer for something to serve, in ms: there is an answer to be sent as well. */
export const WAIT_MS = 2_800

/** Why something failed; what others say ends somewhere. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 300)

/** Resolves after so many milliseconds. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Whether something has ended, well or not, within `ms`: resolves as soon as that is known. */
export function endsWithin(ms: number, coming: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms)
    const end = () => {
      clearTimeout(timer)
      resolve(true)
    }
    coming.then(end, end)
  })
}
