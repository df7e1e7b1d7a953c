/** Calls that a thread has at one time, one of which runs. */
export const MOST_CALLS = 8

/** What a thread does. */
const NOTHING = 0
const CALLING = 1
const STARTING = 2

/** Places of calls: of those that have not begun none is so far behind the newest. */
export const PLACES = 64

const DOING = 0
const CALL = 1
const FIRST_PLACE = 2
const BYTES = 8 + (FIRST_PLACE + PLACES) * 4

/** What runs on a thread. */
export interface Running {
  readonly call: number
  /** A guest is started for it, which may take longer. */
  readonly isStart: boolean
  /** For how long, in milliseconds. */
  readonly ms: number
}

/**
 * How far a thread has come with its calls, in memory that it shares with the one that asks: which of them have begun,
 * and how long what runs has run. A call that has not begun can be taken back.
 */
export class Progress {
  readonly memory: SharedArrayBuffer
  readonly #since: Float64Array
  readonly #state: Int32Array

  constructor(memory = new SharedArrayBuffer(BYTES)) {
    this.memory = memory
    this.#since = new Float64Array(memory, 0, 1)
    this.#state = new Int32Array(memory, 8)
  }

  // ---- who asks

  /** The call that had its place before has begun, or was taken back. */
  offer(call: number): void {
    Atomics.store(this.#state, placeOf(call), call)
  }

  /** Whether a call has not begun, and now never will. */
  takeBack(call: number): boolean {
    return Atomics.compareExchange(this.#state, placeOf(call), call, 0) === call
  }

  running(): Running | null {
    const doing = Atomics.load(this.#state, DOING)
    if (doing === NOTHING) return null
    const call = Atomics.load(this.#state, CALL)
    return { call, isStart: doing === STARTING, ms: timeNow() - this.#since[0]! }
  }

  // ---- the thread

  /** False: the call was taken back. */
  begin(call: number): boolean {
    if (!this.takeBack(call)) return false
    Atomics.store(this.#state, CALL, call)
    this.#set(CALLING)
    return true
  }

  /** What runs starts a guest, or has done so. */
  starting(isOver: boolean): void {
    this.#set(isOver ? CALLING : STARTING)
  }

  end(): void {
    Atomics.store(this.#state, DOING, NOTHING)
  }

  #set(doing: number): void {
    this.#since[0] = timeNow()
    Atomics.store(this.#state, DOING, doing)
  }
}

const placeOf = (call: number): number => FIRST_PLACE + (call % PLACES)

/** The same on all threads. */
const timeNow = (): number => performance.timeOrigin + performance.now()
