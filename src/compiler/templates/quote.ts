import { isPrint, textOf } from './go-text.ts'

/** Go's escapes in quoted texts (`strconv`). */

const SHORT: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

const LONG = new Map(Object.entries(SHORT).map(([char, written]) => [written[1]!, char]))

/**
 * Go's `strconv.Quote`.
 * @param mark the quotation mark
 * @param asciiOnly other characters are escaped too
 */
export function quote(text: string, mark = '"', asciiOnly = false): string {
  let out = mark
  for (const rune of text) out += quoteRune(rune, mark, asciiOnly)
  return out + mark
}

function quoteRune(rune: string, mark: string, asciiOnly: boolean): string {
  const code = rune.codePointAt(0)!
  if (rune === mark || rune === '\\') return `\\${rune}`
  if (code < 0x80 ? code >= 0x20 && code < 0x7f : !asciiOnly && isPrint(rune)) return rune
  const short = SHORT[rune]
  if (short !== undefined) return short
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`
  // An octet that is part of no character.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')

/** Go's `strconv.Unquote` of a text in double or back quotes; null where it is none. */
export function unquote(source: string): string | null {
  const inner = source.slice(1, -1)
  if (source[0] === '`') return inner.replaceAll('\r', '')
  if (!/[\\"\n]/.test(inner)) return inner
  const octets: number[] = []
  let out = ''
  const flush = () => {
    if (octets.length > 0) out += textOf(Uint8Array.from(octets.splice(0)))
  }
  for (let at = 0; at < inner.length; ) {
    const read = readCharacter(inner, at, '"')
    if (read === null) return null
    at = read.end
    if (read.octet) octets.push(read.code)
    else {
      flush()
      out += String.fromCodePoint(read.code)
    }
  }
  flush()
  return out
}

/** The code of a character constant with its quotes; null where it is none. */
export function unquoteCharacter(source: string): number | 'malformed' | null {
  const read = readCharacter(source, 1, "'")
  if (read === null) return null
  return source.slice(read.end) === "'" ? read.code : 'malformed'
}

interface Character {
  readonly code: number
  readonly end: number
  /** An octet by its number, of which several may make up a character. */
  readonly octet: boolean
}

const NUMBERED = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/y

function readCharacter(text: string, at: number, mark: string): Character | null {
  const code = text.codePointAt(at)
  if (code === undefined || text[at] === mark || text[at] === '\n') return null
  if (text[at] !== '\\') return { code, end: at + (code > 0xffff ? 2 : 1), octet: false }
  const letter = text[at + 1] ?? ''
  const known = LONG.get(letter) ?? (letter === '\\' || letter === mark ? letter : undefined)
  if (known !== undefined) return { code: known.charCodeAt(0), end: at + 2, octet: false }
  NUMBERED.lastIndex = at
  const match = NUMBERED.exec(text)
  if (match === null) return null
  const [all, byte, short, long, octal] = match
  const number = octal === undefined ? Number.parseInt((byte ?? short ?? long)!, 16) : Number.parseInt(octal, 8)
  const octet = byte !== undefined || octal !== undefined
  if (number > (octet ? 0xff : 0x10ffff) || (!octet && number >= 0xd800 && number < 0xe000)) return null
  return { code: number, end: at + all.length, octet }
}
