import { type Cursor, charLength, readClassEscape, readEscape, readPosixClass } from './escapes.ts'
import { negateRanges, normalizeRanges, type Ranges } from './ranges.ts'
import { RegexpSyntaxError } from './syntax-error.ts'
import { foldRanges } from './unicode.ts'

/** Reads a bracketed class; the cursor is on its `[` and ends behind its `]`. */
export function readCharacterClass(cursor: Cursor): Ranges {
  const { text, at: start } = cursor
  cursor.at++
  const negative = text[cursor.at] === '^'
  if (negative) cursor.at++
  const pairs: number[] = []
  let first = true
  while (text[cursor.at] !== ']' || first) {
    first = false
    const group = readPosixClass(cursor) ?? readClassEscape(cursor)
    if (group !== null) {
      for (const point of group) pairs.push(point)
      continue
    }
    const from = cursor.at
    const low = readMember(cursor, start)
    let high = low
    if (text[cursor.at] === '-' && cursor.at + 1 < text.length && text[cursor.at + 1] !== ']') {
      cursor.at++
      high = readMember(cursor, start)
      if (high < low) throw new RegexpSyntaxError('invalid character class range', text.slice(from, cursor.at))
    }
    for (const point of cursor.foldCase ? foldRanges([low, high]) : [low, high]) pairs.push(point)
  }
  cursor.at++
  const ranges = normalizeRanges(pairs)
  return negative ? negateRanges(ranges) : ranges
}

function readMember(cursor: Cursor, start: number): number {
  const { text, at } = cursor
  if (at >= text.length) throw new RegexpSyntaxError('missing closing ]', text.slice(start))
  if (text[at] === '\\') return readEscape(cursor)
  cursor.at += charLength(text, at)
  return text.codePointAt(at)!
}
