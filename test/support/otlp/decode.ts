/**
 * OTLP messages, read by the published field numbers
 * (https://github.com/open-telemetry/opentelemetry-proto) and nothing of ours.
 */

type Kind = 'string' | 'bytes' | 'hex' | 'uint' | 'int64' | 'bool' | 'double' | 'fixed64' | 'fixed32' | 'sfixed64'
type Type = Kind | Message
interface Field {
  readonly name: string
  readonly type: Type | (() => Message)
  readonly many?: true
}
type Message = Readonly<Record<number, Field>>

const f = (name: string, type: Field['type']): Field => ({ name, type })
const many = (name: string, type: Field['type']): Field => ({ name, type, many: true })

const anyValue: Message = {
  1: f('stringValue', 'string'),
  2: f('boolValue', 'bool'),
  3: f('intValue', 'int64'),
  4: f('doubleValue', 'double'),
  5: f('arrayValue', () => arrayValue),
  6: f('kvlistValue', () => keyValueList),
  7: f('bytesValue', 'bytes'),
}
const arrayValue: Message = { 1: many('values', anyValue) }
const keyValue: Message = { 1: f('key', 'string'), 2: f('value', anyValue) }
const keyValueList: Message = { 1: many('values', keyValue) }
const scope: Message = { 1: f('name', 'string'), 2: f('version', 'string'), 3: many('attributes', keyValue) }
const resource: Message = { 1: many('attributes', keyValue) }
const status: Message = { 2: f('message', 'string'), 3: f('code', 'uint') }
const event: Message = { 1: f('timeUnixNano', 'fixed64'), 2: f('name', 'string'), 3: many('attributes', keyValue) }
const span: Message = {
  1: f('traceId', 'hex'),
  2: f('spanId', 'hex'),
  3: f('traceState', 'string'),
  4: f('parentSpanId', 'hex'),
  5: f('name', 'string'),
  6: f('kind', 'uint'),
  7: f('startTimeUnixNano', 'fixed64'),
  8: f('endTimeUnixNano', 'fixed64'),
  9: many('attributes', keyValue),
  11: many('events', event),
  15: f('status', status),
  16: f('flags', 'fixed32'),
}
const exemplar: Message = {
  2: f('timeUnixNano', 'fixed64'),
  3: f('asDouble', 'double'),
  4: f('spanId', 'hex'),
  5: f('traceId', 'hex'),
  6: f('asInt', 'sfixed64'),
  7: many('filteredAttributes', keyValue),
}
const numberPoint: Message = {
  2: f('startTimeUnixNano', 'fixed64'),
  3: f('timeUnixNano', 'fixed64'),
  4: f('asDouble', 'double'),
  5: many('exemplars', exemplar),
  6: f('asInt', 'sfixed64'),
  7: many('attributes', keyValue),
}
const histogramPoint: Message = {
  2: f('startTimeUnixNano', 'fixed64'),
  3: f('timeUnixNano', 'fixed64'),
  4: f('count', 'fixed64'),
  5: f('sum', 'double'),
  6: many('bucketCounts', 'fixed64'),
  7: many('explicitBounds', 'double'),
  8: many('exemplars', exemplar),
  9: many('attributes', keyValue),
  11: f('min', 'double'),
  12: f('max', 'double'),
}
const metric: Message = {
  1: f('name', 'string'),
  2: f('description', 'string'),
  3: f('unit', 'string'),
  5: f('gauge', { 1: many('dataPoints', numberPoint) }),
  7: f('sum', {
    1: many('dataPoints', numberPoint),
    2: f('aggregationTemporality', 'uint'),
    3: f('isMonotonic', 'bool'),
  }),
  9: f('histogram', { 1: many('dataPoints', histogramPoint), 2: f('aggregationTemporality', 'uint') }),
}
const logRecord: Message = {
  1: f('timeUnixNano', 'fixed64'),
  2: f('severityNumber', 'uint'),
  3: f('severityText', 'string'),
  5: f('body', anyValue),
  6: many('attributes', keyValue),
  8: f('flags', 'fixed32'),
  9: f('traceId', 'hex'),
  10: f('spanId', 'hex'),
  11: f('observedTimeUnixNano', 'fixed64'),
}

