import { formatDuration, parseDuration } from '../../schema/duration.ts'
import type { Shape } from './shape.ts'

/** What a scalar may be in a tree: numbers beyond 2^53 come as bigint. */
export type Scalar = string | number | bigint | boolean

/** Whether a value of a tree is a scalar. */
export const isScalar = (value: unknown): value is Scalar => {
  const type = typeof value
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'bigint'
}

/** A scalar as Traefik's decoder sees it: text; fractions have six decimals (paerser `file/raw_node.go`). */
export const scalarText = (value: Scalar): string => {
  if (typeof value !== 'number') return String(value)
  if (Number.isInteger(value)) return Math.abs(value) < 1e21 ? String(value) : String(BigInt(value))
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return value.toFixed(6).replace(/\.000000$/, '')
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

/** What Go's `strconv.ParseBool` takes for true. */
export const isGoTrue = (text = ''): boolean => TRUE.has(text)

/** What it takes for false; an empty text is neither. */
export const isGoFalse = (text: string): boolean => FALSE.has(text)

/** How a value that is no text is written, as a hint; null where the message says it. */
export const notationOf = ({ kind }: Shape): string | null => {
  if (kind === 'flag') return 'write true or false'
  return kind === 'duration' ? 'write seconds (10), or numbers with units (1m30s, 250ms)' : null
}

/** The value of a scalar option; throws an Error with Go's message. */
export const parseScalar = (shape: Shape, text: string): unknown => {
  switch (shape.kind) {
    case 'text':
      if (shape.choices !== null && !shape.choices.includes(text)) {
        throw new Error(`invalid value ${JSON.stringify(text)}: one of ${shape.choices.join(', ')} is expected`)
      }
      return text
    case 'flag':
      if (TRUE.has(text)) return true
      if (FALSE.has(text)) return false
      throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`)
    case 'integer':
      return parseInteger(text, shape.big, shape.bits)
    case 'number':
      return parseNumber(text)
    case 'duration':
      return formatDuration(parseDuration(text))
    default:
      return text
  }
}

const parseInteger = (text: string, big: boolean, bits: 32 | 64): number | string => {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  if (text.length <= 9) return Number(text) + 0
  const limit = 2n ** BigInt(bits - 1)
  const digits = text.replace(/^\+/, '')
  const value = digits.length > 40 ? limit : BigInt(digits)
  if (value >= limit || value < -limit) {
    throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  }
  const number = Number(value)
  return Number.isSafeInteger(number) || !big ? number : String(value)
}

const parseNumber = (text: string): number => {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) {
    throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  return Number(text)
}
