import type { Clock } from '../../contracts/ports.ts'
import { type Fields, fromFieldText } from '../../http/fields.ts'
import type { MetricsPlan } from '../../plan/telemetry.ts'
import { LEVELS, levelTexts } from './families.ts'
import { type Family, type Sample, single } from './family.ts'
import { type Labels, sortedLabels } from './labels.ts'
import {
  BUCKETS,
  Count,
  type Level,
  Meter,
  REQUEST_BYTES,
  REQUESTS,
  RESPONSE_BYTES,
  type RequestSeries,
  SECONDS,
} from './meter.ts'

/** Combinations of what clients say that get a series of their own; all others share one. */
const MOST_HEADER_SERIES = 10_000

/** Characters of a label's value that a client gives. */
const LONGEST_VALUE = 128

/** Value of labels of clients that come too late for a series of their own. */
const OTHERS = 'others'

/** Elements that a configuration has: what is counted of others goes. */
export interface Present {
  readonly routers: Readonly<Record<string, unknown>>
  readonly services: Readonly<Record<string, unknown>>
}

/**
 * All that is counted in a process. It outlives configurations; what an element that is gone counted is shown once more
 * and then forgotten, as in Traefik (`pkg/observability/metrics/prometheus.go`).
 */
export class MetricsRegistry {
  readonly clock: Clock
  readonly #meters: Record<Level, Map<string, Meter>> = { entrypoint: new Map(), router: new Map(), service: new Map() }
  readonly #sources: (() => Iterable<Family>)[] = []
  /** Who sends every duration by itself. */
  readonly #listeners: ((series: RequestSeries, meter: Meter, durationMs: number) => void)[] = []
  #boundaries: readonly number[] = []
  #headerLabels: readonly (readonly [label: string, header: string])[] = []
  #headerSeries = 0
  #overflows = 0
  /** Keys of meters whose elements are gone. */
  readonly #leaving: Record<'router' | 'service', Set<string>> = { router: new Set(), service: new Set() }

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** What is wanted from now on; what has been counted stays as long as it is counted alike. */
  use({ boundaries, headerLabels }: MetricsPlan): void {
    this.#boundaries = boundaries
    this.#headerLabels = Object.entries(headerLabels)
  }

  /** Families from elsewhere, read whenever these are. */
  add(source: () => Iterable<Family>): void {
    this.#sources.push(source)
  }

  /** Called with every request that is counted. */
  onRequest(listener: (series: RequestSeries, meter: Meter, durationMs: number) => void): void {
    this.#listeners.push(listener)
  }

  get wantsEach(): boolean {
    return this.#listeners.length > 0
  }

