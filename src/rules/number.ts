import type { SyntaxComplaint } from './scanner.ts'

/** A number of Go source text. */
export interface NumberToken {
  readonly kind: 'int' | 'float' | 'imaginary'
  /** UTF-16 offset behind it. */
  readonly end: number
}

type Base = { readonly name: string; readonly radix: number; readonly prefix: '' | '0' | 'o' | 'b' | 'x' }

const DECIMAL: Base = { name: 'decimal literal', radix: 10, prefix: '' }
const OCTAL: Base = { name: 'octal literal', radix: 8, prefix: '0' }
const PREFIXED: Readonly<Record<string, Base>> = {
  x: { name: 'hexadecimal literal', radix: 16, prefix: 'x' },
  o: { name: 'octal literal', radix: 8, prefix: 'o' },
  b: { name: 'binary literal', radix: 2, prefix: 'b' },
}

/** Scans the number that begins at `start`, and complains in the words of Go's scanner (`go/scanner`). */
export function scanNumber(text: string, start: number, complain: (complaint: SyntaxComplaint) => void): NumberToken {
  const digitsFrom = (at: number, radix: number): number => {
    const pattern = radix === 16 ? /[0-9a-fA-F_]*/y : /[0-9_]*/y
    pattern.lastIndex = at
    return at + pattern.exec(text)![0].length
  }
  let at = start
  let base = DECIMAL
  let kind: NumberToken['kind'] = text[at] === '.' ? 'float' : 'int'
  const prefixed = text[at] === '0' ? PREFIXED[(text[at + 1] ?? '').toLowerCase()] : undefined
  if (prefixed !== undefined) {
    base = prefixed
    at += 2
  } else if (text[at] === '0') base = OCTAL
  const first = at
  if (kind === 'int') at = digitsFrom(at, base.radix)
  let digits = text.slice(first, at)
  const whole = digits
  if (text[at] === '.') {
    kind = 'float'
    if (base.prefix === 'o' || base.prefix === 'b') complain({ at, message: `invalid radix point in ${base.name}` })
    const fraction = digitsFrom(at + 1, base.radix)
    digits += text.slice(at + 1, fraction)
    at = fraction
  }
  if (!/[0-9a-fA-F]/.test(digits)) complain({ at, message: `${base.name} has no digits` })
  const letter = text[at] ?? ''
  if (/[eEpP]/.test(letter)) {
    const binary = /[pP]/.test(letter)
    if (binary && base.prefix !== 'x') {
      complain({ at, message: `'${letter}' exponent requires hexadecimal mantissa` })
    } else if (!binary && base.prefix !== '' && base.prefix !== '0') {
      complain({ at, message: `'${letter}' exponent requires decimal mantissa` })
    }
    kind = 'float'
    at++
    if (text[at] === '+' || text[at] === '-') at++
    const end = digitsFrom(at, 10)
    if (!/[0-9]/.test(text.slice(at, end))) complain({ at: end, message: 'exponent has no digits' })
    at = end
  } else if (base.prefix === 'x' && kind === 'float') {
    complain({ at, message: "hexadecimal mantissa requires a 'p' exponent" })
  }
  if (text[at] === 'i') {
    kind = 'imaginary'
    at++
  }
  const wrong = kind === 'int' && base.radix < 10 ? whole.search(base.radix === 8 ? /[89]/ : /[2-9]/) : -1
  if (wrong !== -1) complain({ at: first + wrong, message: `invalid digit '${whole[wrong]}' in ${base.name}` })
  const separator = misplacedSeparator(text.slice(start, at))
  if (separator !== -1) complain({ at: start + separator, message: "'_' must separate successive digits" })
  return { kind, end: at }
}

/** Where an underscore does not stand between two digits (a base prefix counts as one); -1: nowhere. */
function misplacedSeparator(literal: string): number {
  let before = '.'
  for (let i = /^0[xob]/i.test(literal) ? 2 : 0; i < literal.length; i++) {
    if (i === 2 && before === '.' && /^0[xob]/i.test(literal)) before = '0'
    const char = literal[i]!
    const digit = /[0-9a-fA-F]/.test(char)
    if (char === '_' && before !== '0') return i
    if (char !== '_' && !digit && before === '_') return i - 1
    before = char === '_' ? '_' : digit ? '0' : '.'
  }
  return before === '_' ? literal.length - 1 : -1
}
