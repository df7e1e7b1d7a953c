import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atOnce } from '../../../src/http/steps.ts'
import type { Family } from '../../../src/telemetry/metrics/family.ts'
import { Double, writeValue } from '../../../src/telemetry/otlp/attributes.ts'
import { encodeLogs } from '../../../src/telemetry/otlp/logs.ts'
import { CUMULATIVE, encodeMetrics, folded } from '../../../src/telemetry/otlp/metrics.ts'
import { ProtoWriter } from '../../../src/telemetry/otlp/protobuf.ts'
import { resourceOf } from '../../../src/telemetry/otlp/resource.ts'
import { encodeTraces } from '../../../src/telemetry/otlp/traces.ts'
import { parentOf } from '../../../src/telemetry/tracing/parent.ts'
import { CLIENT, INTERNAL, SERVER, Span } from '../../../src/telemetry/tracing/span.ts'
import { attributesOf, decodeRequest, plain } from '../../support/otlp/decode.ts'

/** Unicode, and code units that are none alone, which come out as U+FFFD. */
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ minLength: 100, maxLength: 20_000 }))
const shown = (value: string): string => value.toWellFormed()
const value = fc.oneof(
  text,
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.double({ noNaN: true }),
  fc.array(text, { maxLength: 3 }),
)
const hex = (digits: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: digits, maxLength: digits })
    .map((each) => each.map((digit) => digit.toString(16)).join(''))
const millis = fc.integer({ min: 0, max: 4e12 })
const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n
/** Doubles have 53 bits of the 61 that nanoseconds take. */
const isNear = (a: bigint, b: bigint): boolean => a - b <= 512n && b - a <= 512n

/** Of zero there is one. */
const plainOf = (given: unknown): unknown => {
  if (typeof given === 'number') return given + 0
  return typeof given === 'string' ? shown(given) : Array.isArray(given) ? given.map(shown) : given
}

