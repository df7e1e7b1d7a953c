import { expect, test } from 'vitest'
import type { Family } from '../../../src/telemetry/metrics/family.ts'
import { Deltas } from '../../../src/telemetry/otlp/deltas.ts'

const series = [{}, {}]

const counter = (...values: number[]): Family => ({
  name: 'c_total',
  help: '',
  type: 'counter',
  samples: values.map((value, i) => ({ labels: [['n', String(i)]], value, series: series[i]! })),
})

const histogram = (sum: number, ...counts: number[]): Family => ({
  name: 'h_seconds',
  help: '',
  type: 'histogram',
  samples: [
    {
      labels: [],
      value: counts.reduce((a, b) => a + b),
      histogram: { sum, boundaries: [1], counts },
      series: series[0]!,
    },
  ],
})

const read = (families: Iterable<Family>) =>
  Array.from(families, ({ samples }) =>
    Array.from(samples, ({ value, histogram }) =>
      histogram === undefined ? value : { value, sum: histogram.sum, counts: Array.from(histogram.counts) },
    ),
  )

test('of counters and histograms what was added is given, of series to which something was', () => {
  const deltas = new Deltas()
  expect(read(deltas.of([counter(3, 0), histogram(2, 1, 0)]))).toEqual([[3], [{ value: 1, sum: 2, counts: [1, 0] }]])
  expect(read(deltas.of([counter(5, 1), histogram(7, 1, 2)]))).toEqual([[2, 1], [{ value: 2, sum: 5, counts: [0, 2] }]])
  expect(read(deltas.of([counter(5, 1), histogram(7, 1, 2)]))).toEqual([[], []])
})

test('gauges stay as they are', () => {
  const gauge: Family = { name: 'g', help: '', type: 'gauge', samples: [{ labels: [], value: 4 }] }
  const deltas = new Deltas()
  expect(read(deltas.of([gauge]))).toEqual([[4]])
  expect(read(deltas.of([gauge]))).toEqual([[4]])
})
