import type { AccessLogPlan } from '../../../src/plan/telemetry.ts'
import type { AccessLogPlatform } from '../../../src/telemetry/access-log/access-log.ts'
import { accessFields, type FieldValue, type RecurringValue } from '../../../src/telemetry/access-log/fields.ts'
import { fieldMembers, jsonMembers, LEVEL, memberText } from '../../../src/telemetry/access-log/json-format.ts'
import type { LoggedExchange } from '../../../src/telemetry/access-log/logged-exchange.ts'
import { showsFields } from '../../../src/telemetry/access-log/message-fields.ts'
import { localTime } from '../../../src/telemetry/timestamp.ts'
import { OctetLine, type Put } from './octet-line.ts'
import { copy, type OctetSink, putDigits, putNumber, putText } from './octets.ts'

/** Characters of what is shown of the fields of a message: a line with more is no ordinary one. */
const LONGEST_FIELDS = 2048

/** Access lines that are put where a sink stands, as far as they are ordinary ones. */
export const octetLines = (sink: OctetSink): AccessLogPlatform => ({
  fields: {},
  longestLine: Number.POSITIVE_INFINITY,
  isEndCostly: false,
  ordinaryLines: (options) => (options.format === 'json' ? jsonOctets(options, sink) : null),
})

/**
 * What `jsonFormat` makes of an exchange, put as octets where they are written from: a text would be made, joined to
 * others and copied for it. Only ordinary lines are made so: their texts are short, and of ASCII unless they recur.
 * @returns puts a line; false: it is no ordinary one, and nothing was put
 */
export function jsonOctets({ fields }: AccessLogPlan, sink: OctetSink): (exchange: LoggedExchange) => boolean {
  const { values, keepsEntryPoint, keepsSpan, keepsTrace } = jsonMembers(fields)
  const { downstream, origin, request } = fieldMembers(fields.headers)
  const shows = showsFields(fields.headers)
  const line = new OctetLine(sink)
  line.addOctets(encoder.encode('{'))
  for (const [name, field] of values) addMember(name, field, line, sink)
  if (shows) line.addPut(fieldsPut((exchange) => downstream(exchange.downstream?.lines), sink))
  if (keepsEntryPoint) line.addRecurring('entryPointName', ENTRY_POINT)
  line.addOctets(encoder.encode(LEVEL))
  if (shows) line.addPut(fieldsPut(({ cx }) => origin(cx.record.originFields), sink))
  if (shows) line.addPut(fieldsPut(({ requestFields }) => request(requestFields), sink))
  line.addPut(timePut('time', endOf, (exchange) => localTime(new Date(endOf(exchange))), sink))
  const most = line.longest + (shows ? 9 * LONGEST_FIELDS : 0)

  return (exchange) => {
    const { spanId, traceId } = exchange.cx.record
    if ((keepsSpan && spanId !== '') || (keepsTrace && traceId !== '') || !line.find(exchange)) return false
    if (!sink.begin(most)) return true
    if (!line.put(exchange)) return false
    const { octets, at } = sink
    // In place of the last comma.
    octets[at - 1] = CLOSING
    octets[at] = NEWLINE
    sink.at = at + 1
    sink.added()
    return true
  }
}

const NEWLINE = 0x0a
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPENING_BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const CLOSING = 0x7d

const ENTRY_POINT: RecurringValue = { source: ({ cx }) => cx.entryPoint, of: (name) => name }

const endOf = ({ startedAt, durationMs }: LoggedExchange): number => startedAt + durationMs

const encoder = new TextEncoder()

function addMember(name: string, field: FieldValue, line: OctetLine, sink: OctetSink): void {
  if (field.recurring !== undefined) {
    line.addRecurring(name, field.recurring)
    return
  }
  switch (field) {
    case accessFields.StartLocal:
    case accessFields.StartUTC:
      line.addPut(
        timePut(
          name,
          ({ startedAt }) => startedAt,
          (exchange) => String(field(exchange)),
          sink,
        ),
      )
      return
    case accessFields.ClientAddr:
      line.addOctets(encoder.encode(`"${name}":"`))
      line.addPut(clientAddrPut(sink))
      return
    case accessFields.ClientPort:
      line.addOctets(encoder.encode(`"${name}":"`))
      line.addPut(clientPortPut(sink))
      return
    default: {
      const key = encoder.encode(`"${name}":`)
      line.addOctets(key)
      // What is ASCII is its own field text.
      const value: FieldValue = field === accessFields.RequestPath ? ({ target }) => target : field
      line.addPut(valuePut(value, key.length, sink))
    }
  }
}

/** A time, made once a second but for the three digits behind its point, where it has one. */
function timePut(
  name: string,
  timeOf: (exchange: LoggedExchange) => number,
  textOf: (exchange: LoggedExchange) => string,
  sink: OctetSink,
): Put {
  let second = Number.NaN
  let octets = new Uint8Array()
  let digits = 0
  return (exchange) => {
    const ms = Math.floor(timeOf(exchange))
    const current = Math.floor(ms / 1000)
    if (current !== second) {
      second = current
      const text = memberText(name, textOf(exchange))
      octets = encoder.encode(text)
      digits = text.indexOf('.') + 1
    }
    const start = sink.at
    copy(octets, sink)
    if (digits > 0) putDigits(ms - current * 1000, start + digits + 3, 3, sink.octets)
    return true
  }
}

function fieldsPut(textOf: (exchange: LoggedExchange) => string, sink: OctetSink): Put {
  return (exchange) => {
    const text = textOf(exchange)
    if (text.length > LONGEST_FIELDS) return false
    sink.at += sink.octets.write(text, sink.at)
    return true
  }
}

/** @param keyLength octets of its key, which stands there already: what has no value takes it away */
function valuePut(field: FieldValue, keyLength: number, sink: OctetSink): Put {
  return (exchange) => {
    const value = field(exchange)
    if (value === undefined) {
      sink.at -= keyLength
      return true
    }
    if (typeof value === 'number') {
      putNumber(value, sink)
      sink.octets[sink.at++] = COMMA
      return true
    }
    sink.octets[sink.at++] = QUOTE
    if (!putText(value, sink)) return false
    endText(sink)
    return true
  }
}

/** The address with the port; clients are many, so that nothing of them is remembered. */
function clientAddrPut(sink: OctetSink): Put {
  return ({ cx: { client } }) => {
    const { address, port } = client
    if (address !== '') {
      const isLiteral = address.includes(':')
      if (isLiteral) sink.octets[sink.at++] = OPENING_BRACKET
      if (!putText(address, sink)) return false
      if (isLiteral) sink.octets[sink.at++] = CLOSING_BRACKET
      sink.octets[sink.at++] = COLON
      putNumber(port, sink)
    }
    endText(sink)
    return true
  }
}

function clientPortPut(sink: OctetSink): Put {
  return ({ cx }) => {
    putNumber(cx.client.port, sink)
    endText(sink)
    return true
  }
}

function endText(sink: OctetSink): void {
  sink.octets[sink.at] = QUOTE
  sink.octets[sink.at + 1] = COMMA
  sink.at += 2
}
