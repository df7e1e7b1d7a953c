import type { Clock, Logger } from '../contracts/ports.ts'
import type { MaybePromise } from '../http/maybe-promise.ts'
import type { Plan } from '../plan/plan.ts'

/** A provider's whole configuration, decoded. */
export interface ProviderState<C> {
  /** The same object as the last time: nothing of it has changed, and the message is dropped. */
  readonly configuration: C
  /** Of what it names and does not hold, files; it differs where they do. */
  readonly digest: string
}

/** What a provider says: that its configuration may have changed, and how to derive it. */
export interface ProviderMessage<C> {
  readonly provider: string
  /**
   * Called when the message is taken, and not at all when a newer one comes before that. Never twice at a time for one
   * provider: what comes while it goes on is taken afterwards.
   */
  readonly derive: () => MaybePromise<ProviderState<C>>
  /** It is taken at once, whatever the throttle. */
  readonly isUrgent?: boolean
}

/** Takes a plan over: puts it in force here, sends it to a thread, publishes it. */
export type PlanSink = (plan: Plan) => MaybePromise<void>

export interface ReconcilerOptions<C> {
  readonly clock: Clock
  readonly log: Logger
  /** Per provider: after a message nothing for so long, then the newest that came meanwhile. 0: no throttling. */
  readonly throttleMs: number
  /** Providers that are never throttled. */
  readonly unthrottled: ReadonlySet<string>
  /** Nothing is compiled before this provider has spoken. */
  readonly awaited: string
  compile(configurations: ReadonlyMap<string, C>): MaybePromise<Plan>
  readonly sinks: readonly PlanSink[]
}

interface Source<C> {
  /** What was taken last. */
  taken: ProviderState<C> | null
  waiting: ProviderMessage<C> | null
  /** Calls the end of its throttling off; null: it is not throttled. */
  unthrottle: (() => void) | null
  /** It is being derived; null: it is not. */
  deriving: Promise<void> | null
}

/**
 * From providers' messages to plans: throttle, derive, compare, compile, and on to the sinks. Runs one compilation at a
 * time; what comes meanwhile is taken together afterwards.
 */
export class Reconciler<C> {
  readonly #options: ReconcilerOptions<C>
  readonly #configurations = new Map<string, C>()
  readonly #sources = new Map<string, Source<C>>()
  #running: Promise<void> | null = null
  #dirty = false
  #stopped = false

  constructor(options: ReconcilerOptions<C>) {
    this.#options = options
  }

  /** Takes a message; resolves when everything taken so far has reached the sinks or waits for its throttle. */
  apply(message: ProviderMessage<C>): Promise<void> {
    let source = this.#sources.get(message.provider)
    if (source === undefined) {
      source = { taken: null, waiting: null, unthrottle: null, deriving: null }
      this.#sources.set(message.provider, source)
    }
    if (source.deriving !== null) {
      // What waits is older: this message holds all of it, and is as urgent.
      source.waiting = source.waiting?.isUrgent === true ? { ...message, isUrgent: true } : message
      return source.deriving
    }
    if (source.unthrottle !== null && message.isUrgent !== true) {
      source.waiting = message
      return Promise.resolve()
    }
    source.waiting = null
    source.unthrottle?.()
    source.unthrottle = null
    return this.#take(message, source)
  }

  stop(): void {
    this.#stopped = true
    for (const { unthrottle } of this.#sources.values()) unthrottle?.()
  }

  #take({ provider, derive }: ProviderMessage<C>, source: Source<C>): Promise<void> {
    const state = derive()
    if (!(state instanceof Promise)) return this.#put(provider, state, source)
    source.deriving = this.#putLater(provider, state, source)
    return source.deriving
  }

  async #putLater(provider: string, state: Promise<ProviderState<C>>, source: Source<C>): Promise<void> {
    let done: Promise<void> | null = null
    try {
      done = this.#put(provider, await state, source)
    } catch (error) {
      // Deriving is total, so this is a bug; what was taken before stays.
      this.#logBug(error)
    }
    source.deriving = null
    const next = source.waiting
    source.waiting = null
    if (next !== null) void this.apply(next)
    await done
  }

  #put(provider: string, state: ProviderState<C>, source: Source<C>): Promise<void> {
    const { throttleMs, unthrottled, clock, log } = this.#options
    const { taken } = source
    if (taken !== null && taken.digest === state.digest && taken.configuration === state.configuration) {
      return this.#running ?? Promise.resolve()
    }
    source.taken = state
    if (throttleMs > 0 && !unthrottled.has(provider)) {
      source.unthrottle = clock.after(throttleMs, () => {
        source.unthrottle = null
        const next = source.waiting
        source.waiting = null
        if (next !== null) void this.#take(next, source)
      })
    }
    log.log('debug', 'Configuration received', { provider })
    this.#configurations.set(provider, state.configuration)
    this.#dirty = true
    if (!this.#hasWork()) return Promise.resolve()
    this.#running ??= Promise.resolve().then(() => this.#run())
    return this.#running
  }

  #hasWork(): boolean {
    return this.#dirty && !this.#stopped && this.#configurations.has(this.#options.awaited)
  }

  async #run(): Promise<void> {
    const { compile, sinks } = this.#options
    while (this.#hasWork()) {
      this.#dirty = false
      try {
        const plan = await compile(new Map(this.#configurations))
        for (const sink of sinks) await sink(plan)
      } catch (error) {
        // Compiling and linking are total, so this is a bug; the configuration in force stays.
        this.#logBug(error)
      }
    }
    this.#running = null
  }

  #logBug(error: unknown): void {
    const stack = error instanceof Error ? error.stack : String(error)
    this.#options.log.log('error', 'Configuration could not be applied', { stack })
  }
}
