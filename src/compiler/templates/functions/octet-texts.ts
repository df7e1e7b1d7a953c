import { isSpace, octetsOf, textOf } from '../go-text.ts'
import type { Budget } from '../limits.ts'

/** Functions that go through a text octet by octet, as `github.com/Masterminds/goutils` does. */

/** A text with a character for each octet. */
const octetText = (text: string): string => {
  let out = ''
  for (const octet of octetsOf(text)) out += String.fromCharCode(octet)
  return out
}

const fromOctetText = (text: string): string => textOf(Uint8Array.from(text, (char) => char.charCodeAt(0)))

const SHORTEST = 4
const SHORTEST_BOTH = 7
const MARK = '...'

export const abbreviate = (width: number, text: string): string =>
  width < SHORTEST ? text : fromOctetText(abbreviated(octetText(text), 0, width))

export const abbreviateBoth = (left: number, right: number, text: string): string =>
  right < SHORTEST || (left > 0 && right < SHORTEST_BOTH)
    ? text
    : fromOctetText(abbreviated(octetText(text), left, right))

/** From an offset on, or earlier where too little would be left. */
function abbreviated(text: string, from: number, width: number): string {
  if (text === '' || text.length <= width) return text
  const room = width - MARK.length
  const offset = Math.min(from, text.length, text.length - from < room ? text.length - room : from)
  if (offset <= SHORTEST) return text.slice(0, room) + MARK
  if (width < SHORTEST_BOTH) return ''
  if (offset + room < text.length) {
    const rest = text.slice(offset)
    return MARK + (room < SHORTEST ? '' : abbreviated(rest, 0, room))
  }
  return MARK + text.slice(text.length - room)
}

/** Octets are taken for characters, as there. */
export const withoutSpace = (text: string): string => {
  const octets = octetText(text)
  const kept = Array.from(octets)
    .filter((char) => !isSpace(char))
    .join('')
  return kept.length === octets.length ? text : kept
}

export function initials(text: string): string {
  let out = ''
  let afterGap = true
  for (const char of octetText(text)) {
    const isGap = isSpace(char)
    if (!isGap && afterGap) out += char
    afterGap = isGap
  }
  return out
}

/** @param cuts whether words that are too long are cut */
export function wrap(text: string, width: number, newLine: string, cuts: boolean, budget: Budget): string {
  const octets = octetText(text)
  const length = Math.max(width, 1)
  const separator = octetText(newLine)
  let out = ''
  let at = 0
  budget.text(octets.length)
  while (octets.length - at > length) {
    if (octets[at] === ' ') {
      at++
      continue
    }
    budget.text(separator.length + length)
    const space = octets.slice(at, at + length + 1).lastIndexOf(' ')
    let end = space === -1 ? at + length : at + space
    let next = space === -1 ? end : end + 1
    if (space === -1 && !cuts) {
      const following = octets.indexOf(' ', end)
      if (following === -1) {
        out += octets.slice(at)
        at = octets.length
        break
      }
      end = following
      next = following + 1
    }
    out += octets.slice(at, end) + separator
    at = next
  }
  return fromOctetText(out + octets.slice(at))
}
