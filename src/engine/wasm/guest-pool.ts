import type { MaybePromise } from '../../http/maybe-promise.ts'
import { factsOf, Guest, type GuestWorld } from './guest.ts'
import type { GuestRequest } from './guest-exchange.ts'
import { type GuestRunner, GuestsBusy, type GuestTurn } from './guest-middleware.ts'

/** Guests that wait for work. */
const MOST_IDLE = 4
/** Guests that there are at most. */
export const MOST_GUESTS = 16
/** Requests that wait for one. */
const MOST_WAITING = 512

/**
 * Guests of one module on the thread that calls them: one exchange each, memory that stays. A guest whose call failed
 * is not asked again.
 */
export class GuestPool implements GuestRunner {
  readonly readsContent: boolean
  readonly features: number
  readonly #module: WebAssembly.Module
  readonly #world: GuestWorld
  readonly #idle: Guest[] = []
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
    this.#idle.push(guest)
  }

  handleRequest(request: GuestRequest): MaybePromise<GuestTurn> {
    const guest = this.#idle.pop()
    if (guest !== undefined) return this.#ask(guest, request)
    if (this.#count < MOST_GUESTS) {
      this.#told(false)
      const more = this.#create()
      this.#told(true)
      return this.#ask(more, request)
    }
    if (this.#waiting.length >= MOST_WAITING) throw new GuestsBusy()
    return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.handleRequest(request))
  }

  #ask(guest: Guest, request: GuestRequest): GuestTurn {
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
    if (!guest.isBroken && (this.#idle.length < MOST_IDLE || this.#waiting.length > 0)) this.#idle.push(guest)
    else this.#count--
    this.#waiting.shift()?.()
  }
}
