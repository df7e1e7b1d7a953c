import type { Span } from '../tracing/span.ts'
import type { Attributes } from './attributes.ts'
import type { LogRecord } from './logs.ts'

/** Of what each item has beside its texts. */
const BASE = 256

/** Characters of a span, about. */
export const sizeOfSpan = ({ attributes, message, name, trace: { state, baggage } }: Span): number =>
  BASE + message.length + name.length + state.length + baggage.length + sizeOf(attributes)

/** Characters of a record, about. */
export const sizeOfRecord = ({ attributes, body }: LogRecord): number => BASE + body.length + sizeOf(attributes)

function sizeOf(attributes: Attributes): number {
  let size = attributes.length * 8
  // Names are ours.
  for (let i = 1; i < attributes.length; i += 2) {
    const value = attributes[i]!
    if (typeof value === 'string') size += value.length
    else if (Array.isArray(value)) for (const text of value as readonly string[]) size += text.length
  }
  return size
}
