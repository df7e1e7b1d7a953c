import { fitsInt64, MAX_UINT64, parseFloat64, parseInteger } from './number-syntax.ts'
import { quote, unquoteCharacter } from './quote.ts'

/** What a constant may stand for; null where its value does not fit. */
export interface NumberLiteral {
  /** A signed or unsigned integer of 64 bits. */
  readonly int: bigint | null
  readonly float: number | null
  readonly complex: { readonly real: number; readonly imaginary: number } | null
}

/** Reads a number of a template as Go does; a text is what is wrong with it. */
export function readNumber(source: string, kind: 'charConstant' | 'complex' | 'number'): NumberLiteral | string {
  if (kind === 'charConstant') {
    const code = unquoteCharacter(source)
    if (code === null) return 'invalid syntax'
    if (code === 'malformed') return `malformed character constant: ${source}`
    return { int: BigInt(code), float: code, complex: null }
  }
  if (kind === 'complex') {
    const split = Math.max(source.lastIndexOf('+'), source.lastIndexOf('-'))
    const exponent = /[eEpP]$/.test(source.slice(0, split))
    const at = exponent ? Math.max(source.lastIndexOf('+', split - 1), source.lastIndexOf('-', split - 1)) : split
    const real = parseFloat64(source.slice(0, at))
    const imaginary = parseFloat64(source.slice(at, -1))
    return real === null || imaginary === null ? 'syntax error scanning complex number' : complexOf(real, imaginary)
  }
  if (source.endsWith('i')) {
    const imaginary = parseFloat64(source.slice(0, -1))
    if (imaginary !== null) return complexOf(0, imaginary)
  }
  const int = parseInteger(source)
  if (int !== null && (fitsInt64(int) || (int > 0n && int <= MAX_UINT64 && !source.startsWith('+')))) {
    return { int, float: Number(int), complex: null }
  }
  const value = parseFloat64(source)
  if (value === null) return `illegal number syntax: ${quote(source)}`
  if (!/[.eEpP]/.test(source)) return `integer overflow: ${quote(source)}`
  return { int: integerOf(value), float: value, complex: null }
}

function complexOf(real: number, imaginary: number): NumberLiteral {
  const isReal = imaginary === 0
  return { int: isReal ? integerOf(real) : null, float: isReal ? real : null, complex: { real, imaginary } }
}

/** A float that is an integer. */
function integerOf(value: number): bigint | null {
  if (!Number.isInteger(value)) return null
  const int = BigInt(value)
  return fitsInt64(int) || (int > 0n && int <= MAX_UINT64) ? int : null
}
