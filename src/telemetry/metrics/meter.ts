import type { Exemplar } from './family.ts'
import { type Labels, sortedLabels } from './labels.ts'
import { methodOf, protocolOf, type RequestClass } from './request-class.ts'

/** What requests are counted of. */
export type Level = 'entrypoint' | 'router' | 'service'

// Places of a series' numbers.
export const REQUESTS = 0
export const REQUEST_BYTES = 1
export const RESPONSE_BYTES = 2
export const SECONDS = 3
export const BUCKETS = 4

/** What is counted of the requests of one meter that ended alike. */
export class RequestSeries {
  readonly labels: Labels
  /** Requests, octets of requests and of answers, seconds, then each bucket of the durations. */
  readonly numbers: Float64Array
  /** By bucket; null: no exchange was traced. */
  exemplars: (Exemplar | undefined)[] | null = null

  constructor(labels: Labels, boundaries: readonly number[]) {
    this.labels = labels
    this.numbers = new Float64Array(BUCKETS + boundaries.length + 1)
  }
}

/** A number of its own beside those of `RequestSeries`. */
export class Count {
  readonly labels: Labels
  value = 0

  constructor(labels: Labels) {
    this.labels = labels
  }
}

/** What counts the requests of one entry point, router or service: an increment is an addition to an array. */
export class Meter {
  readonly level: Level
  /** Of all of its series. */
  readonly base: Labels
  readonly series = new Map<number, RequestSeries>()
  /** By version and cipher. */
  readonly tls = new Map<string, Count>()
  /** Requests once more, by what headers said of them; null: nobody asked for that. */
  byHeaders: Map<string, Count> | null = null
  retries: Count | null = null
  readonly #boundaries: readonly number[]
  #lastKey = -1
  #last: RequestSeries | null = null

  /** @param boundaries seconds, rising */
  constructor(level: Level, base: Labels, boundaries: readonly number[]) {
    this.level = level
    this.base = base
    this.#boundaries = boundaries
  }

  /**
   * Counts a request that is over; gives its series.
   * @param code HTTP status; of gRPC its own
   */
  add(
    requestClass: RequestClass,
    code: number,
    durationMs: number,
    requestBytes: number,
    responseBytes: number,
  ): RequestSeries {
    const series = this.#seriesOf(requestClass, code)
    const { numbers } = series
    numbers[REQUESTS]!++
    numbers[REQUEST_BYTES]! += requestBytes
    numbers[RESPONSE_BYTES]! += responseBytes
    numbers[SECONDS]! += durationMs > 0 ? durationMs / 1000 : 0
    numbers[BUCKETS + this.bucketOf(durationMs)]!++
    return series
  }

  /** The bucket of an observation, counted from 0. */
  bucketOf(durationMs: number): number {
    const boundaries = this.#boundaries
    const seconds = durationMs / 1000
    let bucket = 0
    while (bucket < boundaries.length && seconds > boundaries[bucket]!) bucket++
    return bucket
  }

  /** Notes the trace of an exchange that was counted. @param at milliseconds since 1970 */
  trace(series: RequestSeries, durationMs: number, traceId: string, at: number): void {
    series.exemplars ??= []
    series.exemplars[this.bucketOf(durationMs)] = { traceId, value: durationMs / 1000, at }
  }

  addTls(version: string, cipher: string): void {
    const key = `${version} ${cipher}`
    let count = this.tls.get(key)
    if (count === undefined) {
      count = new Count(
        sortedLabels([
          ...this.base,
          ['tls_version', version.replace(/^TLSv/, '') || 'unknown'],
          ['tls_cipher', cipher],
        ]),
      )
      this.tls.set(key, count)
    }
    count.value++
  }

  addRetry(): void {
    this.retries ??= new Count(this.base)
    this.retries.value++
  }

  #seriesOf(requestClass: RequestClass, code: number): RequestSeries {
    const key = (code << 8) | requestClass
    // Most requests end as the one before.
    if (key === this.#lastKey) return this.#last!
    let series = this.series.get(key)
    if (series === undefined) {
      const labels = sortedLabels([
        ...this.base,
        ['code', String(code)],
        ['method', methodOf(requestClass)],
        ['protocol', protocolOf(requestClass)],
      ])
      series = new RequestSeries(labels, this.#boundaries)
      this.series.set(key, series)
    }
    this.#lastKey = key
    this.#last = series
    return series
  }
}
