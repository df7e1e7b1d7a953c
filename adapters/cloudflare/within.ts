/** What comes, if it comes within `ms`, else an error that says so; what comes later is nobody's any more. */
export function within<T>(ms: number, coming: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} has not answered within ${ms} ms`)), ms)
    const end = (settle: () => void) => {
      clearTimeout(timer)
      settle()
    }
    coming.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error)),
    )
  })
}
