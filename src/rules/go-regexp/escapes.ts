import { negateRanges, type Ranges } from './ranges.ts'
import { RegexpSyntaxError } from './syntax-error.ts'
import { foldRanges, unicodeClass } from './unicode.ts'

/** A cursor over the text of a regular expression, shared by the parsers of expressions and of classes. */
export interface Cursor {
  readonly text: string
  at: number
  foldCase: boolean
}

const WORD: Ranges = [48, 57, 65, 90, 95, 95, 97, 122]
const PERL: Readonly<Record<string, Ranges>> = { d: [48, 57], s: [9, 10, 12, 13, 32, 32], w: WORD }

const POSIX: Readonly<Record<string, Ranges>> = {
  alnum: [48, 57, 65, 90, 97, 122],
  alpha: [65, 90, 97, 122],
  ascii: [0, 127],
  blank: [9, 9, 32, 32],
  cntrl: [0, 31, 127, 127],
  digit: [48, 57],
  graph: [33, 126],
  lower: [97, 122],
  print: [32, 126],
  punct: [33, 47, 58, 64, 91, 96, 123, 126],
  space: [9, 13, 32, 32],
  upper: [65, 90],
  word: WORD,
  xdigit: [48, 57, 65, 70, 97, 102],
}

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }

function finish(cursor: Cursor, ranges: Ranges, negative: boolean): Ranges {
  const folded = cursor.foldCase ? foldRanges(ranges) : ranges
  return negative ? negateRanges(folded) : folded
}

/** `\d`, `\S`, `\pL`, `\P{Greek}` at the cursor; null, without moving, when something else stands there. */
export function readClassEscape(cursor: Cursor): Ranges | null {
  const { text, at } = cursor
  if (text[at] !== '\\') return null
  const letter = text[at + 1] ?? ''
  const perl = /^[dswDSW]$/.test(letter) ? PERL[letter.toLowerCase()] : undefined
  if (perl !== undefined) {
    cursor.at += 2
    return finish(cursor, perl, letter < 'a')
  }
  if (letter !== 'p' && letter !== 'P') return null
  let negative = letter === 'P'
  let end = at + 2 + charLength(text, at + 2)
  let name = text.slice(at + 2, end)
  if (name === '{') {
    end = text.indexOf('}', at) + 1
    if (end === 0) throw new RegexpSyntaxError('invalid character class range', text.slice(at))
    name = text.slice(at + 3, end - 1)
  }
  if (name.startsWith('^')) {
    negative = !negative
    name = name.slice(1)
  }
  const ranges = unicodeClass(name)
  if (ranges === null) throw new RegexpSyntaxError('invalid character class range', text.slice(at, end))
  cursor.at = end
  return finish(cursor, ranges, negative)
}

/**
 * `[:alpha:]` or `[:^alpha:]` at the cursor, inside a class; null, without moving, when something else stands there.
 */
export function readPosixClass(cursor: Cursor): Ranges | null {
  const { text, at } = cursor
  if (!text.startsWith('[:', at)) return null
  const end = text.indexOf(':]', at + 2)
  if (end === -1) return null
  const written = text.slice(at + 2, end)
  const negative = written.startsWith('^')
  const name = negative ? written.slice(1) : written
  const ranges = Object.hasOwn(POSIX, name) ? POSIX[name] : undefined
  if (ranges === undefined) throw new RegexpSyntaxError('invalid character class range', text.slice(at, end + 2))
  cursor.at = end + 2
  return finish(cursor, ranges, negative)
}

/** The code point an escape stands for; the cursor is on its backslash. */
export function readEscape(cursor: Cursor): number {
  const { text, at: start } = cursor
  if (start + 1 >= text.length) throw new RegexpSyntaxError('trailing backslash at end of expression', '')
  const point = text.codePointAt(start + 1)!
  const char = String.fromCodePoint(point)
  cursor.at = start + 1 + char.length
  if (point < 128 && !/[A-Za-z0-9]/.test(char)) return point
  const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(text.slice(start + 1, start + 4))
  if (octal !== null) {
    cursor.at = start + 1 + octal[0].length
    return Number.parseInt(octal[0], 8)
  }
  const control = Object.hasOwn(CONTROLS, char) ? CONTROLS[char] : undefined
  if (control !== undefined) return control
  if (char === 'x') {
    const value = text[cursor.at] === '{' ? readBracedHex(cursor) : readTwoHex(cursor)
    if (value >= 0) return value
  }
  throw new RegexpSyntaxError('invalid escape sequence', text.slice(start, cursor.at))
}

function readTwoHex(cursor: Cursor): number {
  const { text, at } = cursor
  const first = charLength(text, at)
  cursor.at += first + charLength(text, at + first)
  const digits = text.slice(at, at + 2)
  return /^[0-9A-Fa-f]{2}$/.test(digits) ? Number.parseInt(digits, 16) : -1
}

function readBracedHex(cursor: Cursor): number {
  const { text } = cursor
  const start = ++cursor.at
  let value = 0
  while (cursor.at < text.length) {
    const at = cursor.at
    cursor.at += charLength(text, at)
    const char = text[at]!
    if (char === '}') return at === start ? -1 : value
    if (!/[0-9A-Fa-f]/.test(char)) return -1
    value = value * 16 + Number.parseInt(char, 16)
    if (value > 0x10ffff) return -1
  }
  return -1
}

/** UTF-16 units of the character at `at`; 0 at the end. */
export function charLength(text: string, at: number): number {
  const point = text.codePointAt(at)
  if (point === undefined) return 0
  return point > 0xffff ? 2 : 1
}
