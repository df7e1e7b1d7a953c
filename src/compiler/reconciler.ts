import type { Clock, Logger } from '../contracts/ports.ts'
import type { MaybePromise } from '../http/maybe-promise.ts'
import type { Plan } from '../plan/plan.ts'
import type { Snapshot } from '../runtime/snapshot.ts'
import type { Switch } from '../runtime/switch.ts'

/** A provider's whole configuration, decoded. */
export interface ProviderMessage<C> {
  readonly provider: string
  readonly configuration: C
  /** Equal for equal configurations: a message that changes nothing is dropped. */
  readonly fingerprint: string
}

export interface ReconcilerOptions<C> {
  readonly clock: Clock
  readonly log: Logger
  readonly switch: Switch
  /** Per provider: after a message nothing for so long, then the newest that came meanwhile. 0: no throttling. */
  readonly throttleMs: number
  /** Providers that are never throttled. */
  readonly unthrottled: ReadonlySet<string>
  /** Nothing is applied before this provider has spoken. */
  readonly awaited: string
  compile(configurations: ReadonlyMap<string, C>): MaybePromise<Plan>
  link(plan: Plan): MaybePromise<Snapshot>
}

interface ProviderState<C> {
  applied: string | null
  waiting: ProviderMessage<C> | null
  /** Calls the end of its throttling off; null: it is not throttled. */
  unthrottle: (() => void) | null
}

/**
 * From a provider's message to the snapshot in force: throttle, compare, compile, link, swap (design §6). Runs one
 * compilation at a time; what comes meanwhile is taken together afterwards.
 */
export class Reconciler<C> {
  readonly #options: ReconcilerOptions<C>
  readonly #configurations = new Map<string, C>()
  readonly #providers = new Map<string, ProviderState<C>>()
  #running: Promise<void> | null = null
  #dirty = false
  #stopped = false

  constructor(options: ReconcilerOptions<C>) {
    this.#options = options
  }

  /** Takes a message; resolves when everything taken so far is in force or waits for its throttle. */
  apply(message: ProviderMessage<C>): Promise<void> {
    let state = this.#providers.get(message.provider)
    if (state === undefined) {
      state = { applied: null, waiting: null, unthrottle: null }
      this.#providers.set(message.provider, state)
    }
    if (state.unthrottle !== null) {
      state.waiting = message
      return Promise.resolve()
    }
    return this.#take(message, state)
  }

  stop(): void {
    this.#stopped = true
    for (const { unthrottle } of this.#providers.values()) unthrottle?.()
  }

  #take(message: ProviderMessage<C>, state: ProviderState<C>): Promise<void> {
    const { throttleMs, unthrottled, clock, log } = this.#options
    if (state.applied === message.fingerprint) return this.#running ?? Promise.resolve()
    state.applied = message.fingerprint
    if (throttleMs > 0 && !unthrottled.has(message.provider)) {
      state.unthrottle = clock.after(throttleMs, () => {
        state.unthrottle = null
        const next = state.waiting
        state.waiting = null
        if (next !== null) void this.#take(next, state)
      })
    }
    log.log('debug', 'Configuration received', { provider: message.provider })
    this.#configurations.set(message.provider, message.configuration)
    this.#dirty = true
    if (!this.#hasWork()) return Promise.resolve()
    this.#running ??= Promise.resolve().then(() => this.#run())
    return this.#running
  }

  #hasWork(): boolean {
    return this.#dirty && !this.#stopped && this.#configurations.has(this.#options.awaited)
  }

  async #run(): Promise<void> {
    const { log, compile, link } = this.#options
    while (this.#hasWork()) {
      this.#dirty = false
      try {
        const plan = await compile(new Map(this.#configurations))
        const snapshot = await link(plan)
        this.#options.switch.swap(snapshot)
      } catch (error) {
        // Plan and link are total, so this is a bug; the configuration in force stays.
        const stack = error instanceof Error ? error.stack : String(error)
        log.log('error', 'Configuration could not be applied', { stack })
      }
    }
    this.#running = null
  }
}
