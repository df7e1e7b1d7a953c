import type { Clock } from '../../contracts/ports.ts'
import type { RequestContext } from '../../http/request-context.ts'

/** Waits, at most until the client leaves; says whether it waited for the whole time (ms). */
export function wait(clock: Clock, ms: number, cx: RequestContext): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = clock.after(ms, () => {
      forget()
      resolve(true)
    })
    const forget = cx.onAbort(() => {
      stop()
      resolve(false)
    })
  })
}
