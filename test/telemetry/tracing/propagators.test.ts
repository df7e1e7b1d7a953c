import { describe, expect, test } from 'vitest'
import { Fields } from '../../../src/http/fields.ts'
import type { TraceParent } from '../../../src/telemetry/tracing/parent.ts'
import { propagatorOf } from '../../../src/telemetry/tracing/propagators.ts'
import { SERVER, Span } from '../../../src/telemetry/tracing/span.ts'

/** The cases are those of OpenTelemetry for Go, whose propagators Traefik has. */

const T = '4bf92f3577b34da6a3ce929d0e0e4736'
const S = '00f067aa0ba902b7'
const half = T.slice(16)

const extract = (format: string, fields: Record<string, string>): Partial<TraceParent> | null => {
  const parent = propagatorOf(format.split(',')).extract(new Fields(Object.entries(fields).flat()))
  if (parent === null) return null
  // Only what is not usual.
  return Object.fromEntries(
    Object.entries(parent).filter(([, value]) => value !== '' && value !== 0 && value !== false),
  )
}

const inject = (format: string, parent: Partial<TraceParent> & { isSampled: boolean }, had: string[] = []) => {
  const whole = {
    traceId: T,
    spanId: 'ffffffffffffffff',
    flags: 0,
    state: '',
    isDebug: false,
    isDeferred: false,
    ...parent,
  }
  const ports = { sink: { add() {} }, now: () => 0, random: () => 0 }
  const { isSampled, flags, state } = whole
  const trace = { traceId: T, isSampled, flags, state, baggage: 'k=v', parent: whole, isDetailed: false, epoch: 0 }
  const span = new Span(ports, trace, null, 'GET', SERVER, 0)
  const headers = new Fields(had)
  propagatorOf(format.split(',')).inject(span, headers)
  return Object.fromEntries(headers.lines.flatMap((name, i) => (i % 2 === 0 ? [[name, headers.lines[i + 1]]] : [])))
}
const OWN = '0000000000000001'

describe('what says which trace a request belongs to', () => {
  const sampled = { traceId: T, spanId: S, isSampled: true }
  const not = { traceId: T, spanId: S }
  test.each<[format: string, fields: Record<string, string>, parent: Partial<TraceParent> | null]>([
    ['tracecontext', { traceparent: `00-${T}-${S}-01` }, sampled],
    ['tracecontext', { traceparent: `00-${T}-${S}-00` }, not],
    ['tracecontext', { traceparent: `00-${T}-${S}-03` }, { ...sampled, flags: 2 }],
    ['tracecontext', { traceparent: `00-${T}-${S}-04` }, null],
    ['tracecontext', { traceparent: `cc-${T}-${S}-09-more-of-it` }, sampled],
    ['tracecontext', { traceparent: `00-${T}-${S}-01-more` }, null],
    ['tracecontext', { traceparent: `ff-${T}-${S}-01` }, null],
    ['tracecontext', { traceparent: `00-${T.toUpperCase()}-${S}-01` }, null],
    ['tracecontext', { traceparent: `00-${'0'.repeat(32)}-${S}-01` }, null],
    ['tracecontext', { traceparent: `00-${T}-${'0'.repeat(16)}-01` }, null],
    ['tracecontext', { traceparent: '' }, null],
    ['tracecontext', { traceparent: `00-${T}-${S}-01`, tracestate: 'a=1,b' }, sampled],
    [
      'tracecontext',
      { traceparent: `00-${T}-${S}-01`, tracestate: 'a=1,,1b@c=2 ,d=x y' },
      { ...sampled, state: 'a=1,1b@c=2,d=x y' },
    ],
    ['tracecontext', { traceparent: `00-${T}-${S}-01`, tracestate: 'a=1,a=2' }, sampled],
    ['tracecontext', { traceparent: `00-${T}-${S}-01`, tracestate: 'A=1' }, sampled],
    ['b3', { b3: `${T}-${S}-1` }, sampled],
    ['b3', { b3: `${half}-${S}-0` }, { ...not, traceId: half.padStart(32, '0') }],
    ['b3', { b3: `${T}-${S}-d-${S}` }, { ...sampled, isDebug: true }],
    ['b3', { b3: `${T}-${S}` }, { ...not, isDeferred: true }],
    ['b3', { b3: `${T}-${S}-` }, null],
    ['b3', { b3: `${T}-${S}-2` }, null],
    ['b3', { b3: `${T}-${S}-1-${S}-x` }, null],
    ['b3', { b3: '0' }, null],
    ['b3', { b3: 'broken', 'x-b3-traceid': T, 'x-b3-spanid': S, 'x-b3-sampled': 'true' }, sampled],
    ['b3multi', { 'x-b3-traceid': T, 'x-b3-spanid': S, 'x-b3-sampled': '0' }, not],
    ['b3multi', { 'x-b3-traceid': T, 'x-b3-spanid': S }, { ...not, isDeferred: true }],
    ['b3multi', { 'x-b3-traceid': T, 'x-b3-spanid': S, 'x-b3-flags': '1' }, { ...sampled, isDebug: true }],
    ['b3multi', { 'x-b3-traceid': T, 'x-b3-spanid': S, 'x-b3-sampled': '2' }, null],
    ['b3multi', { 'x-b3-traceid': T }, null],
    ['b3multi', { 'x-b3-traceid': T, 'x-b3-spanid': S, 'x-b3-parentspanid': 'x' }, null],
    ['jaeger', { 'uber-trace-id': `${T}:${S}:0:1` }, sampled],
    [
      'jaeger',
      { 'uber-trace-id': `1:2:0:3` },
      { traceId: '1'.padStart(32, '0'), spanId: '2'.padStart(16, '0'), isSampled: true, isDebug: true },
    ],
    ['jaeger', { 'uber-trace-id': `${T}:${S}:0:0` }, not],
    ['jaeger', { 'uber-trace-id': `${T}:${S}:0` }, null],
    ['jaeger', { 'uber-trace-id': `${T}:${S}:0:x` }, null],
    ['xray', { 'x-amzn-trace-id': `Root=1-${T.slice(0, 8)}-${T.slice(8)};Parent=${S};Sampled=1` }, sampled],
    ['xray', { 'x-amzn-trace-id': `Sampled=0;Parent=${S};Root=1-${T.slice(0, 8)}-${T.slice(8)}` }, not],
    ['xray', { 'x-amzn-trace-id': `Root=1-${T};Parent=${S};Sampled=1` }, null],
    ['xray', { 'x-amzn-trace-id': 'nothing' }, null],
    [
      'ottrace',
      { 'ot-tracer-traceid': half, 'ot-tracer-spanid': S, 'ot-tracer-sampled': 'true' },
      { ...sampled, traceId: half.padStart(32, '0') },
    ],
    ['ottrace', { 'ot-tracer-traceid': T, 'ot-tracer-spanid': S }, not],
    ['ottrace', { 'ot-tracer-traceid': T, 'ot-tracer-spanid': S, 'ot-tracer-sampled': '7' }, null],
    ['baggage', { baggage: 'a=b' }, null],
    [
      'tracecontext,b3',
      { traceparent: `00-${T}-${S}-01`, b3: `${T}-${'1'.repeat(16)}-0` },
      { ...not, spanId: '1'.repeat(16) },
    ],
    ['tracecontext,b3', { traceparent: `00-${T}-${S}-01`, b3: 'broken' }, sampled],
    ['tracecontext,b3', {}, null],
  ])('%s %j', (format, fields, parent) => {
    expect(extract(format, fields)).toEqual(parent)
  })

  test('a list of the greatest length takes no time', () => {
    const tracestate = Array.from({ length: 31 }, () => `a=${' '.repeat(1000)}\x01`).join(',')
    const begin = performance.now()
    extract('tracecontext', { traceparent: `00-${T}-${S}-01`, tracestate })
    expect(performance.now() - begin).toBeLessThan(50)
  })
})

