import { isHex, parentOf } from './parent.ts'
import type { Propagator } from './propagators.ts'

const SAMPLED = 1
/** The trace id is random. */
const RANDOM = 2

/** W3C Trace Context (https://www.w3.org/TR/trace-context), as OpenTelemetry for Go reads it. */
export const traceContext: Propagator = {
  extract(headers) {
    const text = headers.first('traceparent')
    if (text === null) return null
    const [version = '', traceId = '', spanId = '', flagsText = '', ...rest] = text.split('-', 5)
    if (!isHex(version, 2) || version === 'ff' || !isHex(flagsText, 2)) return null
    const flags = Number.parseInt(flagsText, 16)
    // A later version may say more.
    if (version === '00' && (rest.length > 0 || flags > (SAMPLED | RANDOM))) return null
    const state = validState(headers.first('tracestate') ?? '')
    return parentOf(traceId, spanId, (flags & SAMPLED) !== 0, { flags: flags & RANDOM, state })
  },
  inject({ trace, spanId }, headers) {
    if (trace.state !== '') headers.set('Tracestate', trace.state)
    const flags = trace.flags | (trace.isSampled ? SAMPLED : 0)
    headers.set('Traceparent', `00-${trace.traceId}-${spanId}-0${flags}`)
  },
}

/** W3C Baggage (https://www.w3.org/TR/baggage): handed on as it came, to whoever does not have it with the request. */
export const baggage: Propagator = {
  carriesBaggage: true,
  extract: () => null,
  inject({ trace }, headers) {
    if (trace.baggage !== '' && !headers.has('baggage')) headers.append('Baggage', trace.baggage)
  },
}

const MEMBERS = 32
const MEMBER =
  /^((?:[a-z][a-z0-9_\-*/]{0,255})|(?:[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13}))=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])$/

/** A list of members, each key once; empty where the text is none. */
function validState(text: string): string {
  if (text === '' || text.length > 32_768) return ''
  const members = text.split(',').filter((member) => member !== '')
  if (members.length > MEMBERS) return ''
  const keys = new Set<string>()
  const kept: string[] = []
  for (const member of members) {
    const match = MEMBER.exec(member.replace(/^[ \t]+/, '').trimEnd())
    if (match === null || keys.has(match[1]!)) return ''
    keys.add(match[1]!)
    kept.push(`${match[1]}=${match[2]}`)
  }
  return kept.join(',')
}
