import type { Fields } from '../../http/fields.ts'
import { isHex, parentOf, type TraceParent } from './parent.ts'
import type { Propagator } from './propagators.ts'
import type { Span } from './span.ts'

/** B3 in one field (https://github.com/openzipkin/b3-propagation); read in both forms, as OpenTelemetry for Go does. */
export const b3: Propagator = {
  extract: (headers) => single(headers.first('b3') ?? '') ?? multiple(headers),
  inject(span, headers) {
    const decision = decisionOf(span)
    headers.set('B3', `${span.trace.traceId}-${span.spanId}${decision === '' ? '' : `-${decision}`}`)
  },
}

/** B3 in several fields. */
export const b3Multi: Propagator = {
  extract: b3.extract,
  inject(span, headers) {
    headers.set('X-B3-Traceid', span.trace.traceId)
    headers.set('X-B3-Spanid', span.spanId)
    const decision = decisionOf(span)
    if (decision === 'd') headers.set('X-B3-Flags', '1')
    else if (decision !== '') headers.set('X-B3-Sampled', decision)
  },
}

/** `d`: all of the trace is wanted; empty: it is left to whoever is asked. */
function decisionOf({ trace: { parent, isSampled } }: Span): string {
  if (parent?.isDebug === true) return 'd'
  if (parent?.isDeferred === true) return ''
  return isSampled ? '1' : '0'
}

function single(text: string): TraceParent | null {
  const [trace = '', span = '', decision = '', parent = '', ...rest] = text.split('-', 5)
  const parts = text.split('-', 5).length
  if (rest.length > 0 || parts < 2 || (parts > 2 && !/^[01d]$/.test(decision))) return null
  if (parts === 4 && !isHex(parent, 16)) return null
  const isDebug = decision === 'd'
  return parentOf(padded(trace), span, isDebug || decision === '1', { isDebug, isDeferred: parts === 2 })
}

function multiple(headers: Fields): TraceParent | null {
  const traceId = headers.first('x-b3-traceid')
  if (traceId === null) return null
  const sampled = (headers.first('x-b3-sampled') ?? '').toLowerCase()
  if (!/^(?:|0|1|true|false)$/.test(sampled)) return null
  const parent = headers.first('x-b3-parentspanid') ?? ''
  if (parent !== '' && !isHex(parent, 16)) return null
  const isDebug = headers.first('x-b3-flags') === '1'
  const isSampled = isDebug || sampled === '1' || sampled === 'true'
  return parentOf(padded(traceId), headers.first('x-b3-spanid') ?? '', isSampled, {
    isDebug,
    isDeferred: sampled === '' && !isDebug,
  })
}

/** Half of an identifier stands for all of it. */
const padded = (traceId: string): string => (traceId.length === 16 ? traceId.padStart(32, '0') : traceId)
