import type { Body } from '../../src/http/body.ts'
import { type FailureKind, type FailureProgress, UpstreamFailure } from '../../src/http/failure.ts'
import type { RequestContext } from '../../src/http/request-context.ts'
import { EdgeContext } from './bridge/edge-context.ts'

/** Ends a wait for a response head at its timeout, and the whole exchange when it is called off. */
export class Guard {
  /** Why it fired; null while it has not. */
  reason: 'timeout' | 'aborted' | null = null
  readonly #controller = new AbortController()
  readonly #timeoutMs: number
  #timer: ReturnType<typeof setTimeout> | null = null
  #isAnswered = false

  /**
   * @param timeoutMs from the end of the content on, as in Go; 0: no limit
   * @param isComplete content is in memory: a server that lets a time limit run out has had the request
   */
  constructor(timeoutMs: number, cx: RequestContext, isComplete: boolean) {
    this.#timeoutMs = timeoutMs
    if (isComplete) this.#startTimer()
    cx.onAbort(() => this.#fire(cx.expired && isComplete ? 'timeout' : 'aborted'))
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What follows the head has no timeout, but may be called off. */
  answered(): void {
    this.#isAnswered = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  /**
   * Content through the runtime's own stream, which may have a length. The end of a stream that fails would be the end of
   * complete content for the runtime, and so for the server: the exchange is called off first.
   */
  through(content: Body): ReadableStream {
    const { readable, writable } =
      content.length === null ? new IdentityTransformStream() : new FixedLengthStream(content.length)
    ;(content.stream() as ReadableStream).pipeTo(writable, { preventAbort: true }).then(
      () => this.#startTimer(),
      () => {
        // Where the other end has gone, the server did not want the rest.
        if (writable.getWriter().desiredSize !== null) this.#fire('aborted')
        else this.#startTimer()
      },
    )
    return readable
  }

  #startTimer(): void {
    if (this.#timeoutMs > 0 && !this.#isAnswered) this.#timer = setTimeout(() => this.#fire('timeout'), this.#timeoutMs)
  }

  #fire(reason: 'timeout' | 'aborted'): void {
    this.reason ??= reason
    this.#controller.abort()
  }
}

/**
 * Statuses by which Cloudflare's network says that a server failed, and whether the server may have had the request:
 * for 522 the connection may have stood, for 524 the server has had 100 s for its answer.
 */
const networkFailures: ReadonlyMap<number, readonly [FailureKind, FailureProgress]> = new Map([
  [520, ['reset', 'unknown']],
  [521, ['connect', 'unsent']],
  [522, ['timeout', 'unknown']],
  [523, ['connect', 'unsent']],
  [524, ['timeout', 'body-sent']],
  [525, ['tls', 'unsent']],
  [526, ['tls', 'unsent']],
  [527, ['connect', 'unknown']],
  [530, ['connect', 'unsent']],
])

/**
 * That the network could not reach the server, whose answer this then is not; null: there is no network, or it says nothing
 * of that kind.
 */
export function networkFailure({ status, body }: Response, { exchange }: RequestContext): UpstreamFailure | null {
  const failure = networkFailures.get(status)
  const isOnNetwork = exchange instanceof EdgeContext && exchange.native.cf !== undefined
  if (failure === undefined || !isOnNetwork) return null
  void body?.cancel()
  return new UpstreamFailure(...failure, `status ${status} of the network`)
}
