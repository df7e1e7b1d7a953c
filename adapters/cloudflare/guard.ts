import type { Body } from '../../src/http/body.ts'
import type { RequestContext } from '../../src/http/request-context.ts'

/** Ends a wait for a response head at its timeout, and the whole exchange when it is called off. */
export class Guard {
  /** Why it fired; null while it has not. */
  reason: 'timeout' | 'aborted' | null = null
  readonly #controller = new AbortController()
  readonly #timer: ReturnType<typeof setTimeout> | null

  /** @param isComplete content is in memory: a server that lets a time limit run out has had the request */
  constructor(timeoutMs: number, cx: RequestContext, isComplete: boolean) {
    this.#timer = timeoutMs > 0 ? setTimeout(() => this.#fire('timeout'), timeoutMs) : null
    cx.onAbort(() => this.#fire(cx.expired && isComplete ? 'timeout' : 'aborted'))
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What follows the head has no timeout, but may be called off. */
  answered(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  /**
   * Content through the runtime's own stream, which may have a length. The end of a stream that fails would be the end of
   * complete content for the runtime, and so for the server: the exchange is called off first.
   */
  through(content: Body): ReadableStream {
    const { readable, writable } =
      content.length === null ? new IdentityTransformStream() : new FixedLengthStream(content.length)
    ;(content.stream() as ReadableStream).pipeTo(writable, { preventAbort: true }).catch(() => {
      // Where the other end has gone, the server did not want the rest.
      if (writable.getWriter().desiredSize !== null) this.#fire('aborted')
    })
    return readable
  }

  #fire(reason: 'timeout' | 'aborted'): void {
    this.reason ??= reason
    this.#controller.abort()
  }
}
