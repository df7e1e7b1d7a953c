import { defineMiddleware } from '../../contracts/kinds.ts'
import type { Clock } from '../../contracts/ports.ts'
import { compilePredicate, type Metrics } from '../../engine/matching/predicate.ts'
import { andThen } from '../../http/maybe-promise.ts'
import { bareReply, errorReply, phraseReply } from '../../http/replies.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { PredicateNode } from '../../plan/predicate.ts'
import { CircuitMetrics } from './circuit-metrics.ts'

export interface CircuitBreakerConfig {
  /** When the circuit opens. */
  readonly expression: PredicateNode
  /** Least time between two evaluations. */
  readonly checkPeriodMs: number
  /** Time fully open. */
  readonly fallbackDurationMs: number
  /** Time over which traffic comes back. */
  readonly recoveryDurationMs: number
  /** Status while requests are refused; null: one that can't be sent. */
  readonly responseCode: number | null
}

/**
 * Refuses requests while what is behind fails (Traefik v3.7 `pkg/middlewares/circuitbreaker`). Its state lives in this
 * process or isolate.
 */
export const circuitBreaker = defineMiddleware<CircuitBreakerConfig>({
  build: (config, { name, ports }) => {
    const { clock, log } = ports
    const circuit = new Circuit(config, clock, (state) =>
      log.log('debug', `Circuit is ${state}`, { middlewareName: name }),
    )
    return (next) => (request, cx) => {
      if (!circuit.admits()) {
        cx.record.span?.fail('blocked by circuit-breaker')
        return refusal(config.responseCode)
      }
      const start = clock.now()
      cx.handling.countsFailures = true
      return andThen(next(request, cx), (response) => {
        const { status } = response
        cx.onEnd(() => circuit.record(status, start))
        return response
      })
    }
  },
})

function refusal(status: number | null): ProxyResponse {
  if (status === null) return errorReply(500)
  return status === 204 || status === 304 ? bareReply(status) : phraseReply(status)
}

type State = 'closed' | 'open' | 'recovering'

interface Reading {
  readonly metrics: CircuitMetrics
  readonly now: number
}

const readings: Metrics<Reading> = {
  NetworkErrorRatio:
    () =>
    ({ metrics, now }) =>
      metrics.networkErrorRatio(now),
  ResponseCodeRatio:
    (from = 0, to = 0, divFrom = 0, divTo = 0) =>
    ({ metrics, now }) =>
      metrics.responseCodeRatio(from, to, divFrom, divTo, now),
  LatencyAtQuantileMS:
    (quantile = 0) =>
    ({ metrics, now }) =>
      metrics.latencyMs(quantile, now),
}

/** The three states and their changes, as oxy's `cbreaker` has them: they change with requests, never by a timer. */
class Circuit {
  readonly #config: CircuitBreakerConfig
  readonly #clock: Clock
  readonly #metrics = new CircuitMetrics()
  readonly #tripped: (reading: Reading) => boolean
  readonly #announce: (state: State) => void
  #state: State = 'closed'
  /** When the state may change. */
  #until = 0
  #nextCheck = Number.NEGATIVE_INFINITY
  #admitted = 0
  #refused = 0

  constructor(config: CircuitBreakerConfig, clock: Clock, announce: (state: State) => void) {
    this.#config = config
    this.#clock = clock
    this.#announce = announce
    this.#tripped = compilePredicate(config.expression, readings)
  }

  admits(): boolean {
    if (this.#state === 'closed') return true
    const now = this.#clock.now()
    if (this.#state === 'open') {
      if (now < this.#until) return false
      this.#enter('recovering', now + this.#config.recoveryDurationMs)
      this.#admitted = 0
      this.#refused = 0
    }
    if (now > this.#until) {
      this.#enter('closed', now)
      return true
    }
    const elapsed = now - (this.#until - this.#config.recoveryDurationMs)
    const share = (this.#admitted + 1) / (this.#admitted + 1 + this.#refused)
    const admitted = share < (0.5 * elapsed) / this.#config.recoveryDurationMs
    if (admitted) this.#admitted++
    else this.#refused++
    return admitted
  }

  /** An answer is complete. */
  record(status: number, start: number): void {
    const now = this.#clock.now()
    this.#metrics.record(status, now - start, now)
    if (now < this.#nextCheck) return
    this.#nextCheck = now + this.#config.checkPeriodMs
    if (this.#state === 'open' || !this.#tripped({ metrics: this.#metrics, now })) return
    this.#enter('open', now + this.#config.fallbackDurationMs)
    this.#metrics.reset()
  }

  #enter(state: State, until: number): void {
    this.#state = state
    this.#until = until
    this.#announce(state)
  }
}
