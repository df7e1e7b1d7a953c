import { defineMiddleware } from '../../contracts/kinds.ts'
import type { Ports } from '../../contracts/ports.ts'
import { giveUp } from '../../http/give-up.ts'
import type { Handler } from '../../http/handler.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import { onCopy } from '../../http/on-copy.ts'
import { copyOf, type RequestCopies, replay } from '../../http/replay.ts'
import { bareReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { Handling, RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import { inRanges, type StatusRange } from '../../http/status-range.ts'
import { unlessBroken } from '../shared/broken-content.ts'
import { mayDouble } from '../shared/double-effect.ts'
import { wait } from '../shared/wait.ts'
import { RetryBudget, type RetryBudgetConfig } from './retry-budget.ts'

export interface RetryConfig {
  /** Tries in all, at least 1. */
  readonly attempts: number
  /** First wait of the exponential back-off; 0: no waits. */
  readonly initialIntervalMs: number
  /** Time after which an answer is delivered whatever it is; 0: none. */
  readonly timeoutMs: number
  /** Statuses after which the request is sent again. */
  readonly status: readonly StatusRange[]
  /** Content kept for retries on a status; null: any. */
  readonly maxRequestBodyBytes: number | null
  /** Send again what no server got. */
  readonly onNetworkError: boolean
  /** Retry POST, PATCH and LOCK on a status too; with Fetch every method whatever the failure. */
  readonly nonIdempotent: boolean
  /** How many retries all routers that name the middleware may make together; absent: any number. */
  readonly budget?: RetryBudgetConfig
}

/** What Traefik does not send again after a status. */
const NON_IDEMPOTENT: ReadonlySet<string> = new Set(['POST', 'PATCH', 'LOCK'])

/** Sends a request again when a server fails (Traefik v3.7 `pkg/middlewares/retry`). */
export const retry = defineMiddleware<RetryConfig>({
  build: (config, { name, ports, once, observer }) => {
    if (config.attempts === 1) return (next) => next
    const { status, maxRequestBodyBytes, onNetworkError, nonIdempotent, budget: limits } = config
    const { clock, count, log } = ports
    const budget = limits === undefined ? null : once(() => new RetryBudget(limits))
    const mayAfford = (): boolean => {
      if (budget === null || budget.spend(clock.now())) return true
      count?.('retryStopped', name)
      log.log('debug', 'Retry budget is used up: the answer is delivered as it is', { middlewareName: name })
      return false
    }
    const limit = maxRequestBodyBytes ?? Number.POSITIVE_INFINITY
    // Where a failed attempt takes the content with it, only content that is kept can be sent again.
    const spends = ports.transports.byFetch === true
    const observed = observer?.retry(name) ?? null
    return (inner) => {
      const next = observed?.(inner) ?? inner
      const sendStreamed: Handler = (request, cx) => {
        if (!onNetworkError || (spends && request.content !== null)) {
          cx.record.resends = 0
          return next(request, cx)
        }
        const original = copyOf(request)
        return new Attempts(config, ports, next, cx, () => copyOf(original), false, false, mayAfford).begin()
      }
      const send: Handler = (request, cx) => {
        const byStatus = status.length > 0 && (nonIdempotent || !NON_IDEMPOTENT.has(request.method))
        if (!byStatus && !(spends && onNetworkError && request.content !== null)) return sendStreamed(request, cx)
        const answer = andThen(replay(request, limit, 'as-received', ports.kept, cx), (copies) => {
          if (copies === null) return sendStreamed(request, cx)
          return new Attempts(config, ports, next, cx, copies, byStatus, true, mayAfford).begin()
        })
        return unlessBroken(answer)
      }
      if (budget === null) return send
      return (request, cx) => {
        budget.earn(clock.now())
        return send(request, cx)
      }
    }
  },
})

/**
 * The next attempt goes to another server, if there is one. With connections of our own it goes where the balancer
 * sends it, as in Traefik; but by Fetch nothing is sent again on a connection that had gone, so a server that fails is
 * most likely down.
 */
function leaveOut({ handling, record }: RequestContext): void {
  handling.avoid ??= new Set()
  handling.avoid.add(record.serverUrl)
}

/** The tries of one request. */
class Attempts {
  readonly #config: RetryConfig
  readonly #ports: Ports
  readonly #next: Handler
  readonly #cx: RequestContext
  readonly #copies: RequestCopies
  readonly #byStatus: boolean
  /** Each copy has its own content. */
  readonly #kept: boolean
  readonly #mayAfford: () => boolean
  readonly #start: number
  readonly #informational: Handling['informational']

  constructor(
    config: RetryConfig,
    ports: Ports,
    next: Handler,
    cx: RequestContext,
    copies: RequestCopies,
    byStatus: boolean,
    kept: boolean,
    mayAfford: () => boolean,
  ) {
    this.#config = config
    this.#ports = ports
    this.#next = next
    this.#cx = cx
    this.#copies = copies
    this.#byStatus = byStatus
    this.#kept = kept
    this.#mayAfford = mayAfford
    this.#start = ports.clock.now()
    this.#informational = cx.handling.informational
  }

  begin(): MaybePromise<ProxyResponse> {
    return this.#attempt(1)
  }

  #attempt(number: number): MaybePromise<ProxyResponse> {
    const cx = this.#cx
    const last = number === this.#config.attempts
    const mark = cx.beginPart()
    const request = this.#copies()
    cx.record.resends = number - 1
    // 1xx answers of an attempt that may be given up are not for the client.
    cx.handling.informational = last ? this.#informational : null
    // Traefik's last try without copies of the content is the request itself, as outer middlewares know it.
    const sent = last && !this.#kept ? this.#next(request, cx) : onCopy(this.#next, request, cx)
    return andThen(sent, (response) => {
      if (last || !this.#mayRepeat(request, response) || !this.#mayAfford()) {
        cx.handling.informational = this.#informational
        return response
      }
      giveUp(response, cx, mark)
      cx.record.retries++
      if (this.#ports.transports.byFetch === true && response.failure !== null) leaveOut(cx)
      const ms = this.#interval(number)
      if (ms === 0) return this.#attempt(number + 1)
      return wait(this.#ports.clock, ms, cx).then((waited) => (waited ? this.#attempt(number + 1) : bareReply(499)))
    })
  }

  #mayRepeat({ content, method }: ProxyRequest, { failure, status }: ProxyResponse): boolean {
    const { onNetworkError, timeoutMs, status: ranges, nonIdempotent } = this.#config
    if (status === 101 || this.#cx.aborted) return false
    if (timeoutMs > 0 && this.#ports.clock.now() - this.#start >= timeoutMs) return false
    if (failure !== null && !nonIdempotent && mayDouble(method, failure, this.#ports)) return false
    if (this.#byStatus && inRanges(status, ranges)) return true
    // Content that is not kept must not have been touched.
    if (!onNetworkError || (!this.#kept && content?.used === true)) return false
    if (failure === null || failure.kind === 'aborted') return false
    return failure.progress === 'unsent' || failure.progress === 'unknown'
  }

  /** Wait after an attempt: at the last one at most twice the first, half of it up or down at random. */
  #interval(number: number): number {
    const { attempts, initialIntervalMs } = this.#config
    if (initialIntervalMs === 0) return 0
    return initialIntervalMs * 2 ** ((number - 1) / (attempts - 1)) * (0.5 + this.#ports.random())
  }
}
