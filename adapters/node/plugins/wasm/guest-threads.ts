import os from 'node:os'
import { Worker } from 'node:worker_threads'
import type { GuestRequest, RequestOutcome, ResponseOutcome } from '../../../../src/engine/wasm/guest-exchange.ts'
import { type GuestRunner, GuestsBusy, type GuestTurn } from '../../../../src/engine/wasm/guest-middleware.ts'
import { MOST_GUESTS } from '../../../../src/engine/wasm/guest-pool.ts'
import type { GuestLogLevel } from '../../../../src/engine/wasm/handler-imports.ts'
import type { GuestQuestion, GuestReply, GuestThreadData } from './thread-messages.ts'

/** Threads of one middleware. */
const MOST_THREADS = Math.max(1, Math.min(4, os.availableParallelism()))
/** Requests that wait for a thread. */
const MOST_WAITING = 512
/** What waits so long gets a thread more, in milliseconds. */
const PATIENCE_MS = 10
/** A thread that has had nothing to do for so long ends, but for the last one. */
const IDLE_MS = 60_000
/** How long the start of a guest may take. */
const START_MS = 30_000
/** JavaScript on a thread needs next to nothing; the memory of guests is beside it. */
const HEAP_MB = 64

type Outcome = RequestOutcome | ResponseOutcome

/** A question without the number that it gets. */
type Asked =
  | Omit<Extract<GuestQuestion, { kind: 'request' }>, 'call'>
  | Omit<Extract<GuestQuestion, { kind: 'response' }>, 'call'>

interface Job {
  readonly question: Asked
  /** When it was asked, in milliseconds of a monotonic clock. */
  readonly since: number
  resolve(done: Done): void
  reject(error: Error): void
}

interface Done {
  readonly thread: GuestThread
  readonly call: number
  readonly outcome: Outcome
}

export interface GuestThreadsOptions extends GuestThreadData {
  readonly readsContent: boolean
  /** Longest time for a call, in milliseconds. */
  readonly timeoutMs: number
  log(level: GuestLogLevel, message: string): void
}

/**
 * Guests of one middleware on threads of their own. A thread has one call at a time; one that takes too long ends with
 * its thread, and what has not begun goes to another one.
 */
