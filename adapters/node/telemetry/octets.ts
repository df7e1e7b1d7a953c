import { jsonText } from '../../../src/telemetry/escape.ts'

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

/** Characters of a text that is put. */
export const LONGEST_TEXT = 448

/** Characters of a text that are put one by one: longer ones are written at once, and their octets looked at. */
const SHORT_TEXT = 16

const ZERO = 0x30

const encoder = new TextEncoder()

export function copy(octets: Uint8Array, sink: OctetSink): void {
  sink.octets.set(octets, sink.at)
  sink.at += octets.length
}

/** What characters of ASCII become in a JSON string. */
const ESCAPED = Array.from({ length: 0x80 }, (_, code) =>
  encoder.encode(jsonText(String.fromCharCode(code)).slice(1, -1)),
)

/** Whether octets stand in a JSON string as they are, each a character. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, code) => (ESCAPED[code]?.length === 1 ? 1 : 0))

/** As it stands in a JSON string; false: it is too long or not of ASCII. */
export function putText(text: string, sink: OctetSink): boolean {
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
export function putNumber(value: number, sink: OctetSink): void {
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
export function putDigits(value: number, end: number, size: number, octets: Uint8Array): void {
  let rest = value | 0
  for (let i = 1; i <= size; i++) {
    const tens = (rest / 10) | 0
    octets[end - i] = ZERO + rest - tens * 10
    rest = tens
  }
}
