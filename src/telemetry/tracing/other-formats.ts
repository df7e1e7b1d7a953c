import { isHex, parentOf } from './parent.ts'
import type { Propagator } from './propagators.ts'

const SAMPLED = 1
const DEBUG = 2

/** Jaeger's `uber-trace-id` (https://www.jaegertracing.io/sdk-migration/#propagation-format). */
export const jaeger: Propagator = {
  extract(headers) {
    const parts = (headers.first('uber-trace-id') ?? '').split(':', 5)
    if (parts.length !== 4) return null
    const [traceId = '', spanId = '', , flagsText = ''] = parts
    if (flagsText !== '' && !/^[0-9a-fA-F]{1,8}$/.test(flagsText)) return null
    const flags = flagsText === '' ? 0 : Number.parseInt(flagsText, 16)
    const isSampled = (flags & SAMPLED) !== 0
    return parentOf(traceId.padStart(32, '0'), spanId.padStart(16, '0'), isSampled, {
      isDebug: isSampled && (flags & DEBUG) !== 0,
    })
  },
  inject({ trace, spanId }, headers) {
    const flags = trace.parent?.isDebug === true ? SAMPLED | DEBUG : trace.isSampled ? SAMPLED : 0
    headers.set('Uber-Trace-Id', `${trace.traceId}:${spanId}:0:${flags}`)
  },
}

/** `X-Amzn-Trace-Id` of AWS X-Ray (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html). */
export const xray: Propagator = {
  extract(headers) {
    let traceId = ''
    let spanId = ''
    let isSampled = false
    for (const part of (headers.first('x-amzn-trace-id') ?? '').slice(0, 1024).split(';')) {
      const at = part.indexOf('=')
      if (at === -1) {
        if (part.trim() === '') continue
        return null
      }
      const value = part.slice(at + 1).trim()
      if (part.startsWith('Root')) {
        if (value.length !== 35 || value[0] !== '1' || value[1] !== '-' || value[10] !== '-') return null
        traceId = value.slice(2, 10) + value.slice(11)
      } else if (part.startsWith('Parent')) spanId = value
      else if (part.startsWith('Sampled')) isSampled = value === '1'
    }
    return parentOf(traceId, spanId, isSampled)
  },
  inject({ trace: { traceId, isSampled }, spanId }, headers) {
    const root = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`
    headers.set('X-Amzn-Trace-Id', `Root=${root};Parent=${spanId};Sampled=${isSampled ? 1 : 0}`)
  },
}

/** OpenTracing's `ot-tracer-*`: half of an identifier is sent. Baggage in fields of its own goes on as it came. */
export const openTracing: Propagator = {
  extract(headers) {
    const traceId = headers.first('ot-tracer-traceid') ?? ''
    const sampled = (headers.first('ot-tracer-sampled') ?? '').toLowerCase()
    if (!/^(?:|0|1|true|false)$/.test(sampled)) return null
    const whole = isHex(traceId, 16) ? traceId.padStart(32, '0') : traceId
    return parentOf(whole, headers.first('ot-tracer-spanid') ?? '', sampled === '1' || sampled === 'true')
  },
  inject({ trace: { traceId, isSampled }, spanId }, headers) {
    headers.set('Ot-Tracer-Traceid', traceId.slice(16))
    headers.set('Ot-Tracer-Spanid', spanId)
    headers.set('Ot-Tracer-Sampled', String(isSampled))
  },
}
