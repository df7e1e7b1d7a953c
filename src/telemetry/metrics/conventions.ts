import type { Asked, Observer } from '../../contracts/observer.ts'
import type { Clock, Transport } from '../../contracts/ports.ts'
import { UpstreamFailure } from '../../http/failure.ts'
import { fromFieldText } from '../../http/fields.ts'
import { andThen } from '../../http/maybe-promise.ts'
import { failureStatus } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import { nowhere } from '../nowhere.ts'
import { protocolVersion } from '../tracing/tracer.ts'
import { atHead } from './at-head.ts'
import type { Exemplar, Family, Sample } from './family.ts'
import type { Labels } from './labels.ts'

/** Series of a name: what comes later shares one, as the specification has it (`otel.metric.overflow`). */
const MOST_SERIES = 2_000
/** Characters of a text that a client gives. */
const LONGEST_TEXT = 128

const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 }

/**
 * Durations of requests by OpenTelemetry's semantic conventions, which Traefik sends beside its own numbers
 * (`pkg/middlewares/observability/semconv.go`, `pkg/proxy/httputil/observability.go`).
 */
export class ConventionMetrics {
  readonly #clock: Clock
  readonly boundaries: readonly number[]
  readonly #server: Durations
  readonly #client: Durations

  /** @param boundaries seconds, rising */
  constructor(clock: Clock, boundaries: readonly number[]) {
    this.#clock = clock
    this.boundaries = boundaries
    this.#server = new Durations(boundaries)
    this.#client = new Durations(boundaries)
  }

  /** Requests that shared a series since there were too many. */
  get overflows(): number {
    return this.#server.overflows + this.#client.overflows
  }

  *families(): Generator<Family> {
    const common = { type: 'histogram', unit: 's', integers: INTEGERS } as const
    const server = { name: 'http.server.request.duration', help: 'Duration of HTTP server requests.' }
    const client = { name: 'http.client.request.duration', help: 'Duration of HTTP client requests.' }
    yield { ...common, ...server, samples: this.#server.samples(this.boundaries) }
    yield { ...common, ...client, samples: this.#client.samples(this.boundaries) }
  }

  /**
   * @param addInternals whether requests to `@internal` services count
   * @param endsAtHead a request is over with the head of its answer: where waiting for its end costs
   */
  observer(addInternals: boolean, endsAtHead: boolean): Observer {
    const clock = this.#clock
    return {
      ...nowhere,
      entryPoint: () => (next) => (request, cx) => {
        const start = clock.now()
        const { record } = cx
        const facts = serverFacts(request)
        const done = (status: number): void => {
          if (!record.metered || (!addInternals && record.service.endsWith('@internal'))) return
          const trace = record.span?.isSampled === true ? record.traceId : ''
          this.#server.add(facts, status, clock.now() - start, trace, clock.date())
        }
        if (endsAtHead) return atHead(next, request, cx, done)
        cx.onEnd(({ status }) => done(status))
        return next(request, cx)
      },
      client: (asked, transport) => (asked.what === 'server' ? this.#counted(asked, transport) : null),
    }
  }

  #counted({ scheme, authority }: Asked, transport: Transport): Transport {
    const clock = this.#clock
    const port = Number(/:(\d+)$/.exec(authority)?.[1] ?? PORTS[scheme] ?? 0)
    return {
      send: (request, cx) => {
        const { record } = cx
        if (!record.metered) return transport.send(request, cx)
        const start = clock.now()
        const facts = clientFacts(request, authority, port)
        const trace = record.span?.isSampled === true ? record.traceId : ''
        return andThen(transport.send(request, cx), (answer) => {
          const status = answer instanceof UpstreamFailure ? failureStatus[answer.kind] : answer.status
          this.#client.add(facts, status, clock.now() - start, trace, clock.date())
          return answer
        })
      },
      close: () => transport.close(),
    }
  }
}

/** What is known of a request before its answer, in the alphabetical order of the names. */
type Facts = readonly string[]

const INTEGERS: ReadonlySet<string> = new Set(['http.response.status_code', 'server.port'])

const cut = (text: string): string => fromFieldText(text.slice(0, LONGEST_TEXT))

function commonFacts({ method, headers }: ProxyRequest, version: string): string[] {
  return [
    ...['http.request.method', cut(method)],
    ...['network.protocol.name', version.toLowerCase()],
    ...['network.protocol.version', protocolVersion(version)],
    ...['url.scheme', cut(headers.first('x-forwarded-proto') ?? '')],
  ]
}

const serverFacts = (request: ProxyRequest): Facts => [
  ...commonFacts(request, request.version),
  ...['server.address', cut(request.authority)],
]

const clientFacts = (request: ProxyRequest, authority: string, port: number): Facts => [
  ...commonFacts(request, 'HTTP/1.1'),
  ...['server.address', authority],
  ...['server.port', String(port)],
]

/** One histogram. */
class Durations {
  overflows = 0
  readonly #series = new Map<string, Series>()
  readonly #boundaries: readonly number[]

  constructor(boundaries: readonly number[]) {
    this.#boundaries = boundaries
  }

  add(facts: Facts, status: number, durationMs: number, traceId: string, date: Date): void {
    const series = this.#seriesOf(facts, status)
    const value = durationMs > 0 ? durationMs / 1000 : 0
    let bucket = 0
    while (bucket < this.#boundaries.length && value > this.#boundaries[bucket]!) bucket++
    series.count++
    series.sum += value
    series.buckets[bucket]!++
    if (traceId !== '') series.exemplars[bucket] = { traceId, value, at: date.getTime() }
  }

  *samples(boundaries: readonly number[]): Generator<Sample> {
    for (const series of this.#series.values()) {
      const { labels, count, sum, buckets: counts, exemplars } = series
      yield { labels, value: count, histogram: { sum, boundaries, counts, exemplars }, series }
    }
  }

  #seriesOf(facts: Facts, status: number): Series {
    const key = `${status}\n${facts.join('\n')}`
    const known = this.#series.get(key)
    if (known !== undefined) return known
    if (this.#series.size >= MOST_SERIES) {
      this.overflows++
      return this.#made('', [['otel.metric.overflow', 'true']])
    }
    const labels: [string, string][] = [['http.response.status_code', String(status)]]
    if (status < 100 || status >= 600) labels.push(['error.type', `Invalid HTTP status code ${status}`])
    else if (status >= 400) labels.push(['error.type', String(status)])
    for (let i = 0; i < facts.length; i += 2) labels.push([facts[i]!, facts[i + 1]!])
    return this.#made(key, labels)
  }

  #made(key: string, labels: Labels): Series {
    const known = this.#series.get(key)
    if (known !== undefined) return known
    const series = new Series(labels, this.#boundaries.length + 1)
    this.#series.set(key, series)
    return series
  }
}

class Series {
  readonly labels: Labels
  readonly buckets: Float64Array
  readonly exemplars: (Exemplar | undefined)[] = []
  count = 0
  sum = 0

  constructor(labels: Labels, buckets: number) {
    this.labels = labels
    this.buckets = new Float64Array(buckets)
  }
}
