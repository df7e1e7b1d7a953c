import type { Clock } from '../../contracts/ports.ts'
import type { Body, BodyFlow } from '../../http/body.ts'
import { readAhead } from '../../http/read-ahead.ts'

/** Bytes that are read for nothing, so that a connection can be used again. */
const DRAINED = 65_536

/**
 * All of an answer's content, or why there is none: more than `limit` bytes, or it broke off or took longer than `ms`.
 */
export function readAnswer(
  content: Body,
  limit: number,
  ms: number,
  clock: Clock,
): Promise<Uint8Array | 'too-large' | 'broken'> {
  if (content.length !== null && content.length > limit) {
    content.cancel()
    return Promise.resolve('too-large')
  }
  return new Promise((resolve) => {
    const stop = clock.after(ms, () => {
      content.cancel()
      resolve('broken')
    })
    const done = (bytes: Uint8Array | 'too-large' | 'broken'): void => {
      stop()
      resolve(bytes)
    }
    void Promise.resolve(readAhead(content, limit + 1)).then((ahead) => {
      if (ahead.complete && ahead.size <= limit) return done(ahead.whole())
      ahead.cancel()
      done(ahead.size > limit ? 'too-large' : 'broken')
    })
  })
}

/** Reads content to its end without keeping it, in the background, unless there is much of it. */
export function drain(content: Body): void {
  let size = 0
  let flow: BodyFlow | null = null
  flow = content.pipe({
    write(chunk) {
      size += chunk.byteLength
      if (size <= DRAINED) return true
      flow?.cancel()
      return false
    },
    end() {},
    fail() {},
  })
  if (size > DRAINED) flow.cancel()
}
