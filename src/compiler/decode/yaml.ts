import {
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  FAILSAFE_SCHEMA,
  loadAll,
  mapTag,
  mergeTag,
  NOT_RESOLVED,
  seqTag,
} from 'js-yaml'
import { parsePlainJson } from './json.ts'
import { measure } from './measure.ts'
import { firstDocument } from './yaml-documents.ts'
import { loadIndented, type Placement } from './yaml-indentation.ts'
import { withoutAddedBreak } from './yaml-last-scalar.ts'

/**
 * YAML as Go's `yaml.v3` resolves it: booleans are spellings of true and false only, integers may have a base and
 * underscores, dates are dates, the first document counts.
 */

const MAX_DEPTH = 100

const NULLS: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL'])
const TRUE: ReadonlySet<string> = new Set(['true', 'True', 'TRUE'])
const FALSE: ReadonlySet<string> = new Set(['false', 'False', 'FALSE'])

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']

const nullTag = defineScalarTag<null>('tag:yaml.org,2002:null', {
  implicit: true,
  implicitFirstChars: ['', '~', 'n', 'N'],
  resolve: (source) => (NULLS.has(source) ? null : NOT_RESOLVED),
  identify: () => false,
})

const boolTag = defineScalarTag<boolean>('tag:yaml.org,2002:bool', {
  implicit: true,
  implicitFirstChars: ['t', 'T', 'f', 'F'],
  resolve: (source) => (TRUE.has(source) ? true : FALSE.has(source) ? false : NOT_RESOLVED),
  identify: () => false,
})

const INTEGER = /^[-+]?(0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$/

const intTag = defineScalarTag<number | bigint>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: ['-', '+', ...DIGITS],
  resolve: (source) => {
    const plain = source.includes('_') ? source.replaceAll('_', '') : source
    if (!INTEGER.test(plain)) return NOT_RESOLVED
    const negative = plain.startsWith('-')
    const digits = plain.replace(/^[-+]/, '').replace(/^0(?=[0-7])/, '0o')
    const value = BigInt(digits.toLowerCase())
    const number = Number(value)
    if (Number.isSafeInteger(number)) return negative ? -number : number
    // Beyond 64 bits Go falls back to a fraction, which has no other base.
    const most = negative ? 2n ** 63n : plain.startsWith('+') ? 2n ** 63n - 1n : 2n ** 64n - 1n
    if (value > most) return FRACTION.test(plain) ? Number(plain) : NOT_RESOLVED
    return negative ? -value : value
  },
  identify: () => false,
})

const FRACTION = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/
const INFINITY = /^([-+]?)\.(inf|Inf|INF)$/
const NAN = /^\.(nan|NaN|NAN)$/

const floatTag = defineScalarTag<number>('tag:yaml.org,2002:float', {
  implicit: true,
  implicitFirstChars: ['-', '+', '.', ...DIGITS],
  resolve: (source) => {
    const plain = source.includes('_') ? source.replaceAll('_', '') : source
    if (FRACTION.test(plain)) {
      const number = Number(plain)
      return Number.isFinite(number) ? number : NOT_RESOLVED
    }
    const infinity = INFINITY.exec(source)
    if (infinity !== null) return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    return NAN.test(source) ? Number.NaN : NOT_RESOLVED
  },
  identify: () => false,
})

/** A day, with a time after `T` that has a zone or after a space that has none. */
const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}:\d{1,2}:\d{1,2})(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)| +(\d{1,2}:\d{1,2}:\d{1,2})(?:\.\d+)?)?$/

const isTimestamp = (source: string): boolean => {
  const [, year, month, day, zoned, plain] = TIMESTAMP.exec(source) ?? []
  if (year === undefined) return false
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  const [hour = 0, minute = 0, second = 0] = (zoned ?? plain ?? '').split(':').map(Number)
  return (
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  )
}

const timestampTag = defineScalarTag<Date>('tag:yaml.org,2002:timestamp', {
  implicit: true,
  implicitFirstChars: DIGITS,
  resolve: (source) => (isTimestamp(source) ? new Date(0) : NOT_RESOLVED),
  identify: () => false,
})

/** Octets as base64, which are the text. */
const binaryTag = defineScalarTag<string>('tag:yaml.org,2002:binary', {
  resolve: (source) => {
    try {
      return new TextDecoder().decode(Uint8Array.from(atob(source), (character) => character.charCodeAt(0)))
    } catch {
      return NOT_RESOLVED
    }
  },
  identify: () => false,
})

/** Tags that nobody knows, those of an application and those of a schema: Go takes what they stand before as it is. */
const unknownTags = ['!', 'tag:'].flatMap((prefix) => [
  defineScalarTag<string>(prefix, { matchByTagPrefix: true, resolve: (source) => source, identify: () => false }),
  defineMappingTag(prefix, { ...mapTag, matchByTagPrefix: true, identify: () => false }),
  defineSequenceTag(prefix, { ...seqTag, matchByTagPrefix: true, identify: () => false }),
])

const SCHEMA = FAILSAFE_SCHEMA.withTags(
  nullTag,
  boolTag,
  intTag,
  floatTag,
  timestampTag,
  binaryTag,
  mergeTag,
  ...unknownTags,
)

/** The first document of a text. */
export interface YamlDocument {
  readonly value: unknown
  /** How many documents follow and are not read. */
  readonly ignored: number
  /** What was parsed where that is not the text itself; null: it is. */
  readonly placement: Placement | null
}

/** Parses YAML, or JSON, which is YAML; throws `SyntaxProblem`. What follows the first document is not looked at. */
export const parseYaml = (text: string): YamlDocument => {
  if (/^\s*\{/.test(text)) {
    const value = parsePlainJson(text)
    if (value !== undefined) return { value, ignored: 0, placement: null }
  }
  const { document, ignored } = firstDocument(text)
  const load = (source: string): unknown => loadAll(source, { schema: SCHEMA, maxDepth: MAX_DEPTH })[0]
  const loaded = loadIndented(document, load)
  const { placement } = loaded
  const ended = withoutAddedBreak(placement?.text ?? document)
  const value = ended === null ? loaded.value : load(ended)
  // Only aliases can make a tree larger than its text.
  if (text.includes('*')) measure(value)
  return { value: value ?? null, ignored, placement }
}
