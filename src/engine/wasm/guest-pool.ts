import type { MaybePromise } from '../../http/maybe-promise.ts'
import { factsOf, Guest, type GuestWorld } from './guest.ts'
import type { GuestRequest, GuestResponse, ResponseOutcome } from './guest-exchange.ts'
import { type GuestRunner, GuestsBusy, type GuestTurn } from './guest-middleware.ts'

/** Guests that wait for work however long that takes; more of them for so long, in milliseconds. */
const MOST_IDLE = 4
const IDLE_MS = 30_000
/** Guests that there are at most. */
export const MOST_GUESTS = 16
/** Requests that wait for one. */
const MOST_WAITING = 512

/** A turn whose session answers at once. */
export interface LocalTurn extends GuestTurn {
  readonly session: { handleResponse(context: number, response: GuestResponse): ResponseOutcome } | null
}

/**
 * Guests of one module on the thread that calls them: one exchange each, memory that stays. A guest whose call failed
 * is not asked again.
 */
export class GuestPool implements GuestRunner {
  readonly readsContent: boolean
  readonly features: number
  readonly #module: WebAssembly.Module
  readonly #world: GuestWorld
  /** The one that was used last comes next. */
  readonly #idle: { readonly guest: Guest; readonly since: number }[] = []
  #count = 0
  readonly #waiting: (() => void)[] = []
  readonly #told: (isOver: boolean) => void

  /**
   * @param told that one more guest is started, which may take its time, and that it is there
   * @throws what the first guest's start ended with
   */
  constructor(module: WebAssembly.Module, world: GuestWorld, told: (isOver: boolean) => void = () => {}) {
    this.#told = told
    this.readsContent = factsOf(module).readsContent
    this.#module = module
    this.#world = world
    const guest = this.#create()
    this.features = guest.features
    this.#idle.push({ guest, since: world.clock.now() })
  }

  handleRequest(request: GuestRequest): MaybePromise<LocalTurn> {
    if (this.#idle.length > 0 || this.#count < MOST_GUESTS) return this.ask(request)
    if (this.#waiting.length >= MOST_WAITING) throw new GuestsBusy()
    return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.handleRequest(request))
  }

  /** The same at once, for who knows that there is a guest, or may be one more. */
  ask(request: GuestRequest): LocalTurn {
    const guest = this.#idle.pop()?.guest ?? this.#more()
    let goesOn = false
    try {
      const outcome = guest.handleRequest(request)
      goesOn = outcome.next !== null
      if (!goesOn) return { outcome, session: null }
      return {
        outcome,
        session: {
          handleResponse: (context, response) => {
            try {
              return guest.handleResponse(context, response)
            } finally {
              this.#release(guest)
            }
          },
        },
      }
    } finally {
      if (!goesOn) this.#release(guest)
    }
  }

  #more(): Guest {
    this.#told(false)
    const guest = this.#create()
    this.#told(true)
    return guest
  }

  #create(): Guest {
    this.#count++
    try {
      return new Guest(this.#module, this.#world)
    } catch (error) {
      this.#count--
      throw error
    }
  }

  #release(guest: Guest): void {
    const since = this.#world.clock.now()
    if (guest.isBroken) this.#count--
    else this.#idle.push({ guest, since })
    if (this.#idle.length > MOST_IDLE && since - this.#idle[0]!.since > IDLE_MS) {
      this.#idle.shift()
      this.#count--
    }
    this.#waiting.shift()?.()
  }
}
