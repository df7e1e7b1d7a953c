import type { Clock, Transport } from '../../contracts/ports.ts'
import { UpstreamFailure } from '../../http/failure.ts'
import { andThen } from '../../http/maybe-promise.ts'
import type { PassiveHealthCheckPlan } from '../../plan/services.ts'

/** The active check beside a passive one. */
export interface ActiveCheck {
  /** Checks passed so far. */
  passes(): number
  /** Milliseconds after which a verdict of the check is known wherever it is made. */
  readonly patienceMs: number
}

/**
 * A server judged by its answers to ordinary requests (Traefik v3.7 pkg/healthcheck): too many failures in a window
 * take it out for as long, or until the next active check that passes.
 */
export class PassiveHealth {
  readonly #plan: PassiveHealthCheckPlan
  readonly #clock: Clock
  readonly #active: ActiveCheck | null
  readonly #onDown: () => void
  /** Times of the last failures, oldest first; never more than matter. */
  readonly #failures: number[] = []
  /** When it last went down or came back, on the clock's scale; -Infinity: never. */
  changedAt = Number.NEGATIVE_INFINITY
  #down = false
  #until = 0
  #passes = 0

  /** @param onDown called whenever the server is taken out */
  constructor(plan: PassiveHealthCheckPlan, clock: Clock, active: ActiveCheck | null, onDown: () => void) {
    this.#plan = plan
    this.#clock = clock
    this.#active = active
    this.#onDown = onDown
  }

  isUp(): boolean {
    if (this.#down && this.#isOver()) {
      this.#down = false
      // Nobody may have asked for a while.
      this.changedAt = Math.min(this.#clock.now(), this.#until)
    }
    return !this.#down
  }

  /** Where the check runs elsewhere its passing is not seen here: then time decides. */
  #isOver(): boolean {
    return (this.#active !== null && this.#active.passes() !== this.#passes) || this.#clock.now() >= this.#until
  }

  report(failed: boolean): void {
    const failures = this.#failures
    if (!failed) {
      failures.length = 0
      return
    }
    const { failureWindowMs, maxFailedAttempts } = this.#plan
    const now = this.#clock.now()
    while (failures.length > 0 && failures[0]! <= now - failureWindowMs) failures.shift()
    if (failures.length >= maxFailedAttempts) failures.shift()
    failures.push(now)
    if (this.#down || failures.length < maxFailedAttempts) return
    this.#down = true
    this.#onDown()
    this.changedAt = now
    this.#passes = this.#active?.passes() ?? 0
    this.#until = now + Math.max(failureWindowMs, this.#active?.patienceMs ?? 0)
  }
}

/** The way to a server with its passive health watching. A client that leaves says nothing about the server. */
export function watched(transport: Transport, health: PassiveHealth): Transport {
  return {
    send: (request, cx) => {
      cx.handling.countsFailures = true
      return andThen(transport.send(request, cx), (answer) => {
        if (!(answer instanceof UpstreamFailure)) health.report(answer.status >= 500)
        else if (answer.kind !== 'aborted') health.report(true)
        return answer
      })
    },
    close: () => transport.close(),
  }
}