describe('what is written can be read by the published numbers', () => {
  test('spans', () => {
    const span = fc.record({
      traceId: hex(32),
      spanId: hex(16),
      name: text,
      kind: fc.constantFrom(INTERNAL, SERVER, CLIENT),
      start: millis,
      lasts: fc.nat(1e6),
      attributes: fc.dictionary(text, value, { maxKeys: 5 }),
      failure: fc.option(text),
      state: fc.constantFrom('', 'a=b'),
      isRemote: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(span, { maxLength: 4 }), (given) => {
        let now = 0
        const sent: Span[] = []
        const ports = { sink: { add: (one: Span) => void sent.push(one) }, now: () => now, random: () => 0.5 }
        const parents: (string | null)[] = []
        for (const one of given) {
          const parent = one.isRemote ? parentOf(one.traceId, one.spanId, true) : null
          parents.push(parent === null ? null : one.spanId)
          const { traceId, state } = one
          const trace = { traceId, isSampled: true, flags: 0, state, baggage: '', parent, isDetailed: true, epoch: 0 }
          const made = new Span(ports, trace, null, one.name, one.kind, one.start)
          for (const [name, each] of Object.entries(one.attributes)) made.set(name, each)
          if (one.failure !== null) made.fail(one.failure)
          now = one.start + one.lasts
          made.finish()
        }
        const { resourceSpans } = decodeRequest('traces', encodeTraces(['a', 'b'], sent))
        expect(attributesOf(resourceSpans[0].resource.attributes)).toEqual({ a: 'b' })
        const [{ scope, spans }] = resourceSpans[0].scopeSpans
        expect(scope.name).toBe('github.com/traefik/traefik')
        expect(spans).toHaveLength(given.length)
        given.forEach((one, i) => {
          const read = spans[i]
          expect(read.traceId).toBe(one.traceId)
          expect(read.spanId).toBe(sent[i]!.spanId)
          expect(read.parentSpanId ?? null).toBe(parents[i])
          expect(read.name).toBe(shown(one.name))
          expect(read.kind).toBe(one.kind)
          expect(isNear(read.startTimeUnixNano, nanos(one.start))).toBe(true)
          expect(isNear(read.endTimeUnixNano, nanos(one.start + one.lasts))).toBe(true)
          expect(read.traceState ?? '').toBe(one.state)
          expect(read.status?.code ?? 0).toBe(one.failure === null ? 0 : 2)
          expect(read.status?.message ?? '').toBe(shown(one.failure ?? ''))
          expect(read.flags).toBe(parents[i] === null ? 0x101 : 0x301)
          expect(read.attributes.map(({ key }: { key: string }) => key)).toEqual(Object.keys(one.attributes).map(shown))
          expect(read.attributes.map((pair: { value: unknown }) => plain(pair.value))).toEqual(
            Object.values(one.attributes).map(plainOf),
          )
        })
      }),
    )
  })

  test('metrics', () => {
    const label = fc.tuple(text, text)
    const histogram = fc.array(fc.nat(1e9), { minLength: 4, maxLength: 4 })
    const family = fc.record({
      name: text,
      help: text,
      type: fc.constantFrom('counter', 'gauge', 'histogram'),
      samples: fc.array(fc.record({ labels: fc.array(label), value: fc.nat(), counts: histogram }), { minLength: 1 }),
    })
    const boundaries = [0.1, 1, 5]
    fc.assert(
      fc.property(fc.array(family, { minLength: 1, maxLength: 4 }), millis, (given, now) => {
        const families = given.map(
          ({ samples, type, ...one }): Family => ({
            ...one,
            type: type as Family['type'],
            samples: samples.map(({ counts, ...sample }) =>
              type === 'histogram' ? { ...sample, histogram: { sum: 1.5, boundaries, counts } } : sample,
            ),
          }),
        )
        const options = { resource: [], version: '1', boundaries, start: 0, now, temporality: CUMULATIVE } as const
        const [{ scopeMetrics }] = decodeRequest('metrics', atOnce(encodeMetrics(families, options))!).resourceMetrics
        expect(scopeMetrics[0].metrics).toHaveLength(given.length)
        given.forEach((one, i) => {
          const metric = scopeMetrics[0].metrics[i]
          expect([metric.name, metric.description, metric.unit]).toEqual([shown(one.name), shown(one.help), '1'])
          const data = metric.sum ?? metric.gauge ?? metric.histogram
          expect(data.dataPoints).toHaveLength(one.samples.length)
          one.samples.forEach((sample, j) => {
            const point = data.dataPoints[j]
            expect(isNear(point.timeUnixNano, nanos(now))).toBe(true)
            const labels = point.attributes.map((pair: { key: string; value: unknown }) => [
              pair.key,
              plain(pair.value),
            ])
            expect(labels).toEqual(sample.labels.map(([name, each]) => [shown(name), shown(each)]))
            if (one.type !== 'histogram') expect(point.asDouble).toBe(sample.value)
            else {
              expect(point.count).toBe(BigInt(sample.value))
              expect(point.bucketCounts.map(Number)).toEqual(sample.counts)
              expect(point.explicitBounds).toEqual(boundaries)
              expect(point.sum).toBe(1.5)
            }
          })
        })
      }),
    )
  })

  test('log records', () => {
    const record = fc.record({
      at: millis,
      observedAt: millis,
      level: fc.constantFrom('trace' as const, 'info' as const, 'panic' as const),
      namesLevel: fc.boolean(),
      body: text,
      attributes: fc.array(fc.tuple(text, value)).map((pairs) => pairs.flat() as string[]),
      traceId: fc.oneof(fc.constant(''), hex(32)),
      spanId: hex(16),
      isSampled: fc.boolean(),
    })
    const numbers = { trace: 1, info: 9, panic: 24 }
    fc.assert(
      fc.property(fc.array(record, { maxLength: 4 }), (given) => {
        const [{ scopeLogs }] = decodeRequest('logs', encodeLogs([], given)).resourceLogs
        expect(scopeLogs[0].logRecords).toHaveLength(given.length)
        given.forEach((one, i) => {
          const read = scopeLogs[0].logRecords[i]
          expect(plain(read.body)).toBe(shown(one.body))
          expect(read.severityNumber).toBe(numbers[one.level])
          expect(read.severityText).toBe(one.namesLevel ? one.level : undefined)
          expect(isNear(read.timeUnixNano, nanos(one.at))).toBe(true)
          expect(isNear(read.observedTimeUnixNano, nanos(one.observedAt))).toBe(true)
          expect(read.traceId).toBe(one.traceId === '' ? undefined : one.traceId)
          expect(read.attributes).toHaveLength(one.attributes.length / 2)
        })
      }),
    )
  })

  test('integers of any size, and doubles that look like them', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (number) => {
        const writer = new ProtoWriter()
        const pair = writer.begin(1)
        const inner = writer.begin(1)
        const attribute = writer.begin(1)
        writer.string(1, 'k')
        writeValue(writer, 2, number)
        writer.end(attribute)
        writer.end(inner)
        writer.end(pair)
        const [{ resource }] = decodeRequest('logs', writer.finish()).resourceLogs
        expect(resource.attributes[0].value.intValue).toBe(number)
      }),
    )
    const [{ resource }] = decodeRequest('traces', encodeTraces(['d', new Double(2)], [])).resourceSpans
    expect(resource.attributes[0].value.doubleValue).toBe(2)
  })
})

test('buckets of fewer boundaries hold those between', () => {
  const counts = [1, 2, 4, 8, 16]
  expect(folded({ sum: 0, boundaries: [1, 2, 3, 4], counts }, [2, 4])).toEqual([3, 12, 16])
  expect(folded({ sum: 0, boundaries: [1, 2, 3, 4], counts }, [1, 2, 3, 4])).toEqual(counts)
  expect(folded({ sum: 0, boundaries: [1, 2, 3, 4], counts }, [])).toEqual([31])
})

test('of a resource the last that says something counts', () => {
  const of = (env: Record<string, string>, resourceAttributes: Record<string, string> = {}) => {
    const flat = resourceOf({ serviceName: 'proxy', resourceAttributes, version: '1.2' }, { 'host.name': 'h' }, env)
    return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]]] : [])))
  }
  expect(of({})).toEqual({
    'host.name': 'h',
    'service.name': 'proxy',
    'service.version': '1.2',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'signalbox',
    'telemetry.sdk.version': '1.2',
  })
  expect(of({}, { 'host.name': 'mine', 'service.name': 'other' })).toMatchObject({
    'host.name': 'mine',
    'service.name': 'other',
  })
  const env = { OTEL_RESOURCE_ATTRIBUTES: 'host.name=a%20b, x = y ,nothing,=z', OTEL_SERVICE_NAME: 'third' }
  expect(of(env, { 'host.name': 'mine' })).toMatchObject({ 'host.name': 'a b', x: 'y', 'service.name': 'third' })
})
