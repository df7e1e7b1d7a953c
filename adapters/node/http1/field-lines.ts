import { lowerName, ownText } from '../../../src/http/fields.ts'
import { hasToken, isBlank, TOKEN, VALUE } from '../http/octets.ts'

/** What the fields of a head say about its message; filled by `parseFieldLines`, one object reused for every head. */
export interface HeadFacts {
  hosts: number
  host: string
  lengths: number
  length: string
  codings: number
  coding: string
  /** Connection lines joined by `, `. */
  connection: string
  upgrade: string
  expect: string
  /** Trailer lines joined by `, `. */
  trailer: string
}

export const newFacts = (): HeadFacts => ({
  hosts: 0,
  host: '',
  lengths: 0,
  length: '',
  codings: 0,
  coding: '',
  connection: '',
  upgrade: '',
  expect: '',
  trailer: '',
})

export type FieldFault = 'none' | 'malformed' | 'name' | 'count'

const OTHER = 0
const HOST = 1
const LENGTH = 2
const CODING = 3
const CONNECTION = 4
const UPGRADE = 5
const EXPECT = 6
const TRAILER = 7

const kinds = new Map<string, number>([
  ['host', HOST],
  ['content-length', LENGTH],
  ['transfer-encoding', CODING],
  ['connection', CONNECTION],
  ['upgrade', UPGRADE],
  ['expect', EXPECT],
  ['trailer', TRAILER],
])

const SLOTS = 1024
const LONGEST_KEPT_NAME = 48

/** Names seen, so that most heads make no name strings; a slot holds the last name that fell on it. */
const names: string[] = new Array<string>(SLOTS).fill('')
const nameKinds = new Uint8Array(SLOTS)

/** Slot of the name in `text[start, end)`. */
function slotOf(text: string, start: number, end: number): number {
  const length = end - start
  const slot =
    ((length * 37) ^
      (text.charCodeAt(start) << 3) ^
      (text.charCodeAt(end - 1) << 1) ^
      (text.charCodeAt(start + (length >> 1)) * 11)) &
    (SLOTS - 1)
  const known = names[slot]!
  if (known.length === length && text.startsWith(known, start)) return slot
  const name = ownText(text.slice(start, end))
  names[slot] = name
  nameKinds[slot] = kinds.get(lowerName(name)) ?? OTHER
  return slot
}

/**
 * Reads complete field lines, each ended by CRLF, from `text[start, end)` into `lines` (name, value …) and what matters
 * for framing into `facts` (RFC 9112 §5): token names, no blank before the colon, no folding, no control characters.
 * Host lines go to `facts` only when `takeHost` is set. Lines are appended up to `maxFields` of them.
 */
export function parseFieldLines(
  text: string,
  start: number,
  end: number,
  maxFields: number,
  takeHost: boolean,
  lines: string[],
  facts: HeadFacts,
): FieldFault {
  let at = start
  let count = 0
  while (at < end) {
    let to = at
    let code = text.charCodeAt(to)
    while (TOKEN[code] === 1) code = text.charCodeAt(++to)
    if (code !== 58) return to > at && isBlank(code) ? 'name' : 'malformed'
    if (to === at) return 'malformed'
    if (++count > maxFields) return 'count'
    let name: string
    let kind: number
    if (to - at <= LONGEST_KEPT_NAME) {
      const slot = slotOf(text, at, to)
      name = names[slot]!
      kind = nameKinds[slot]!
    } else {
      name = text.slice(at, to)
      kind = OTHER
    }
    code = text.charCodeAt(++to)
    while (isBlank(code)) code = text.charCodeAt(++to)
    const valueStart = to
    while (VALUE[code] === 1) code = text.charCodeAt(++to)
    if (code !== 13 || text.charCodeAt(to + 1) !== 10) return 'malformed'
    at = to + 2
    while (to > valueStart && isBlank(text.charCodeAt(to - 1))) to--
    const value = text.slice(valueStart, to)
    if (kind !== OTHER) {
      note(kind, value, facts)
      if (kind === HOST && takeHost) continue
    }
    lines.push(name, value)
  }
  return 'none'
}

function note(kind: number, value: string, facts: HeadFacts): void {
  switch (kind) {
    case HOST:
      facts.hosts++
      facts.host = value
      break
    case LENGTH:
      facts.lengths++
      facts.length = value
      break
    case CODING:
      facts.codings++
      facts.coding = value
      break
    case CONNECTION:
      facts.connection = facts.connection === '' ? value : `${facts.connection}, ${value}`
      break
    case UPGRADE:
      facts.upgrade = facts.upgrade === '' ? value : `${facts.upgrade}, ${value}`
      break
    case EXPECT:
      facts.expect = value
      break
    case TRAILER:
      facts.trailer = facts.trailer === '' ? value : `${facts.trailer}, ${value}`
      break
  }
}

/** What no trailer may say (RFC 9110 §6.5.1). */
const FRAMING = ['content-length', 'transfer-encoding', 'trailer']

/** Whether a head announces that what frames its message comes as a trailer: Go refuses such a message. */
export const announcesFraming = ({ trailer }: HeadFacts): boolean =>
  trailer !== '' && FRAMING.some((name) => hasToken(trailer, name))

/** Makes the facts those of an empty head. */
export function clearFacts(facts: HeadFacts): void {
  facts.hosts = 0
  facts.host = ''
  facts.lengths = 0
  facts.length = ''
  facts.codings = 0
  facts.coding = ''
  facts.connection = ''
  facts.upgrade = ''
  facts.expect = ''
  facts.trailer = ''
}
