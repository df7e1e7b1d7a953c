import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { RequestOutcome, ResponseOutcome } from '../../../../src/engine/wasm/guest-exchange.ts'
import { MOST_GUESTS } from '../../../../src/engine/wasm/guest-pool.ts'
import type { GuestLogLevel } from '../../../../src/engine/wasm/handler-imports.ts'
import { MOST_CALLS, PLACES, Progress } from './progress.ts'
import type { GuestQuestion, GuestReply, GuestSetup, GuestThreadData } from './thread-messages.ts'

/** How long the start of a guest may take, in milliseconds. */
const START_MS = 30_000
/** JavaScript on a thread needs next to nothing; the memory of guests is beside it. */
const HEAP_MB = 64

/** A question without the number that it gets. */
type Asked =
  | Omit<Extract<GuestQuestion, { kind: 'request' }>, 'call'>
  | Omit<Extract<GuestQuestion, { kind: 'response' }>, 'call'>

export interface Job {
  readonly question: Asked
  /** When it was asked, in milliseconds of a monotonic clock. */
  readonly since: number
  resolve(done: Done): void
  reject(error: Error): void
}

export interface Done {
  readonly thread: ThreadOfGuests
  /** The session, for who asks about the answer. */
  readonly call: number
  readonly outcome: RequestOutcome | ResponseOutcome
}

export interface ThreadEvents {
  log(level: GuestLogLevel, message: string): void
  ready(features: number): void
  /** It has room again. */
  free(): void
  /** It is of no use any more. */
  lost(reason: string): void
}

/** A thread with guests, and what it has been asked. */
export class ThreadOfGuests {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #progress = new Progress()
  readonly #events: ThreadEvents
  #isReady = false
  readonly #asked = new Map<number, Job>()
  /** Questions about answers that wait for a place: only this thread has the guests that they are for. */
  readonly #bound: Job[] = []
  /** Guests that wait for an answer. */
  #sessions = 0
  /** Questions about requests, each of which may make a session. */
  #requests = 0
  #lastCall = 0
  #outbox: GuestQuestion[] = []
  #ended: string | null = null
  #gone: Promise<unknown> = Promise.resolve()
  readonly #begun = performance.now()
  freeSince = performance.now()

