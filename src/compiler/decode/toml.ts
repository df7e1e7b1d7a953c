import { parse, TomlError } from 'smol-toml'
import { tomlOffset } from './toml-position.ts'
import { SyntaxProblem } from './tree.ts'

const MAX_DEPTH = 100
const MAX_INTEGER = 2n ** 63n - 1n
/** Only a text with one of these can hold a number that is out of range. */
const LARGE = /\d{16}|[eE][+-]?[\d_]{3}|0[box]_?\w{12}/

/** Parses TOML 1.0 and what Go's parser takes of 1.1; throws `SyntaxProblem`. */
export const parseToml = (text: string): unknown => {
  let value: unknown
  try {
    value = parse(text, { integersAsBigInt: 'asNeeded', unsafeKeyBehaviour: 'keep', maxDepth: MAX_DEPTH })
  } catch (error) {
    if (!(error instanceof TomlError)) throw new SyntaxProblem(`toml: ${String(error)}`, 1, 1)
    const reason = error.message.split('\n', 1)[0] ?? ''
    throw new SyntaxProblem(`toml: line ${error.line}: ${reason}`, error.line, error.column)
  }
  if (LARGE.test(text)) checkRanges(value, text, [])
  return value
}

/** Go's integers have 64 bits, and a fraction that is none of its own is an error. */
const checkRanges = (value: unknown, text: string, path: readonly (string | number)[]): void => {
  const isTooLarge =
    typeof value === 'bigint'
      ? value > MAX_INTEGER || value < -MAX_INTEGER - 1n
      : typeof value === 'number' && Math.abs(value) === Number.POSITIVE_INFINITY && !/\binf\b/.test(text)
  if (isTooLarge) {
    const { line, column } = tomlOffset(text, path) ?? { line: 1, column: 1 }
    const type = typeof value === 'bigint' ? 'int64' : 'float64'
    throw new SyntaxProblem(`toml: line ${line}: ${path.at(-1)} is out of range for ${type}`, line, column)
  }
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) checkRanges(item, text, [...path, at])
  } else if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    for (const [key, inner] of Object.entries(value)) checkRanges(inner, text, [...path, key])
  }
}
