import type { AccessLogPlan } from '../../../src/plan/telemetry.ts'
import type { AccessLogPlatform } from '../../../src/telemetry/access-log/access-log.ts'
import { accessFields, type FieldValue, type RecurringValue } from '../../../src/telemetry/access-log/fields.ts'
import { fieldMembers, jsonMembers, LEVEL, memberText } from '../../../src/telemetry/access-log/json-format.ts'
import type { LoggedExchange } from '../../../src/telemetry/access-log/logged-exchange.ts'
import { showsFields } from '../../../src/telemetry/access-log/message-fields.ts'
import { jsonText } from '../../../src/telemetry/escape.ts'
import { LONGEST_RECURRING, recurring } from '../../../src/telemetry/recurring.ts'
import { localTime } from '../../../src/telemetry/timestamp.ts'

/** Where lines are put as octets, one after the other. */
export interface OctetSink {
  readonly octets: Buffer
  /** Where in `octets` the next one goes. */
  at: number
  /** Begins a line of up to so many octets, and forgets one that was not added. False: the line is lost. */
  begin(most: number): boolean
  /** A line ends at `at`, with its newline. */
  added(): void
}

/** Puts a member, or nothing, where the sink stands; false: the line is no ordinary one. */
type Put = (exchange: LoggedExchange) => boolean

/** Octets of a member: a line with a longer one is no ordinary one. */
const LONGEST_MEMBER = 512

/** Characters of a text, beside its name. */
const LONGEST_TEXT = LONGEST_MEMBER - 64

/** Characters of what is shown of the fields of a message, likewise. */
const LONGEST_FIELDS = 2048

/** Characters of a text that are put one by one: longer ones are written at once, and their octets looked at. */
const SHORT_TEXT = 16

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
  const recurringMembers = new RecurringMembers(sink)
  const puts = values.map(([name, field]) => putOf(name, field, recurringMembers, sink))
  const { downstream, origin, request } = fieldMembers(fields.headers)
  const shows = showsFields(fields.headers)
  if (shows) puts.push(fieldsPut((exchange) => downstream(exchange.downstream?.lines), sink))
  if (keepsEntryPoint) puts.push(recurringMembers.put('entryPointName', ENTRY_POINT))
  puts.push(constantPut(LEVEL, sink))
  if (shows) puts.push(fieldsPut(({ cx }) => origin(cx.record.originFields), sink))
  if (shows) puts.push(fieldsPut(({ requestFields }) => request(requestFields), sink))
  puts.push(timePut('time', endOf, (exchange) => localTime(new Date(endOf(exchange))), sink))
  const most = puts.length * LONGEST_MEMBER + (shows ? 9 * LONGEST_FIELDS : 0)

  return (exchange) => {
    const { spanId, traceId } = exchange.cx.record
    if ((keepsSpan && spanId !== '') || (keepsTrace && traceId !== '') || !recurringMembers.find(exchange)) return false
    if (!sink.begin(most)) return true
    sink.octets[sink.at++] = OPENING
    for (let i = 0; i < puts.length; i++) if (!puts[i]!(exchange)) return false
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
const ZERO = 0x30
const COLON = 0x3a
const OPENING_BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const OPENING = 0x7b
const CLOSING = 0x7d

const ENTRY_POINT: RecurringValue = { source: ({ cx }) => cx.entryPoint, of: (name) => name }

const endOf = ({ startedAt, durationMs }: LoggedExchange): number => startedAt + durationMs

function putOf(name: string, field: FieldValue, recurringMembers: RecurringMembers, sink: OctetSink): Put {
  if (field.recurring !== undefined) return recurringMembers.put(name, field.recurring)
  switch (field) {
    case accessFields.ClientAddr:
      return clientAddrPut(name, sink)
    case accessFields.ClientPort:
      return clientPortPut(name, sink)
    case accessFields.RequestPath:
      // What is ASCII is its own field text.
      return valuePut(name, ({ target }) => target, sink)
    case accessFields.StartLocal:
    case accessFields.StartUTC:
      return timePut(
        name,
        ({ startedAt }) => startedAt,
        (exchange) => String(field(exchange)),
        sink,
      )
    default:
      return valuePut(name, field, sink)
  }
}

// ---- members that are made once and copied

const encoder = new TextEncoder()

const EMPTY = new Uint8Array()

function copy(octets: Uint8Array, sink: OctetSink): void {
  if (octets.length === 0) return
  sink.octets.set(octets, sink.at)
  sink.at += octets.length
}

function constantPut(text: string, sink: OctetSink): Put {
  const octets = encoder.encode(text)
  return () => {
    copy(octets, sink)
    return true
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

/** Members of texts that recur. */
class RecurringMembers {
  readonly #sink: OctetSink
  readonly #sources = new Map<RecurringValue['source'], MembersOfText>()
  readonly #all: MembersOfText[] = []

  constructor(sink: OctetSink) {
    this.#sink = sink
  }

  put(name: string, { source, of }: RecurringValue): Put {
    let members = this.#sources.get(source)
    if (members === undefined) {
      members = new MembersOfText(source)
      this.#sources.set(source, members)
      this.#all.push(members)
    }
    const from = members
    const place = from.add(name, of)
    const sink = this.#sink
    return () => {
      copy(from.found.octets[place]!, sink)
      return true
    }
  }

  /** Finds, or makes, those of an exchange. False: one is too long. */
  find(exchange: LoggedExchange): boolean {
    const all = this.#all
    for (let i = 0; i < all.length; i++) if (!all[i]!.find(exchange)) return false
    return true
  }
}

/** Members that follow from the same text, one after the other; of no text they are empty. */
interface Made {
  readonly text: string | undefined
  readonly octets: readonly Uint8Array[]
  readonly isOrdinary: boolean
}

class MembersOfText {
  found: Made
  #none: Made
  readonly #textOf: RecurringValue['source']
  readonly #members: (readonly [name: string, of: RecurringValue['of']])[] = []
  readonly #madeOf = recurring((text) => this.#make(text))

  constructor(textOf: RecurringValue['source']) {
    this.#textOf = textOf
    this.#none = this.#make(undefined)
    this.found = this.#none
  }

  /** @returns its place */
  add(name: string, of: RecurringValue['of']): number {
    const place = this.#members.push([name, of]) - 1
    this.#none = this.#make(undefined)
    this.found = this.#none
    return place
  }

  find(exchange: LoggedExchange): boolean {
    const text = this.#textOf(exchange)
    if (text !== this.found.text) {
      // It would be made each time, and kept with the head of its message.
      if (text !== undefined && text.length > LONGEST_RECURRING) return false
      this.found = text === undefined ? this.#none : this.#madeOf(text)
    }
    return this.found.isOrdinary
  }

  #make(text: string | undefined): Made {
    const octets = this.#members.map(([name, of]) => {
      const value = text === undefined ? undefined : of(text)
      return value === undefined ? EMPTY : encoder.encode(memberText(name, value))
    })
    return { text, octets, isOrdinary: octets.every(({ length }) => length <= LONGEST_MEMBER) }
  }
}