  constructor({ module, config, environment, mounts }: GuestSetup, events: ThreadEvents) {
    this.#events = events
    const { port1, port2 } = new MessageChannel()
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const { memory: progress } = this.#progress
    const workerData: GuestThreadData = { module, config, environment, mounts, progress, port: port2 }
    this.#worker = new Worker(new URL(`./guest-thread.${extension}`, import.meta.url), {
      workerData,
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      // What guests get of the environment are the variables that are named.
      env: {},
      // Node says that WASI may still change.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#port = port1
    port1.on('message', (replies: readonly GuestReply[]) => this.#hearAll(replies))
    this.#worker.on('error', (error) => this.lose(error.message))
    this.#worker.on('exit', () => this.lose('its thread has ended'))
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** Calls that it has. */
  get calls(): number {
    return this.#asked.size + this.#bound.length
  }

  /** It has something to do, or has not started yet. */
  get isBusy(): boolean {
    return this.calls > 0 || !this.#isReady
  }

  /** No guest of it waits for an answer. */
  get isUnused(): boolean {
    return this.#sessions === 0
  }

  /** Whether it takes one more request. */
  get hasRoom(): boolean {
    if (!this.#isReady || this.#ended !== null) return false
    return (
      this.calls < MOST_CALLS &&
      this.#hasPlace &&
      this.#sessions + this.#requests < MOST_GUESTS &&
      !this.isStuck(STUCK_MS)
    )
  }

  get #hasPlace(): boolean {
    const oldest = this.#asked.keys().next().value
    return oldest === undefined || this.#lastCall + 1 - oldest < PLACES
  }

  /** What runs has run for so long. */
  isStuck(ms: number): boolean {
    if (this.#asked.size === 0) return false
    const running = this.#progress.running()
    return running !== null && running.ms >= ms
  }

  /** Why it is to be given up; null: nothing takes too long. */
  overdue(timeoutMs: number): string | null {
    if (!this.#isReady) {
      return performance.now() - this.#begun > START_MS ? `the plugin has not started within ${START_MS} ms` : null
    }
    const running = this.#progress.running()
    const limit = running?.isStart === true ? START_MS : timeoutMs
    return running !== null && running.ms > limit ? `a call took longer than ${limit} ms` : null
  }

  ask(job: Job): void {
    if (this.#ended !== null) job.reject(new Error(this.#ended))
    else if (this.#asked.size >= MOST_CALLS || !this.#hasPlace) this.#bound.push(job)
    else this.#send(job)
  }

  /** Requests that have not begun: they never will, here. */
  takeBack(): readonly Job[] {
    const jobs: Job[] = []
    for (const [call, job] of this.#asked) {
      if (job.question.kind !== 'request' || !this.#progress.takeBack(call)) continue
      this.#asked.delete(call)
      this.#requests--
      jobs.push(job)
    }
    return jobs
  }

  /**
   * Gives it up. What runs fails, and questions about answers, as their guests are gone.
   * @returns requests that can be asked again elsewhere: nobody will ever know what became of them here
   */
  end(reason: string): readonly Job[] {
    if (this.#ended !== null) return []
    // What has been answered is on its way.
    for (let found = receiveMessageOnPort(this.#port); found !== undefined; found = receiveMessageOnPort(this.#port)) {
      for (const reply of found.message as readonly GuestReply[]) this.#hear(reply)
    }
    const running = this.#progress.running()?.call
    this.#ended = reason
    const again: Job[] = []
    for (const [call, job] of this.#asked) {
      if (job.question.kind === 'request' && call !== running) again.push(job)
      else job.reject(new Error(reason))
    }
    for (const job of this.#bound.splice(0)) job.reject(new Error(reason))
    this.#asked.clear()
    this.#port.close()
    this.#gone = this.#worker.terminate()
    return again
  }

  /** Resolves once the thread of one that was given up is gone. */
  async gone(): Promise<void> {
    await this.#gone
  }

  lose(reason: string): void {
    if (this.#ended === null) this.#events.lost(reason)
  }

  #send(job: Job): void {
    const call = ++this.#lastCall
    this.#asked.set(call, job)
    if (job.question.kind === 'request') this.#requests++
    this.#progress.offer(call)
    this.#outbox.push({ ...job.question, call })
    // All that comes in one turn goes together: waking the thread costs more than most calls.
    if (this.#outbox.length === 1) setImmediate(() => this.#flush())
  }

  #flush(): void {
    if (this.#ended === null) this.#port.postMessage(this.#outbox)
    this.#outbox = []
  }

  #hearAll(replies: readonly GuestReply[]): void {
    for (const reply of replies) this.#hear(reply)
    this.#events.free()
  }

  #hear(reply: GuestReply): void {
    if (reply.kind === 'log') return void this.#events.log(reply.level, reply.message)
    if (this.#ended !== null) return
    if (reply.kind === 'unfit') this.lose(reply.reason)
    else if (reply.kind === 'ready') {
      this.#isReady = true
      // From now on it keeps no process from its end.
      this.#worker.unref()
      this.#port.unref()
      this.#events.ready(reply.features)
    } else this.#settle(reply)
  }

  #settle(reply: Extract<GuestReply, { readonly call: number }>): void {
    const job = this.#asked.get(reply.call)
    if (job === undefined) return
    this.#asked.delete(reply.call)
    this.freeSince = performance.now()
    if (job.question.kind === 'response') this.#sessions--
    else this.#requests--
    if (reply.kind === 'failed') job.reject(new Error(reply.reason))
    else {
      if (job.question.kind === 'request' && (reply.outcome as RequestOutcome).next !== null) this.#sessions++
      job.resolve({ thread: this, call: reply.call, outcome: reply.outcome })
    }
    const bound = this.#bound.shift()
    if (bound !== undefined) this.#send(bound)
  }
}

/** What runs so long lets nothing more line up behind it, in milliseconds. */
const STUCK_MS = 5
