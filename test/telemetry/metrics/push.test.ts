import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LEVELS } from '../../../src/telemetry/metrics/families.ts'
import type { Level } from '../../../src/telemetry/metrics/meter.ts'
import { Differences } from '../../../src/telemetry/metrics/push/differences.ts'
import { influxLines } from '../../../src/telemetry/metrics/push/influxdb.ts'
import { Observations } from '../../../src/telemetry/metrics/push/observations.ts'
import type { Interval } from '../../../src/telemetry/metrics/push/readings.ts'
import { datadogLines, statsdLines } from '../../../src/telemetry/metrics/push/statsd.ts'
import { parseInflux, parseStatsd } from '../../support/metric-lines.ts'
import { CountedExchanges } from '../../support/metrics.ts'

/** Someone who is sent the numbers of exchanges, interval by interval. */
class Receiver {
  readonly exchanges = new CountedExchanges()
  readonly #observations = new Observations(() => 0.5)
  readonly #differences = new Differences()
  readonly #levels: ReadonlySet<Level>

  constructor(levels: readonly Level[] = LEVELS) {
    this.#levels = new Set(levels)
    this.exchanges.registry.onRequest((...of) => this.#observations.add(...of))
  }

  take<T>(lines: (interval: Interval) => Iterable<string>, parse: (line: string) => T): T[] {
    const { registry } = this.exchanges
    const families = registry.families(this.#levels, false)
    const interval = {
      families,
      levels: this.#levels,
      differences: this.#differences,
      observations: this.#observations,
    }
    return Array.from(lines(interval), parse)
  }
}

const statsd = (receiver: Receiver) =>
  receiver.take(
    (interval) => statsdLines(interval, 'edge'),
    (line) => parseStatsd(line, false),
  )

const datadog = (receiver: Receiver) =>
  receiver.take(
    (interval) => datadogLines(interval, 'edge'),
    (line) => parseStatsd(line, true),
  )

const influx = (receiver: Receiver) =>
  receiver.take((interval) => influxLines(interval, { region: 'eu west' }, 1_800_000_000_123), parseInflux)

test('StatsD gets sums of an interval, and each duration', () => {
  const receiver = new Receiver(['entrypoint'])
  receiver.exchanges.add({ end: { size: 10 }, durationMs: 7 })
  receiver.exchanges.add({ request: { method: 'POST' }, end: { size: 5 }, durationMs: 9 })
  const named = (name: string) => statsd_.filter((metric) => metric.name === name)
  let statsd_ = statsd(receiver)
  expect(named('edge.entrypoint.request.total')).toMatchObject([{ value: 2, type: 'c' }])
  expect(named('edge.entrypoint.responses.bytes.total')).toMatchObject([{ value: 15, type: 'c' }])
  expect(named('edge.entrypoint.request.duration')).toMatchObject([
    { value: 7, type: 'ms' },
    { value: 9, type: 'ms' },
  ])
  expect(named('edge.router.request.total')).toEqual([])
  receiver.exchanges.add()
  statsd_ = statsd(receiver)
  expect(named('edge.entrypoint.request.total')).toMatchObject([{ value: 1 }])
  expect(statsd(receiver)).toEqual([])
})

test('Datadog gets labels as tags and durations as histograms in seconds', () => {
  const receiver = new Receiver(['service'])
  receiver.exchanges.add({ durationMs: 250 })
  const tags = { code: '200', method: 'GET', protocol: 'http', service: 'service@file' }
  expect(datadog(receiver)).toEqual(
    [
      { name: 'edge.service.responses.bytes.total', value: 5, type: 'c', rate: 1, tags },
      { name: 'edge.service.request.total', value: 1, type: 'c', rate: 1, tags },
      { name: 'edge.service.request.duration', value: 0.25, type: 'h', rate: 1, tags },
    ].sort((a, b) => (a.type === b.type ? (a.name < b.name ? -1 : 1) : a.type < b.type ? -1 : 1)),
  )
})

test('InfluxDB gets quantiles of durations, and the further labels', () => {
  const receiver = new Receiver(['entrypoint'])
  for (let ms = 1; ms <= 100; ms++) receiver.exchanges.add({ durationMs: ms })
  const points = influx(receiver)
  const tags = { code: '200', entrypoint: 'web', method: 'GET', protocol: 'http', region: 'eu west' }
  const time = 1_800_000_000_123_000_000n
  expect(points.find(({ measurement }) => measurement === 'traefik.entrypoint.requests.total')).toEqual({
    measurement: 'traefik.entrypoint.requests.total',
    tags,
    fields: { count: 100 },
    time,
  })
  expect(points.find(({ measurement }) => measurement === 'traefik.entrypoint.request.duration')).toEqual({
    measurement: 'traefik.entrypoint.request.duration',
    tags,
    fields: { p50: 0.05, p90: 0.09, p95: 0.095, p99: 0.099 },
    time,
  })
})

test('of very many durations some are sent, with the share that they are', () => {
  const receiver = new Receiver(['entrypoint'])
  receiver.exchanges.clock.advance(0)
  for (let i = 0; i < 40_000; i++) receiver.exchanges.add({ durationMs: 1 })
  const durations = statsd(receiver).filter(({ type }) => type === 'ms')
  // Each exchange gives one of each level.
  expect(durations.length).toBeGreaterThan(3_000)
  expect(durations.length).toBeLessThan(10_000)
  expect(durations[0]!.rate).toBeCloseTo(10_000 / 120_000, 5)
})

const hostile = fc.string({ unit: fc.constantFrom('a', ',', '|', '#', '\n', '\r', '=', ' ', '\\', '"', ':', '@', 'é') })

test('whatever a name holds, lines stay what they are', () => {
  fc.assert(
    fc.property(hostile, (name) => {
      const receiver = new Receiver(['router'])
      receiver.exchanges.add({ router: { service: `x${name}` } })
      for (const { tags } of datadog(receiver)) expect(Object.keys(tags).sort()).toContain('service')
      receiver.exchanges.add({ router: { service: `x${name}` } })
      for (const { tags } of influx(receiver)) expect(Object.keys(tags)).toContain('service')
    }),
  )
})