// ---- members that are made for each line

function fieldsPut(textOf: (exchange: LoggedExchange) => string, sink: OctetSink): Put {
  return (exchange) => {
    const text = textOf(exchange)
    if (text.length > LONGEST_FIELDS) return false
    sink.at += sink.octets.write(text, sink.at)
    return true
  }
}

function valuePut(name: string, field: FieldValue, sink: OctetSink): Put {
  const key = encoder.encode(`"${name}":`)
  return (exchange) => {
    const value = field(exchange)
    if (value === undefined) return true
    copy(key, sink)
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
function clientAddrPut(name: string, sink: OctetSink): Put {
  const key = encoder.encode(`"${name}":"`)
  return ({ cx: { client } }) => {
    const { address, port } = client
    copy(key, sink)
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

function clientPortPut(name: string, sink: OctetSink): Put {
  const key = encoder.encode(`"${name}":"`)
  return ({ cx }) => {
    copy(key, sink)
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

/** What characters of ASCII become in a JSON string. */
const ESCAPED = Array.from({ length: 0x80 }, (_, code) =>
  encoder.encode(jsonText(String.fromCharCode(code)).slice(1, -1)),
)

/** Whether octets stand in a JSON string as they are, each a character. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, code) => (ESCAPED[code]?.length === 1 ? 1 : 0))

/** As it stands in a string; false: it is too long or not of ASCII. */
function putText(text: string, sink: OctetSink): boolean {
  const { length } = text
  if (length > LONGEST_TEXT) return false
  const { octets, at } = sink
  let end = at
  if (length > SHORT_TEXT) {
    // Of text that is not of ASCII there are more octets.
    if (octets.write(text, at) !== length) return false
    while (end < at + length && PLAIN[octets[end]!] === 1) end++
  }
  for (let i = end - at; i < length; i++) {
    const code = text.charCodeAt(i)
    if (PLAIN[code] === 1) octets[end++] = code
    else {
      const escaped = ESCAPED[code]
      if (escaped === undefined) return false
      octets.set(escaped, end)
      end += escaped.length
    }
    if (end > at + LONGEST_TEXT) return false
  }
  sink.at = end
  return true
}

/** What has one part more than this has two. */
const PART = 1_000_000_000

/** As JavaScript writes it. */
function putNumber(value: number, sink: OctetSink): void {
  const { octets } = sink
  if (value >= 0 && value < PART * PART && Number.isSafeInteger(value)) {
    const high = Math.floor(value / PART)
    if (high > 0) {
      sink.at += lengthOf(high)
      putDigits(high, sink.at, lengthOf(high), octets)
    }
    const size = high > 0 ? 9 : lengthOf(value)
    sink.at += size
    putDigits(value - high * PART, sink.at, size, octets)
  } else sink.at += octets.write(String(value), sink.at)
}

/** Decimal digits of a whole number below `PART`. */
function lengthOf(value: number): number {
  if (value < 1_000) return value < 10 ? 1 : value < 100 ? 2 : 3
  if (value < 1_000_000) return value < 10_000 ? 4 : value < 100_000 ? 5 : 6
  return value < 10_000_000 ? 7 : value < 100_000_000 ? 8 : 9
}

/** The last so many digits of a whole number below `PART`, up to `end`. */
function putDigits(value: number, end: number, size: number, octets: Uint8Array): void {
  let rest = value | 0
  for (let i = 1; i <= size; i++) {
    const tens = (rest / 10) | 0
    octets[end - i] = ZERO + rest - tens * 10
    rest = tens
  }
}
