import { defineScalarTag, FAILSAFE_SCHEMA, loadAll, mergeTag, NOT_RESOLVED, YAMLException } from 'js-yaml'
import { parsePlainJson } from './json.ts'
import { measure } from './measure.ts'
import { SyntaxProblem } from './tree.ts'

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
    // Beyond 64 bits Go falls back to a fraction.
    if (Number.isSafeInteger(number) || value > 2n ** 64n) return negative ? -number : number
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

const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\s*\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?\s*(Z|[-+]\d{1,2}(:\d{2})?)?)?$/

const timestampTag = defineScalarTag<Date>('tag:yaml.org,2002:timestamp', {
  implicit: true,
  implicitFirstChars: DIGITS,
  resolve: (source) => (TIMESTAMP.test(source) ? new Date(0) : NOT_RESOLVED),
  identify: () => false,
})

/** Tags of an application: Go takes the text as it is. */
const localTag = defineScalarTag<string>('!', {
  matchByTagPrefix: true,
  resolve: (source) => source,
  identify: () => false,
})

const SCHEMA = FAILSAFE_SCHEMA.withTags(nullTag, boolTag, intTag, floatTag, timestampTag, mergeTag, localTag)

/** The first document of a text. */
export interface YamlDocument {
  readonly value: unknown
  /** How many documents follow and are not read. */
  readonly ignored: number
}

/** Parses YAML, or JSON, which is YAML; throws `SyntaxProblem`. */
export const parseYaml = (text: string): YamlDocument => {
  if (/^\s*\{/.test(text)) {
    const value = parsePlainJson(text)
    if (value !== undefined) return { value, ignored: 0 }
  }
  let documents: unknown[]
  try {
    documents = loadAll(text, { schema: SCHEMA, maxDepth: MAX_DEPTH })
  } catch (error) {
    if (!(error instanceof YAMLException)) throw new SyntaxProblem(`yaml: ${String(error)}`, 1, 1)
    const line = (error.mark?.line ?? 0) + 1
    throw new SyntaxProblem(`yaml: line ${line}: ${error.reason}`, line, (error.mark?.column ?? 0) + 1)
  }
  const value = documents[0] ?? null
  // Only aliases can make a tree larger than its text.
  if (text.includes('*')) measure(value)
  return { value, ignored: Math.max(0, documents.length - 1) }
}
