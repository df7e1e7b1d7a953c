import os from 'node:os'
import type { GuestRequest, RequestOutcome, ResponseOutcome } from '../../../../src/engine/wasm/guest-exchange.ts'
import { type GuestRunner, GuestsBusy, type GuestTurn } from '../../../../src/engine/wasm/guest-middleware.ts'
import type { GuestLogLevel } from '../../../../src/engine/wasm/handler-imports.ts'
import type { GuestSetup } from './thread-messages.ts'
import { type Done, type Job, ThreadOfGuests } from './thread-of-guests.ts'

/** Threads of one middleware: there is always one beside that which a call holds up. */
const MOST_THREADS = Math.max(2, Math.min(4, os.availableParallelism()))
/** Requests that wait for a thread. */
const MOST_WAITING = 512
/** What waits so long, or behind a call that runs so long, goes elsewhere. Milliseconds. */
const PATIENCE_MS = 10
/** A thread that has had nothing to do for so long ends, but for the last one. */
const IDLE_MS = 60_000

export interface GuestThreadsOptions extends GuestSetup {
  readonly readsContent: boolean
  /** Longest time for a call, in milliseconds. */
  readonly timeoutMs: number
  log(level: GuestLogLevel, message: string): void
}

/**
 * Guests of one middleware on threads of their own. A thread runs one call at a time; one that takes too long ends with
 * its thread, and what has not begun goes to another one.
 */
export class GuestThreads implements GuestRunner {
  readonly readsContent: boolean
  readonly #options: GuestThreadsOptions
  readonly #threads = new Set<ThreadOfGuests>()
  readonly #waiting: Job[] = []
  /** Null: no guest has started yet. */
  #features: number | null = null
  #fault: string | null = null
  #timer: NodeJS.Timeout | null = null
  #isClosed = false
  #settle: () => void = () => {}
  readonly #ready = new Promise<void>((resolve) => {
    this.#settle = resolve
  })
  readonly #ends = new Set<Promise<unknown>>()

  constructor(options: GuestThreadsOptions) {
    this.#options = options
    this.readsContent = options.readsContent
    this.#start()
  }

  get features(): number {
    return this.#features ?? 0
  }

  /** Resolves once the first guest has started, with why it has not; null: it has. */
  async started(): Promise<string | null> {
    await this.#ready
    return this.#fault
  }

  get fault(): string | null {
    return this.#fault
  }

  async handleRequest(request: GuestRequest): Promise<GuestTurn> {
    if (this.#waiting.length >= MOST_WAITING) throw new GuestsBusy()
    if (this.#isClosed) throw new Error(CLOSED)
    if (this.#threads.size === 0) this.#start()
    const { thread, call, outcome } = await new Promise<Done>((resolve, reject) => {
      this.#waiting.push({ question: { kind: 'request', request }, since: performance.now(), resolve, reject })
      this.#work()
    })
    const { next } = outcome as RequestOutcome
    if (next === null) return { outcome: outcome as RequestOutcome, session: null }
    return {
      outcome: outcome as RequestOutcome,
      session: {
        handleResponse: async (context, response) => {
          const { outcome } = await new Promise<Done>((resolve, reject) => {
            const question = { kind: 'response', session: call, context, response } as const
            thread.ask({ question, since: performance.now(), resolve, reject })
            this.#watch()
          })
          return outcome as ResponseOutcome
        },
      },
    }
  }

  /** Ends all threads; resolves once they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    for (const job of this.#waiting.splice(0)) job.reject(new Error(CLOSED))
    for (const thread of this.#threads) this.#end(thread, CLOSED)
    this.#settle()
    await Promise.all(this.#ends)
  }

  #start(): void {
    const thread: ThreadOfGuests = new ThreadOfGuests(this.#options, {
      log: (level, message) => this.#options.log(level, message),
      ready: (features) => {
        this.#features = features
        this.#settle()
        this.#work()
      },
      free: () => this.#work(),
      lost: (reason) => {
        this.#end(thread, reason)
        if (this.#isClosed) return
        if (!thread.isReady) this.#refuse(reason)
        else if (this.#threads.size === 0) this.#start()
        this.#work()
      },
    })
    this.#threads.add(thread)
    this.#watch()
  }

  /** A guest has not started: who waits for one is told. */
  #refuse(reason: string): void {
    if (this.#features === null) this.#fault ??= reason
    this.#settle()
    if (this.#threads.size === 0) for (const job of this.#waiting.splice(0)) job.reject(new Error(reason))
  }

  /** What has not begun there waits for another one. */
  #end(thread: ThreadOfGuests, reason: string): void {
    if (!this.#threads.delete(thread)) return
    this.#waiting.unshift(...thread.end(reason))
    const end = thread.gone()
    this.#ends.add(end)
    void end.then(() => this.#ends.delete(end))
    if (this.#isClosed) for (const job of this.#waiting.splice(0)) job.reject(new Error(CLOSED))
  }

  /** Hands out what waits: to who has least. */
  #work(): void {
    while (this.#waiting.length > 0) {
      let least: ThreadOfGuests | null = null
      for (const thread of this.#threads) {
        if (thread.hasRoom && (least === null || thread.calls < least.calls)) least = thread
      }
      if (least === null) break
      least.ask(this.#waiting.shift()!)
    }
    this.#watch()
  }

  /** As long as there is something to do it is looked at now and then. */
  #watch(): void {
    if (this.#timer !== null || this.#isClosed) return
    const isBusy = this.#waiting.length > 0 || this.#threads.size > 1
    if (!isBusy && ![...this.#threads].some((thread) => thread.isBusy)) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#look()
    }, PATIENCE_MS)
    this.#timer.unref()
  }

  #look(): void {
    const now = performance.now()
    for (const thread of this.#threads) {
      const late = thread.overdue(this.#options.timeoutMs)
      if (late !== null) {
        thread.lose(late)
        continue
      }
      if (thread.isStuck(PATIENCE_MS)) this.#waiting.unshift(...thread.takeBack())
      const isLeft = !thread.isBusy && thread.isUnused && now - thread.freeSince > IDLE_MS
      if (isLeft && this.#threads.size > 1) this.#end(thread, 'it had nothing to do')
    }
    this.#work()
    const [first] = this.#waiting
    if (first === undefined || this.#isClosed || this.#threads.size >= MOST_THREADS) return
    // One that starts will take what waits.
    const isStarting = [...this.#threads].some(({ isReady }) => !isReady)
    if (!isStarting && now - first.since >= PATIENCE_MS) this.#start()
  }
}

const CLOSED = 'the plugin has been closed'
