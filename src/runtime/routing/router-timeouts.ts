import type { Clock } from '../../contracts/ports.ts'
import { UpstreamFailure } from '../../http/failure.ts'
import type { Handler } from '../../http/handler.ts'
import type { MaybePromise } from '../../http/maybe-promise.ts'
import { failureReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import { type EndListener, type ExchangeEnd, RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { RouterTimeoutsPlan } from '../../plan/plan.ts'

/**
 * What is behind a router, within the router's time limits: no head in time is a 504, content that takes longer breaks
 * off.
 */
export function withTimeouts(timeouts: RouterTimeoutsPlan, clock: Clock, next: Handler): Handler {
  return (request, cx) => new LimitedExchange(cx, timeouts, clock).run(next, request)
}

/**
 * The part of an exchange that is behind a router with time limits. Calling it off ends everything that is under way
 * there, for good, while the exchange itself goes on: with a 504, or with what a parent router makes of that.
 */
class LimitedExchange extends RequestContext {
  readonly #outer: RequestContext
  readonly #timeouts: RouterTimeoutsPlan
  readonly #clock: Clock
  readonly #began: number
  #settle: ((answer: ProxyResponse) => void) | null = null
  #stop: (() => void) | null = null
  #forget: (() => void) | null = null
  #expired = false
  #switched = false

  constructor(outer: RequestContext, timeouts: RouterTimeoutsPlan, clock: Clock) {
    super(outer.entryPoint, outer.client, outer.start, outer.record, outer.handling)
    this.lease = outer.lease
    this.#outer = outer
    this.#timeouts = timeouts
    this.#clock = clock
    this.#began = clock.now()
  }

  run(next: Handler, request: ProxyRequest): MaybePromise<ProxyResponse> {
    this.#forget = this.#outer.onAbort(() => this.abort())
    this.#outer.onEnd(() => this.#over())
    const answer = next(request, this)
    if (!(answer instanceof Promise)) return this.#answered(answer)
    const { responseHeaderMs, totalMs } = this.#timeouts
    this.#expireIn(
      responseHeaderMs > 0 && totalMs > 0 ? Math.min(responseHeaderMs, totalMs) : responseHeaderMs || totalMs,
    )
    return new Promise((settle, reject) => {
      this.#settle = settle
      answer.then((response) => settle(this.#answered(response)), reject)
    })
  }

  // ---- what belongs to the exchange

  override get exchange(): RequestContext {
    return this.#outer.exchange
  }

  override get stepsLeft(): number {
    return this.#outer.stepsLeft
  }

  override set stepsLeft(steps: number) {
    this.#outer.stepsLeft = steps
  }

  override get expired(): boolean {
    return this.#expired || this.#outer.expired
  }

  override beginPart(): EndListener | null {
    return this.#outer.beginPart()
  }

  override listen(listener: EndListener): void {
    this.#outer.listen(listener)
  }

  override endSince(mark: EndListener | null, end: ExchangeEnd): void {
    this.#outer.endSince(mark, end)
  }

  override waitUntil(task: Promise<unknown>): void {
    this.#outer.waitUntil(task)
  }

  // ---- the limits

  #expireIn(ms: number): void {
    this.#stop?.()
    this.#stop = this.#clock.after(Math.max(0, ms), () => this.#expire())
  }

  #expire(): void {
    this.#expired = true
    this.abort()
    this.#settle?.(failureReply(new UpstreamFailure('timeout', 'body-sent', new Error('time limit of the router'))))
  }

  /** The head is there: what remains is the limit for the whole, where there is content to come. */
  #answered(response: ProxyResponse): ProxyResponse {
    this.#settle = null
    if (this.#expired) {
      response.discard()
      return response
    }
    this.#stop?.()
    this.#stop = null
    const { status, content } = response
    const { totalMs } = this.#timeouts
    if (status === 101) {
      // From here on it is a connection, not an exchange.
      this.#switched = true
      this.#forget?.()
    } else if (totalMs > 0 && content !== null && typeof content !== 'string') {
      this.#expireIn(totalMs - (this.#clock.now() - this.#began))
    }
    return response
  }

  /**
   * The exchange is over, or what came of it here is given up: what still goes on here has an answer that nobody reads.
   */
  #over(): void {
    this.#stop?.()
    this.#stop = null
    this.#forget?.()
    if (!this.#switched) this.abort()
  }
}
