import { expect, test } from 'vitest'
import { exposition, type Notation } from '../../../src/telemetry/metrics/exposition.ts'
import type { Family } from '../../../src/telemetry/metrics/family.ts'

const write = (families: readonly Family[], notation: Notation = 'text') => [...exposition(families, notation)].join('')

const counter: Family = {
  name: 'b_total',
  help: 'A "text"\nwith \\ in it.',
  type: 'counter',
  samples: [{ labels: [['a', 'x"y\\z\n']], value: 3 }],
}

const gauge: Family = {
  name: 'a',
  help: 'Gauge',
  type: 'gauge',
  samples: [{ labels: [], value: Number.POSITIVE_INFINITY }],
}

const histogram: Family = {
  name: 'c_seconds',
  help: 'Time',
  type: 'histogram',
  samples: [
    {
      labels: [['code', '200']],
      value: 4,
      histogram: {
        sum: 2.5,
        boundaries: [0.1, 5],
        counts: [1, 2, 1],
        exemplars: [undefined, { traceId: 'ab'.repeat(16), value: 0.7, at: 1_700_000_000_500 }],
      },
    },
  ],
}

test('families come in the order of their names, with what they are', () => {
  expect(write([counter, gauge])).toBe(
    [
      '# HELP a Gauge',
      '# TYPE a gauge',
      'a +Inf',
      '# HELP b_total A "text"\\nwith \\\\ in it.',
      '# TYPE b_total counter',
      'b_total{a="x\\"y\\\\z\\n"} 3',
      '',
    ].join('\n'),
  )
})

test('a family without series is left out', () => {
  expect(write([{ ...gauge, samples: [] }])).toBe('')
})

test('buckets hold what is below them too', () => {
  expect(write([histogram]).split('\n').slice(2)).toEqual([
    'c_seconds_bucket{code="200",le="0.1"} 1',
    'c_seconds_bucket{code="200",le="5"} 3',
    'c_seconds_bucket{code="200",le="+Inf"} 4',
    'c_seconds_sum{code="200"} 2.5',
    'c_seconds_count{code="200"} 4',
    '',
  ])
})

test.each([
  [0.000001, '1e-06', '1e-06'],
  [0.00025, '0.00025', '0.00025'],
  [0.000025, '2.5e-05', '2.5e-05'],
  [100, '100', '100.0'],
  [1_000_000, '1e+06', '1e+06'],
  [1_500_000, '1.5e+06', '1.5e+06'],
])('the bound %d is the label of Go', (bound, text, openMetrics) => {
  const samples = [{ labels: [], value: 0, histogram: { boundaries: [bound], counts: [0, 0], sum: 0 } }]
  expect(write([{ ...histogram, samples }])).toContain(`{le="${text}"}`)
  expect(write([{ ...histogram, samples }], 'openmetrics')).toContain(`{le="${openMetrics}"}`)
})

test('OpenMetrics has exemplars, names counters without their ending, and ends', () => {
  const text = write([counter, histogram], 'openmetrics')
  expect(text).toContain('# TYPE b counter\nb_total{')
  expect(text).toContain('# HELP b A \\"text\\"')
  expect(text).toContain(`le="5.0"} 3 # {trace_id="${'ab'.repeat(16)}"} 0.7 1700000000.5\n`)
  expect(text.endsWith('\n# EOF\n')).toBe(true)
})
