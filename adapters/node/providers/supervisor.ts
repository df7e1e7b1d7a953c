import type { Derived } from '../../../src/compiler/discovery/derived.ts'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import type { MaybePromise } from '../../../src/http/maybe-promise.ts'
import { type Provider, ProviderRefused, type ProviderSink } from './provider.ts'

/** How things stand with a provider; its last good configuration stays in force in each of these. */
export interface ProviderState {
  readonly name: string
  /**
   * - `connecting`: nothing has been heard of the source yet
   * - `live`: the source answers
   * - `stale`: it was lost; what it said last is in force
   * - `failed`: it never answered
   */
  readonly status: 'connecting' | 'live' | 'stale' | 'failed'
  readonly since: Date
  /** What answers; null: nobody has. */
  readonly peer: string | null
  /** Why it was lost, or can't be had; null while all is well. */
  readonly error: string | null
  readonly nextTryAt: Date | null
  /** When what it says last changed; null: it has said nothing yet. */
  readonly changedAt: Date | null
}

type TakeDerivation = (derive: () => MaybePromise<Derived>, isUrgent: boolean) => void

export interface SupervisorPorts {
  readonly clock: Clock
  readonly log: Logger
  /** Uniform in [0, 1). */
  readonly random: () => number
}

const FIRST_PAUSE_MS = 250
/** Nobody answers: it may be there any moment. */
const LONGEST_PAUSE_MS = 3_000
/** Somebody refuses. */
const LONGEST_REFUSED_PAUSE_MS = 15_000
/** Who lived for so long begins with short pauses again. */
const SETTLED_MS = 30_000
/** The longest pauses are cut by this share at most: many short ones would be a load on who is ill. */
const LEAST_SHARE = 5 / 6

/** No source is called more often than this, whatever it does: the last ones of a minute are spread over what is left of it. */
const CALLS_A_MINUTE = 20
const SPREAD_FROM = 15
const MINUTE_MS = 60_000

/** Runs a provider for ever: calls it again, after a pause, whenever its source is lost. */
export class Supervisor {
  readonly #provider: Provider
  readonly #ports: SupervisorPorts
  readonly #emit: TakeDerivation
  readonly #stopping = new AbortController()
  #state: ProviderState
  #run: Promise<void> = Promise.resolve()
  #failures = 0
  #wake: (() => void) | null = null
  /** When it was called within the last minute, on the clock's scale. */
  #calls: number[] = []

  /** @param emit takes what the provider says */
  constructor(provider: Provider, ports: SupervisorPorts, emit: TakeDerivation) {
    this.#provider = provider
    this.#ports = ports
    this.#emit = emit
    this.#state = {
      name: provider.name,
      status: 'connecting',
      since: ports.clock.date(),
      peer: null,
      error: null,
      nextTryAt: null,
      changedAt: null,
    }
  }

  get state(): ProviderState {
    return this.#state
  }

  /** What it says has changed. */
  changed(): void {
    this.#note({ changedAt: this.#ports.clock.date() })
  }

  /** It is served from what it said before this process: it is stale until it answers. */
  servedFromCache(savedAt: Date): void {
    if (this.#state.status !== 'live') this.#note({ status: 'stale', changedAt: savedAt })
  }

  /** What the provider says at once, it says before this returns. */
  start(): void {
    this.#run = this.#keepRunning()
  }

  reload(): void {
    this.#provider.reload?.()
  }

  /** Resolves when the provider has ended. */
  stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake?.()
    return this.#run
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping
    const { clock } = this.#ports
    while (!signal.aborted) {
      const began = clock.now()
      this.#calls = [...this.#calls.filter((at) => began - at < MINUTE_MS), began]
      let reason: unknown
      try {
        await this.#provider.run(this.#sink(), signal)
        reason = new Error('the source has ended')
      } catch (error) {
        reason = error
      }
      if (signal.aborted) return
      this.#failures = clock.now() - began >= SETTLED_MS ? 1 : this.#failures + 1
      await this.#pause(reason)
    }
  }

  #sink(): ProviderSink {
    return {
      connected: (peer) => this.#note({ status: 'live', peer, error: null, nextTryAt: null }),
      emit: (derive, isUrgent = false) => {
        if (this.#stopping.signal.aborted) return
        this.#note({ status: 'live', error: null, nextTryAt: null })
        this.#emit(derive, isUrgent)
      },
    }
  }

  #pause(reason: unknown): Promise<void> {
    const { clock, log } = this.#ports
    const ms = this.#pauseMs(reason instanceof ProviderRefused)
    const error = reason instanceof Error ? reason.message : String(reason)
    const wasLive = this.#state.status === 'live' || this.#state.status === 'stale'
    const nextTryAt = new Date(clock.date().getTime() + ms)
    if (error !== this.#state.error) log.log('error', `Provider lost: ${error}`, { providerName: this.#provider.name })
    this.#note({ status: wasLive ? 'stale' : 'failed', error, nextTryAt })
    return new Promise((resolve) => {
      const end = () => {
        callOff()
        stopWatching?.()
        resolve()
      }
      let callOff = clock.after(ms, end)
      const endsAt = clock.now() + ms
      let isBack = false
      // What is seen many times, in a busy folder, puts nothing off.
      const back = () => {
        if (isBack || endsAt - clock.now() <= FIRST_PAUSE_MS) return
        isBack = true
        callOff()
        callOff = clock.after(FIRST_PAUSE_MS, end)
      }
      const stopWatching = this.#calls.length < SPREAD_FROM ? this.#provider.watchReturn?.(back) : undefined
      this.#wake = end
    })
  }

  /** Jitter: many proxies that lose one source do not all come back at the same time. */
  #pauseMs(isRefused: boolean): number {
    const { clock, random } = this.#ports
    const longest = isRefused ? LONGEST_REFUSED_PAUSE_MS : LONGEST_PAUSE_MS
    const limit = Math.min(longest, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures, 16))
    const least = limit === longest ? longest * LEAST_SHARE : FIRST_PAUSE_MS
    const pause = Math.max(least, random() * limit)
    const used = this.#calls.length
    if (used < SPREAD_FROM) return pause
    const freeAt = this.#calls[0]! + MINUTE_MS
    return Math.max(pause, (freeAt - clock.now()) / Math.max(1, CALLS_A_MINUTE - used))
  }

  #note(change: Partial<ProviderState>): void {
    const { status, since } = this.#state
    const isNew = change.status !== undefined && change.status !== status
    this.#state = { ...this.#state, ...change, since: isNew ? this.#ports.clock.date() : since }
  }
}