  tell(series: RequestSeries, meter: Meter, durationMs: number): void {
    for (const listener of this.#listeners) listener(series, meter, durationMs)
  }

  /** The meter of an element, the same for the same element. @param labels the element's own, which tell it from others */
  meter(level: Level, labels: Labels): Meter {
    const meters = this.#meters[level]
    const key = labels.map(([, value]) => value).join('\n')
    let meter = meters.get(key)
    if (meter === undefined) {
      meter = new Meter(level, labels, this.#boundaries)
      meters.set(key, meter)
    }
    return meter
  }

  /** Counts a request by what its headers say, where that is wanted. */
  countHeaders(meter: Meter, series: RequestSeries, headers: readonly string[]): void {
    meter.byHeaders ??= new Map()
    let values = headers
    let key = `${series.labels.map(([, value]) => value).join(' ')}\n${values.join('\n')}`
    if (!meter.byHeaders.has(key) && this.#headerSeries >= MOST_HEADER_SERIES) {
      this.#overflows++
      values = headers.map(() => OTHERS)
      key = `${series.labels.map(([, value]) => value).join(' ')}\n${values.join('\n')}`
    }
    let count = meter.byHeaders.get(key)
    if (count === undefined) {
      const own = this.#headerLabels.map(([label], i) => [label, values[i]!] as const)
      count = new Count(sortedLabels([...series.labels, ...own]))
      meter.byHeaders.set(key, count)
      this.#headerSeries++
    }
    count.value++
  }

  /** What a request says for the labels that are taken from headers; null: there are none. */
  headerValues(headers: Fields): readonly string[] | null {
    if (this.#headerLabels.length === 0) return null
    return this.#headerLabels.map(([, header]) => fromFieldText(headers.first(header) ?? '').slice(0, LONGEST_VALUE))
  }

  /** Another configuration is in force. */
  settle(present: Present): void {
    for (const level of ['router', 'service'] as const) {
      const leaving = this.#leaving[level]
      for (const [key, meter] of this.#meters[level]) {
        if (isPresent(meter, present)) leaving.delete(key)
        else leaving.add(key)
      }
    }
  }

  /** Forgets what has left, once it was shown. */
  forget(): void {
    for (const level of ['router', 'service'] as const) {
      for (const key of this.#leaving[level]) {
        const { byHeaders } = this.#meters[level].get(key)!
        if (byHeaders !== null) this.#headerSeries -= byHeaders.size
        this.#meters[level].delete(key)
      }
      this.#leaving[level].clear()
    }
  }

  /** Everything, family by family. @param byHeaders requests are told apart by what their headers say, where that is counted */
  *families(levels: ReadonlySet<Level>, byHeaders: boolean): Generator<Family> {
    for (const source of this.#sources) yield* source()
    const apart = byHeaders && this.#headerLabels.length > 0
    for (const level of LEVELS) if (levels.has(level)) yield* this.#familiesOf(level, apart)
    if (apart) yield single(OVERFLOWS, this.#overflows)
  }

  *#familiesOf(level: Level, byHeaders: boolean): Generator<Family> {
    const meters = this.#meters[level]
    if (meters.size === 0) return
    const texts = levelTexts[level]
    const name = `traefik_${level}_`
    const series = (samplesOf: (meter: Meter) => Iterable<Sample>): Iterable<Sample> => ({
      *[Symbol.iterator]() {
        for (const meter of meters.values()) yield* samplesOf(meter)
      },
    })
    const numbers = (at: number) =>
      series(function* ({ series }) {
        for (const one of series.values()) yield { labels: one.labels, value: one.numbers[at]!, series: one }
      })
    const boundaries = this.#boundaries
    yield {
      name: `${name}request_duration_seconds`,
      help: texts.duration,
      type: 'histogram',
      unit: 's',
      samples: series(function* ({ series }) {
        for (const one of series.values()) yield durations(one, boundaries)
      }),
    }
    yield {
      name: `${name}requests_bytes_total`,
      help: texts.requestBytes,
      type: 'counter',
      samples: numbers(REQUEST_BYTES),
    }
    yield {
      name: `${name}requests_tls_total`,
      help: texts.tls,
      type: 'counter',
      samples: series(({ tls }) => counted(tls.values())),
    }
    yield {
      name: `${name}requests_total`,
      help: texts.requests,
      type: 'counter',
      samples: byHeaders ? series((meter) => counted(meter.byHeaders?.values() ?? [])) : numbers(REQUESTS),
    }
    yield {
      name: `${name}responses_bytes_total`,
      help: texts.responseBytes,
      type: 'counter',
      samples: numbers(RESPONSE_BYTES),
    }
    if (level !== 'service') return
    yield {
      name: 'traefik_service_retries_total',
      help: 'How many request retries happened on a service.',
      type: 'counter',
      samples: series(({ retries }) => counted(retries === null ? [] : [retries])),
    }
  }
}

const OVERFLOWS = {
  name: 'signalbox_metrics_header_series_overflows_total',
  help: `Requests whose header labels were counted as "${OTHERS}", as there were too many series.`,
  type: 'counter',
} as const

function* counted(counts: Iterable<Count>): Generator<Sample> {
  for (const count of counts) yield { labels: count.labels, value: count.value, series: count }
}

function durations(series: RequestSeries, boundaries: readonly number[]): Sample {
  const { labels, numbers, exemplars } = series
  const counts = numbers.subarray(BUCKETS)
  const histogram = { sum: numbers[SECONDS]!, boundaries, counts }
  return {
    labels,
    value: numbers[REQUESTS]!,
    histogram: exemplars === null ? histogram : { ...histogram, exemplars },
    series,
  }
}

/** Whether what a meter counts is there: its own element, and of routers the service as well. */
function isPresent({ level, base }: Meter, { routers, services }: Present): boolean {
  const [[, name], service] = base as readonly [Labels[number], Labels[number]?]
  if (level === 'service') return Object.hasOwn(services, name)
  if (!Object.hasOwn(routers, name)) return false
  // What is below a parent is no service of the configuration.
  return service === undefined || service[1] === `${name}-muxer` || Object.hasOwn(services, service[1])
}