export class GuestThreads implements GuestRunner {
  readonly readsContent: boolean
  readonly #options: GuestThreadsOptions
  readonly #threads = new Set<GuestThread>()
  readonly #waiting: Job[] = []
  /** Null: no guest has started yet. */
  #features: number | null = null
  #fault: string | null = null
  #growth: NodeJS.Timeout | null = null
  #isClosed = false
  #settle: () => void = () => {}
  readonly #ready = new Promise<void>((resolve) => {
    this.#settle = resolve
  })
  readonly #ends: Promise<unknown>[] = []

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
    if (this.#isClosed) throw new Error('the plugin has been closed')
    if (this.#threads.size === 0) this.#start()
    const done = await new Promise<Done>((resolve, reject) => {
      this.#waiting.push({ question: { kind: 'request', request }, since: performance.now(), resolve, reject })
      this.#work()
    })
    const { thread, call } = done
    const outcome = done.outcome as RequestOutcome
    if (outcome.next === null) return { outcome, session: null }
    return {
      outcome,
      session: {
        handleResponse: async (context, response) => {
          const { outcome } = await new Promise<Done>((resolve, reject) => {
            const question = { kind: 'response', session: call, context, response } as const
            thread.addBound({ question, since: performance.now(), resolve, reject })
            this.#work()
          })
          return outcome as ResponseOutcome
        },
      },
    }
  }

  /** Ends all threads; resolves once they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#growth !== null) clearTimeout(this.#growth)
    for (const job of this.#waiting.splice(0)) job.reject(new Error('the plugin has been closed'))
    for (const thread of this.#threads) this.#end(thread, 'the plugin has been closed')
    this.#settle()
    await Promise.all(this.#ends)
  }

  #start(): void {
    const thread = new GuestThread(this.#options, {
      ready: (features) => {
        this.#features = features
        this.#settle()
        this.#work()
      },
      unfit: (reason) => {
        this.#end(thread, reason)
        this.#refuse(reason)
      },
      idle: () => this.#work(),
      late: (reason) => {
        this.#end(thread, reason)
        if (this.#isClosed) return
        if (thread.isReady && this.#threads.size === 0) this.#start()
        else if (!thread.isReady) this.#refuse(reason)
        this.#work()
      },
    })
    this.#threads.add(thread)
  }

  /** A guest has not started: who waits for one is told. */
  #refuse(reason: string): void {
    if (this.#features === null) this.#fault ??= reason
    this.#settle()
    if (this.#threads.size === 0) for (const job of this.#waiting.splice(0)) job.reject(new Error(reason))
  }

  #end(thread: GuestThread, reason: string): void {
    if (!this.#threads.delete(thread)) return
    const end = thread.end(reason)
    this.#ends.push(end)
    void end.then(() => this.#ends.splice(this.#ends.indexOf(end), 1))
  }

  #work(): void {
    const now = performance.now()
    let hasFree = false
    for (const thread of this.#threads) {
      if (!thread.isFree) continue
      const job = thread.takeBound() ?? (thread.hasRoom ? this.#waiting.shift() : undefined)
      if (job !== undefined) thread.run(job)
      else if (this.#threads.size > 1 && now - thread.freeSince > IDLE_MS && thread.isUnused) this.#end(thread, 'idle')
      else hasFree = true
    }
    if (hasFree || this.#waiting.length === 0 || this.#growth !== null || this.#threads.size >= MOST_THREADS) return
    this.#growth = setTimeout(() => {
      this.#growth = null
      const [first] = this.#waiting
      if (first === undefined || this.#isClosed) return
      if (performance.now() - first.since >= PATIENCE_MS && this.#threads.size < MOST_THREADS) this.#start()
      this.#work()
    }, PATIENCE_MS)
    this.#growth.unref()
  }
}

interface ThreadEvents {
  ready(features: number): void
  unfit(reason: string): void
  /** It can do something again. */
  idle(): void
  /** It is of no use any more. */
  late(reason: string): void
}

/** One thread, and what it is asked. */
class GuestThread {
  readonly #worker: Worker
  readonly #timeoutMs: number
  readonly #events: ThreadEvents
  #isReady = false
  #running: (Job & { readonly call: number }) | null = null
  /** Only this thread has the guests that they are for. */
  readonly #bound: Job[] = []
  /** Guests that wait for an answer. */
  #sessions = 0
  #calls = 0
  #ended: string | null = null
  /** When what runs has taken too long; infinite: nothing runs. */
  #deadline = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | null = null
  #timerAt = 0
  freeSince = performance.now()

  constructor({ module, config, environment, mounts, timeoutMs, log }: GuestThreadsOptions, events: ThreadEvents) {
    this.#timeoutMs = timeoutMs
    this.#events = events
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const workerData: GuestThreadData = { module, config, environment, mounts }
    this.#worker = new Worker(new URL(`./guest-thread.${extension}`, import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      // What guests get of the environment are the variables that are named.
      env: {},
      // Node says that WASI may still change.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#worker.unref()
    this.#worker.on('message', (reply: GuestReply) => {
      if (reply.kind === 'log') log(reply.level, reply.message)
      else this.#hear(reply)
    })
    this.#worker.on('error', (error) => this.#lose(error.message))
    this.#worker.on('exit', () => this.#lose('its thread has ended'))
    this.#limit(START_MS)
  }

  get isReady(): boolean {
    return this.#isReady
  }

  get isFree(): boolean {
    return this.#isReady && this.#running === null && this.#ended === null
  }

  get hasRoom(): boolean {
    return this.#sessions < MOST_GUESTS
  }

  get isUnused(): boolean {
    return this.#sessions === 0
  }

  addBound(job: Job): void {
    if (this.#ended === null) this.#bound.push(job)
    else job.reject(new Error(this.#ended))
  }

  takeBound(): Job | undefined {
    return this.#bound.shift()
  }

  run(job: Job): void {
    const call = ++this.#calls
    this.#running = { ...job, call }
    this.#worker.postMessage({ ...job.question, call })
    this.#limit(this.#timeoutMs)
  }

  /** Resolves once the thread is gone. */
  async end(reason: string): Promise<void> {
    if (this.#ended === null) {
      this.#ended = reason
      if (this.#timer !== null) clearTimeout(this.#timer)
      this.#timer = null
      const error = new Error(reason)
      this.#running?.reject(error)
      this.#running = null
      for (const job of this.#bound.splice(0)) job.reject(error)
    }
    await this.#worker.terminate()
  }

  #hear(reply: Exclude<GuestReply, { kind: 'log' }>): void {
    if (this.#ended !== null) return
    if (reply.kind === 'starting') this.#limit(START_MS)
    else if (reply.kind === 'started') this.#limit(this.#timeoutMs)
    else if (reply.kind === 'unfit') this.#events.unfit(reply.reason)
    else if (reply.kind === 'ready') {
      this.#isReady = true
      this.#deadline = Number.POSITIVE_INFINITY
      this.#events.ready(reply.features)
    } else this.#settle(reply)
  }

  #settle(reply: Extract<GuestReply, { readonly call: number }>): void {
    const job = this.#running
    if (job === null || job.call !== reply.call) return
    this.#deadline = Number.POSITIVE_INFINITY
    this.#running = null
    this.freeSince = performance.now()
    if (job.question.kind === 'response') this.#sessions--
    if (reply.kind === 'failed') job.reject(new Error(reply.reason))
    else {
      if (job.question.kind === 'request' && (reply.outcome as RequestOutcome).next !== null) this.#sessions++
      job.resolve({ thread: this, call: job.call, outcome: reply.outcome })
    }
    this.#events.idle()
  }

  #limit(ms: number): void {
    const at = performance.now() + ms
    this.#deadline = at
    // One timer for all calls: most are over long before it goes off.
    if (this.#timer !== null && this.#timerAt <= at) return
    this.#schedule(ms)
  }

  #schedule(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timerAt = performance.now() + ms
    this.#timer = setTimeout(() => this.#look(), ms)
    this.#timer.unref()
  }

  #look(): void {
    this.#timer = null
    if (this.#deadline === Number.POSITIVE_INFINITY) return
    const left = this.#deadline - performance.now()
    if (left > 0) {
      this.#schedule(left)
      return
    }
    this.#lose(
      this.#isReady
        ? `a call took longer than ${this.#timeoutMs} ms`
        : `the plugin has not started within ${START_MS} ms`,
    )
  }

  #lose(reason: string): void {
    if (this.#ended === null) this.#events.late(reason)
  }
}