/** What an exporter sends of each signal. */
const requests = {
  traces: {
    1: many('resourceSpans', {
      1: f('resource', resource),
      2: many('scopeSpans', { 1: f('scope', scope), 2: many('spans', span), 3: f('schemaUrl', 'string') }),
      3: f('schemaUrl', 'string'),
    }),
  },
  metrics: {
    1: many('resourceMetrics', {
      1: f('resource', resource),
      2: many('scopeMetrics', { 1: f('scope', scope), 2: many('metrics', metric) }),
      3: f('schemaUrl', 'string'),
    }),
  },
  logs: {
    1: many('resourceLogs', {
      1: f('resource', resource),
      2: many('scopeLogs', { 1: f('scope', scope), 2: many('logRecords', logRecord) }),
      3: f('schemaUrl', 'string'),
    }),
  },
} as const satisfies Record<string, Message>

export type Signal = keyof typeof requests

// biome-ignore lint/suspicious/noExplicitAny: messages as they come
export type Decoded = any

/** Reads a request of an exporter. @throws Error where a field is not in the definitions */
export const decodeRequest = (signal: Signal, bytes: Uint8Array): Decoded => read(requests[signal], bytes)

function read(message: Message, bytes: Uint8Array): Decoded {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const result: Record<string, unknown> = {}
  for (const field of Object.values(message)) if (field.many) result[field.name] = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined || shift > 63n) throw new Error('a varint without an end')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const fixed = (type: Type): unknown => {
    const long = type === 'fixed32' ? 4 : 8
    at += long
    if (at > bytes.length) throw new Error('cut off')
    if (type === 'fixed32') return view.getUint32(at - 4, true)
    if (type === 'double') return view.getFloat64(at - 8, true)
    return type === 'sfixed64' ? view.getBigInt64(at - 8, true) : view.getBigUint64(at - 8, true)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const field = message[tag >> 3]
    if (field === undefined) throw new Error(`field ${tag >> 3} is not defined`)
    const type = typeof field.type === 'function' ? field.type() : field.type
    const put = (value: unknown): void => {
      if (field.many) (result[field.name] as unknown[]).push(value)
      else result[field.name] = value
    }
    const wire = tag & 7
    if (wire === 0) {
      const value = varint()
      if (type === 'bool') put(value !== 0n)
      else if (type === 'int64') put(BigInt.asIntN(64, value))
      else if (type === 'uint') put(Number(value))
      else throw new Error(`${field.name} is no varint`)
    } else if (wire === 1 || wire === 5) {
      const is32 = type === 'fixed32'
      if (is32 !== (wire === 5) || (type !== 'double' && type !== 'fixed64' && type !== 'sfixed64' && !is32))
        throw new Error(`${field.name} is no fixed number`)
      put(fixed(type))
    } else if (wire === 2) {
      const length = Number(varint())
      const end = at + length
      if (end > bytes.length) throw new Error('cut off')
      const content = bytes.subarray(at, end)
      if (typeof type === 'object') put(read(type, content))
      else if (type === 'string') put(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content))
      else if (type === 'hex') put(Buffer.from(content).toString('hex'))
      else if (type === 'bytes') put(content)
      else if (field.many) while (at < end) put(fixed(type))
      else throw new Error(`${field.name} has no length`)
      at = end
    } else throw new Error(`wire type ${wire}`)
  }
  return result
}

/** Attributes as an object; integers as numbers, arrays as arrays. */
export const attributesOf = (list: readonly Decoded[]): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, plain(value ?? {})]))

/** A value without its type. */
export function plain(value: Decoded): unknown {
  if ('stringValue' in value) return value.stringValue
  if ('intValue' in value) return Number(value.intValue)
  if ('doubleValue' in value) return value.doubleValue
  if ('boolValue' in value) return value.boolValue
  if ('arrayValue' in value) return value.arrayValue.values.map(plain)
  if ('kvlistValue' in value) return attributesOf(value.kvlistValue.values)
  return 'bytesValue' in value ? value.bytesValue : null
}
