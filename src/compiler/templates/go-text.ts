/**
 * Go's texts are octets that need not be UTF-8. Here they are JavaScript strings, where an octet that belongs to no
 * character stands as the lone surrogate U+DC00 + octet, so that it survives until it is encoded again.
 */

const ESCAPE = 0xdc00
const ASCII = /^[\0-\x7f]*$/

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** No octets stand alone in it. */
export const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text)

const isEscape = (code: number): boolean => code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff

/** The octets of a text. */
export function octetsOf(text: string): Uint8Array {
  if (isWellFormed(text)) return encoder.encode(text)
  const out: number[] = []
  let from = 0
  const copy = (to: number) => {
    for (const octet of encoder.encode(text.slice(from, to))) out.push(octet)
  }
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0xd800 && code <= 0xdbff && at + 1 < text.length && text.codePointAt(at)! > 0xffff) at++
    else if (isEscape(code)) {
      copy(at)
      out.push(code - ESCAPE)
      from = at + 1
    }
  }
  copy(text.length)
  return Uint8Array.from(out)
}

/** The text of octets; those that belong to no character are kept. */
export function textOf(octets: Uint8Array): string {
  try {
    return decoder.decode(octets)
  } catch {
    // No UTF-8: below, character by character.
  }
  let out = ''
  for (let at = 0; at < octets.length; ) {
    const size = characterSize(octets, at)
    if (size === 0) out += String.fromCharCode(ESCAPE + octets[at]!)
    else out += decoder.decode(octets.subarray(at, at + size))
    at += Math.max(size, 1)
  }
  return out
}

/** Octets of the character at a place; 0 where none begins. */
function characterSize(octets: Uint8Array, at: number): number {
  const lead = octets[at]!
  const size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0
  for (let next = 1; next < size; next++) {
    const octet = octets[at + next] ?? 0
    const least = next > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const most = next > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    if (octet < least || octet > most) return 0
  }
  return size
}

const isAscii = (text: string): boolean => ASCII.test(text)

/** Go's `len` of a text. */
export const octetLength = (text: string): number => (isAscii(text) ? text.length : octetsOf(text).length)

/** Go's `text[start:end]`, counted in octets; both lie within the text. */
export const octetSlice = (text: string, start: number, end?: number): string =>
  isAscii(text) ? text.slice(start, end) : textOf(octetsOf(text).slice(start, end))

/** The characters of a text as Go's `range` gives them: what is none is U+FFFD. */
export const runesOf = (text: string): string[] =>
  Array.from(text, (rune) => (isEscape(rune.charCodeAt(0)) ? '\ufffd' : rune))

/** Puts octets that have come together to a character in its place. */
export const joined = (text: string): string => (isWellFormed(text) ? text : textOf(octetsOf(text)))

/** Order of Go's texts: that of their octets, which is that of their code points. */
export function compareTexts(a: string, b: string): number {
  if (isAscii(a) && isAscii(b)) return a < b ? -1 : a > b ? 1 : 0
  const [left, right] = [octetsOf(a), octetsOf(b)]
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    if (left[at] !== right[at]) return left[at]! - right[at]!
  }
  return left.length - right.length
}

/** Go's `unicode.IsSpace`. */
export const isSpace = (rune: string): boolean =>
  /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/.test(rune)

/** Go's `unicode.IsPrint`. */
export const isPrint = (rune: string): boolean => /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(rune)

export const isLetter = (rune: string): boolean => /^\p{L}$/u.test(rune)
export const isUpper = (rune: string): boolean => /^\p{Lu}$/u.test(rune)
export const isLower = (rune: string): boolean => /^\p{Ll}$/u.test(rune)
export const isNumber = (rune: string): boolean => /^\p{N}$/u.test(rune)

/** Greek letters with a small iota below: their capitals are one character, for which JavaScript gives two. */
const WITH_IOTA = /^[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7]$/
const IOTA_CAPITALS: Readonly<Record<string, string>> = {
  '\u1fb3': '\u1fbc',
  '\u1fc3': '\u1fcc',
  '\u1ff3': '\u1ffc',
}

/** One character for one, as in Go: `ß` stays. */
export function upperRune(rune: string): string {
  const upper = rune.toUpperCase()
  if (upper.length === rune.length) return upper
  if (WITH_IOTA.test(rune)) return String.fromCharCode(rune.charCodeAt(0) + 8)
  return IOTA_CAPITALS[rune] ?? rune
}

/** Two letters in one, of which only the first one is a capital at the beginning of a word. */
const PAIRS: Readonly<Record<string, string>> = { Ǆ: 'ǅ', Ǉ: 'ǈ', Ǌ: 'ǋ', Ǳ: 'ǲ' }
/** Their capitals are for whole words. */
const GEORGIAN = /^[\u10d0-\u10ff]$/

/** Go's `unicode.ToTitle`. */
export function titleRune(rune: string): string {
  if (GEORGIAN.test(rune)) return rune
  const upper = upperRune(rune)
  return PAIRS[upper] ?? upper
}

export const lowerRune = (rune: string): string => String.fromCodePoint(rune.toLowerCase().codePointAt(0)!)

/** A text with each of its characters put through `change`. */
export const mapRunes = (text: string, change: (rune: string) => string): string => runesOf(text).map(change).join('')

/** Go's `strings.TrimSpace`. */
export const trimSpace = (text: string): string => trimRunes(text, isSpace)

/** Takes characters away at both ends. */
export function trimRunes(text: string, drop: (rune: string) => boolean): string {
  const runes = Array.from(text)
  let start = 0
  let end = runes.length
  while (start < end && drop(runes[start]!)) start++
  while (end > start && drop(runes[end - 1]!)) end--
  return runes.slice(start, end).join('')
}
