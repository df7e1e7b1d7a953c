/** A look into KV that takes longer has failed, and nobody waits longer for something to serve; in ms. */
export const PATIENCE_MS = 3_000

/** Why something failed; what others say ends somewhere. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 300)

/** Resolves after so many milliseconds. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Whether something has ended, well or not, within `ms`: resolves as soon as that is known. */
export async function endsWithin(ms: number, coming: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  const end = () => true
  const ended = await Promise.race([coming.then(end, end), late])
  clearTimeout(timer)
  return ended
}

/**
 * What comes, if it comes within `ms`; what comes later is nobody's any more.
 * @throws what it throws, or that it has not come
 */
export async function within<T>(ms: number, coming: Promise<T>, what: string): Promise<T> {
  if (await endsWithin(ms, coming)) return coming
  throw new Error(`${what} has not answered within ${ms} ms`)
}