describe('what is told of the trace', () => {
  test.each<[format: string, parent: Partial<TraceParent> & { isSampled: boolean }, fields: Record<string, string>]>([
    ['tracecontext', { isSampled: true }, { Traceparent: `00-${T}-${OWN}-01` }],
    [
      'tracecontext',
      { isSampled: false, flags: 2, state: 'a=b' },
      { Tracestate: 'a=b', Traceparent: `00-${T}-${OWN}-02` },
    ],
    ['baggage', { isSampled: true }, { Baggage: 'k=v' }],
    ['b3', { isSampled: true }, { B3: `${T}-${OWN}-1` }],
    ['b3', { isSampled: true, isDebug: true }, { B3: `${T}-${OWN}-d` }],
    ['b3', { isSampled: false, isDeferred: true }, { B3: `${T}-${OWN}` }],
    ['b3multi', { isSampled: false }, { 'X-B3-Traceid': T, 'X-B3-Spanid': OWN, 'X-B3-Sampled': '0' }],
    ['b3multi', { isSampled: true, isDebug: true }, { 'X-B3-Traceid': T, 'X-B3-Spanid': OWN, 'X-B3-Flags': '1' }],
    ['jaeger', { isSampled: true }, { 'Uber-Trace-Id': `${T}:${OWN}:0:1` }],
    ['jaeger', { isSampled: true, isDebug: true }, { 'Uber-Trace-Id': `${T}:${OWN}:0:3` }],
    [
      'xray',
      { isSampled: false },
      { 'X-Amzn-Trace-Id': `Root=1-${T.slice(0, 8)}-${T.slice(8)};Parent=${OWN};Sampled=0` },
    ],
    [
      'ottrace',
      { isSampled: true },
      { 'Ot-Tracer-Traceid': half, 'Ot-Tracer-Spanid': OWN, 'Ot-Tracer-Sampled': 'true' },
    ],
  ])('%s %j', (format, parent, fields) => {
    expect(inject(format, parent)).toEqual(fields)
  })

  test('fields that the request came with are replaced, but baggage', () => {
    expect(inject('tracecontext,baggage', { isSampled: true }, ['traceparent', 'x', 'baggage', 'own=1'])).toEqual({
      Traceparent: `00-${T}-${OWN}-01`,
      baggage: 'own=1',
    })
  })

  test('no format, no field', () => {
    expect(inject('', { isSampled: true })).toEqual({})
  })
})
