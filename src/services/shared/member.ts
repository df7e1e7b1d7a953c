import type { Clock } from '../../contracts/ports.ts'
import type { Candidate, TimedCandidate } from '../../engine/balancing/balancer.ts'
import { MovingAverage } from '../../engine/balancing/moving-average.ts'
import type { Handler } from '../../http/handler.ts'
import { andThen } from '../../http/maybe-promise.ts'

/** A candidate that answers requests: a server or a service. */
export interface Member extends Candidate {
  readonly handle: Handler
  /** Needs no `this`. */
  readonly isUp: () => boolean
}

/** A member as a balancer's choice. */
export interface Choice extends Member {
  /** Answers requests that the balancer picked it for; `handle` those whose cookie names it. */
  readonly picked: Handler
}

/** A choice of which nothing is counted. */
export class PlainChoice implements Choice {
  readonly id: string
  readonly weight: number
  readonly handle: Handler
  readonly picked: Handler
  readonly isUp: () => boolean
  readonly #member: Member

  constructor(member: Member) {
    this.id = member.id
    this.weight = member.weight
    this.handle = member.handle
    this.picked = member.handle
    this.isUp = member.isUp
    this.#member = member
  }

  get fenced(): boolean {
    return this.#member.fenced
  }
}

/** How many answers count for a server's speed. */
const SAMPLES = 100

/** A choice that knows its load, for the balancers that look at it. */
export class LoadedChoice implements Choice, TimedCandidate {
  readonly id: string
  readonly weight: number
  readonly handle: Handler
  readonly picked: Handler
  readonly isUp: () => boolean
  inFlight = 0
  readonly #member: Member
  readonly #times = new MovingAverage(SAMPLES)

  /**
   * @param clock null: requests are counted, those by cookie too; else picks alone are counted and measured, as in
   * Traefik
   */
  constructor(member: Member, clock: Clock | null) {
    this.id = member.id
    this.weight = member.weight
    this.isUp = member.isUp
    this.#member = member
    const counted = this.#counted(member.handle)
    this.handle = clock === null ? counted : member.handle
    this.picked = clock === null ? counted : this.#measured(counted, clock)
  }

  get fenced(): boolean {
    return this.#member.fenced
  }

  get latencyMs(): number {
    return this.#times.mean
  }

  /** A request is in flight until its exchange is over. */
  #counted(handle: Handler): Handler {
    const leave = () => {
      this.inFlight--
    }
    return (request, cx) => {
      this.inFlight++
      cx.onEnd(leave)
      return handle(request, cx)
    }
  }

  /** Time to the first byte of an answer; failures have none. */
  #measured(handle: Handler, clock: Clock): Handler {
    return (request, cx) => {
      const started = clock.now()
      return andThen(handle(request, cx), (response) => {
        if (response.failure === null) this.#times.add(Math.trunc(clock.now() - started))
        return response
      })
    }
  }
}
