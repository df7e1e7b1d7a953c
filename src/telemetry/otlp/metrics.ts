import type { Steps } from '../../http/steps.ts'
import type { Family, HistogramSample, Sample } from '../metrics/family.ts'
import { type Attributes, nanoseconds, writeAttributes } from './attributes.ts'
import { ProtoWriter } from './protobuf.ts'
import { type Resource, SCOPE, writeResource, writeScope } from './resource.ts'

/** How numbers are sent: since the start, or since they were sent last. */
export const DELTA = 1
export const CUMULATIVE = 2

/** What of the numbers is sent, and how. */
export interface MetricsEncoding {
  readonly resource: Resource
  /** Of the instruments. */
  readonly version: string
  /** Seconds, rising; those of the families are these and more. */
  readonly boundaries: readonly number[]
  /** Milliseconds since 1970. */
  readonly start: number
  readonly now: number
  readonly temporality: typeof DELTA | typeof CUMULATIVE
}

/** Units that Traefik gives to what Prometheus has no unit for. */
const UNITS: ReadonlyMap<string, string> = new Map([['traefik_config_last_reload_success', 'ms']])

const sizes = (of: string): string =>
  `The total size of ${of} in bytes handled by a router, partitioned by status code, protocol, and method.`

/** What Traefik explains in other words than for Prometheus. */
const DESCRIPTIONS: ReadonlyMap<string, string> = new Map([
  ['traefik_router_requests_bytes_total', sizes('requests')],
  ['traefik_router_responses_bytes_total', sizes('responses')],
])

/** Points that are written between two turns of others. */
const POINTS_A_TURN = 200

/**
 * An `ExportMetricsServiceRequest` of everything that has been counted; null: there is nothing. In steps, as there may be
 * tens of thousands of points.
 */
export function* encodeMetrics(
  families: Iterable<Family>,
  encoding: MetricsEncoding,
): Steps<Uint8Array<ArrayBuffer> | null> {
  const writer = new ProtoWriter()
  const resourceMetrics = writer.begin(1)
  writeResource(writer, 1, encoding.resource)
  const scopeMetrics = writer.begin(2)
  writeScope(writer, 1, SCOPE, encoding.version)
  let isEmpty = true
  for (const family of families) {
    const samples = [...family.samples]
    if (samples.length === 0) continue
    yield* writeMetric(writer, family, samples, encoding)
    isEmpty = false
  }
  writer.end(scopeMetrics)
  writer.end(resourceMetrics)
  return isEmpty ? null : writer.finish()
}

function* writeMetric(
  writer: ProtoWriter,
  family: Family,
  samples: readonly Sample[],
  encoding: MetricsEncoding,
): Steps<void> {
  const metric = writer.begin(2)
  writer.string(1, family.name)
  writer.string(2, DESCRIPTIONS.get(family.name) ?? family.help)
  writer.string(3, UNITS.get(family.name) ?? family.unit ?? '1')
  const data = writer.begin(family.type === 'gauge' ? 5 : family.type === 'counter' ? 7 : 9)
  let written = 0
  for (const sample of samples) {
    const point = writer.begin(1)
    const attributes = attributesOf(sample, family)
    if (sample.histogram === undefined) writeNumber(writer, sample, attributes, encoding)
    else writeHistogram(writer, sample, sample.histogram, attributes, encoding)
    writer.end(point)
    if (++written % POINTS_A_TURN === 0) yield
  }
  if (family.type !== 'gauge') writer.uint(2, encoding.temporality)
  if (family.type === 'counter') writer.bool(3, true)
  writer.end(data)
  writer.end(metric)
}

const attributesOf = ({ labels }: Sample, { integers }: Family): Attributes =>
  labels.flatMap(([name, value]): Attributes => [name, integers?.has(name) === true ? Number(value) : value])

function writeNumber(
  writer: ProtoWriter,
  { value }: Sample,
  attributes: Attributes,
  { start, now }: MetricsEncoding,
): void {
  writer.fixed64(2, nanoseconds(start))
  writer.fixed64(3, nanoseconds(now))
  writer.double(4, value)
  writeAttributes(writer, 7, attributes)
}

function writeHistogram(
  writer: ProtoWriter,
  { value }: Sample,
  histogram: HistogramSample,
  attributes: Attributes,
  { start, now, boundaries }: MetricsEncoding,
): void {
  writer.fixed64(2, nanoseconds(start))
  writer.fixed64(3, nanoseconds(now))
  writer.fixed64(4, value)
  writer.double(5, histogram.sum)
  writer.packedFixed64(6, folded(histogram, boundaries))
  writer.packedDouble(7, boundaries)
  for (const exemplar of histogram.exemplars ?? []) {
    if (exemplar === undefined) continue
    const at = writer.begin(8)
    writer.fixed64(2, nanoseconds(exemplar.at))
    writer.double(3, exemplar.value)
    writer.hex(5, exemplar.traceId)
    writer.end(at)
  }
  writeAttributes(writer, 9, attributes)
}

/** Counts of fewer buckets: those between two boundaries that are wanted together. */
export function folded({ boundaries, counts }: HistogramSample, wanted: readonly number[]): readonly number[] {
  const sums = new Array<number>(wanted.length + 1).fill(0)
  let to = 0
  for (let from = 0; from <= boundaries.length; from++) {
    const upper = from < boundaries.length ? boundaries[from]! : Number.POSITIVE_INFINITY
    while (to < wanted.length && wanted[to]! < upper) to++
    sums[to]! += counts[from]!
  }
  return sums
}
