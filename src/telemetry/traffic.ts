import type { Observer } from '../contracts/observer.ts'
import type { Clock } from '../contracts/ports.ts'
import type { ExchangeEnd, RequestContext } from '../http/request-context.ts'
import { withoutUserInfo } from './access-log/server-url.ts'
import { nowhere } from './nowhere.ts'

/** Seconds of a step, and steps that are kept: five minutes. */
const STEP_SECONDS = 2
const STEPS = 150

/** Steps of a slot of a router or a server, and slots: the same five minutes. */
const SLOT_STEPS = 30
const SLOTS = STEPS / SLOT_STEPS

/** How long nobody may have looked before nothing is kept any more, in milliseconds. */
const PATIENCE_MS = 60_000

/** Routers, and servers, that are told apart. */
const MOST_NAMES = 2_000

/** Those that are shown: the busiest. */
const MOST_SHOWN = 100

/** Durations by powers of this, from a tenth of a millisecond to about three minutes: within 12 % of what they were. */
const GROWTH = 1.25
const FIRST_MS = 0.1
const BUCKETS = 64

/** What the last minutes were, kept while somebody looks. */
export interface TrafficView {
  readonly listening: true
  readonly stepSeconds: number
  readonly from: string
  readonly steps: number
  /** A number for each step, the oldest first; milliseconds, null where there was nothing. */
  readonly total: {
    readonly requests: readonly number[]
    readonly errors: readonly number[]
    readonly p50: readonly (number | null)[]
    readonly p99: readonly (number | null)[]
  }
  readonly routers: Readonly<Record<string, TrafficSummary>>
  readonly servers: Readonly<Record<string, TrafficSummary>>
}

/** Over the whole time. */
export interface TrafficSummary {
  readonly requests: number
  /** Statuses of 500 and above. */
  readonly errors: number
  readonly p50: number | null
  readonly p99: number | null
}

/**
 * Requests a second, errors and durations of the last minutes, in total, by router and by server, for who looks at the
 * dashboard. It begins with the first look and ends a minute after the last one; until then an exchange costs a glance.
 */
export class Traffic {
  readonly #clock: Clock
  /** Step that began last, counted since the clock's zero; -1: nobody looks. */
  #step = -1
  #since = 0
  #lookedAt = 0
  #total = new Ring(STEPS)
  #routers = new Map<string, Ring>()
  #servers = new Map<string, Ring>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get observer(): Observer {
    return {
      ...nowhere,
      entryPoint: () => (next) => (request, cx) => {
        if (this.#step !== -1) cx.onEnd((end) => this.#add(cx, end))
        return next(request, cx)
      },
    }
  }

  /** What is known; from now on it is kept. */
  view(): TrafficView {
    const now = this.#clock.now()
    if (this.#step === -1 || now - this.#lookedAt > PATIENCE_MS) this.#begin(now)
    this.#lookedAt = now
    const step = stepAt(now)
    this.#step = step
    const first = Math.max(this.#since, step - STEPS + 1)
    const each = Array.from({ length: step - first + 1 }, (_, i) => this.#total.sum(first + i, first + i))
    return {
      listening: true,
      stepSeconds: STEP_SECONDS,
      from: new Date(this.#clock.date().getTime() - (now - first * STEP_SECONDS * 1000)).toISOString(),
      steps: each.length,
      total: {
        requests: each.map(({ requests }) => requests),
        errors: each.map(({ errors }) => errors),
        p50: each.map((sum) => sum.quantile(0.5)),
        p99: each.map((sum) => sum.quantile(0.99)),
      },
      routers: summaries(this.#routers, step),
      servers: summaries(this.#servers, step),
    }
  }

  #begin(now: number): void {
    this.#since = stepAt(now)
    this.#total = new Ring(STEPS)
    this.#routers = new Map()
    this.#servers = new Map()
  }

  #add({ record, start }: RequestContext, end: ExchangeEnd): void {
    const now = this.#clock.now()
    if (now - this.#lookedAt > PATIENCE_MS) {
      this.#step = -1
      this.#begin(now)
      return
    }
    const step = stepAt(now)
    const isError = end.status >= 500
    const bucket = bucketOf(now - start)
    this.#total.add(step, isError, bucket)
    add(this.#routers, record.router, step, isError, bucket)
    add(this.#servers, withoutUserInfo(record.serverUrl), step, isError, bucket)
  }
}

const stepAt = (now: number): number => Math.floor(now / (STEP_SECONDS * 1000))

const slotAt = (step: number): number => Math.floor(step / SLOT_STEPS)

function add(rings: Map<string, Ring>, name: string, step: number, isError: boolean, bucket: number): void {
  if (name === '') return
  let ring = rings.get(name)
  if (ring === undefined) {
    if (rings.size >= MOST_NAMES) return
    ring = new Ring(SLOTS)
    rings.set(name, ring)
  }
  ring.add(slotAt(step), isError, bucket)
}

function summaries(rings: ReadonlyMap<string, Ring>, step: number): Record<string, TrafficSummary> {
  const last = slotAt(step)
  const all = [...rings].map(([name, ring]) => ({ name, sum: ring.sum(last - SLOTS + 1, last) }))
  const busiest = all.filter(({ sum }) => sum.requests > 0).sort((a, b) => b.sum.requests - a.sum.requests)
  return Object.fromEntries(
    busiest.slice(0, MOST_SHOWN).map(({ name, sum }) => {
      const { requests, errors } = sum
      return [name, { requests, errors, p50: sum.quantile(0.5), p99: sum.quantile(0.99) }]
    }),
  )
}

/** Requests, errors and durations, in as many periods as it has room for: the oldest makes way. */
class Ring {
  readonly #size: number
  /** Which period each place has. */
  readonly #periods: Float64Array
  readonly #numbers: Uint32Array

  constructor(size: number) {
    this.#size = size
    this.#periods = new Float64Array(size).fill(-1)
    this.#numbers = new Uint32Array(size * WIDTH)
  }

  add(period: number, isError: boolean, bucket: number): void {
    const place = period % this.#size
    const at = place * WIDTH
    if (this.#periods[place] !== period) {
      this.#numbers.fill(0, at, at + WIDTH)
      this.#periods[place] = period
    }
    this.#numbers[at]!++
    if (isError) this.#numbers[at + 1]!++
    this.#numbers[at + 2 + bucket]!++
  }

  /** All of some periods together. */
  sum(first: number, last: number): Sum {
    const sum = new Sum()
    for (let period = Math.max(0, first); period <= last; period++) {
      const place = period % this.#size
      if (this.#periods[place] !== period) continue
      const at = place * WIDTH
      sum.requests += this.#numbers[at]!
      sum.errors += this.#numbers[at + 1]!
      for (let i = 0; i < BUCKETS; i++) sum.buckets[i]! += this.#numbers[at + 2 + i]!
    }
    return sum
  }
}

/** Requests, errors, buckets. */
const WIDTH = 2 + BUCKETS

class Sum {
  requests = 0
  errors = 0
  readonly buckets = new Uint32Array(BUCKETS)

  /** Milliseconds; null where there was nothing. */
  quantile(share: number): number | null {
    if (this.requests === 0) return null
    let left = Math.ceil(this.requests * share)
    let bucket = 0
    while (bucket < BUCKETS - 1 && left > this.buckets[bucket]!) left -= this.buckets[bucket++]!
    return Number((FIRST_MS * GROWTH ** (bucket - 0.5)).toPrecision(3))
  }
}

function bucketOf(ms: number): number {
  if (ms <= FIRST_MS) return 0
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / FIRST_MS) / Math.log(GROWTH)))
}
