import type { ProtoWriter } from './protobuf.ts'

/** A value of an attribute. An integer is sent as one; a number that is none, and a `Double`, as a double. */
export type AttributeValue = string | number | bigint | boolean | Double | readonly string[]

/** A number that is a double whatever its value. */
export class Double {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** Names and values in turn: no object for each. */
export type Attributes = readonly AttributeValue[]

/** Writes attributes as repeated `KeyValue`. */
export function writeAttributes(writer: ProtoWriter, field: number, attributes: Attributes): void {
  for (let i = 0; i < attributes.length; i += 2) {
    const pair = writer.begin(field)
    writer.string(1, attributes[i] as string)
    writeValue(writer, 2, attributes[i + 1]!)
    writer.end(pair)
  }
}

/** Writes an `AnyValue`. */
export function writeValue(writer: ProtoWriter, field: number, value: AttributeValue): void {
  const any = writer.begin(field)
  if (typeof value === 'string') writer.string(1, value)
  else if (typeof value === 'boolean') writer.bool(2, value)
  else if (typeof value === 'bigint') writer.int64(3, value)
  else if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) writer.int64(3, value)
    else writer.double(4, value)
  } else if (value instanceof Double) writer.double(4, value.value)
  else {
    const array = writer.begin(5)
    for (const item of value) writeValue(writer, 1, item)
    writer.end(array)
  }
  writer.end(any)
}

/** Attributes of a map of texts. */
export const attributesOf = (texts: Readonly<Record<string, string>>): Attributes => Object.entries(texts).flat()

/** Milliseconds since 1970 as nanoseconds, as near as a double comes. */
export const nanoseconds = (ms: number): number => ms * 1e6
