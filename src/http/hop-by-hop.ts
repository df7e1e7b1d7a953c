import { CONNECTION, classOf, FRAMING, HOP, MANAGED, TRAILER } from './field-names.ts'
import { canonicalName, type Fields, lowerName } from './fields.ts'

/**
 * Lower-case names that a `Connection` value nominates, added to `names`; forwarding headers and Content-Length can't
 * be nominated (dropping a length by nomination is half of a smuggled request). Of a long value only names that
 * `fields` has.
 */
export function addNominated(value: string, names: Set<string> | null, fields: Fields): Set<string> | null {
  if (value === 'close' || value === 'keep-alive' || value === 'Upgrade') return names
  let all = names
  for (const token of value.length > LONG ? namesAmong(value, fields) : value.split(',')) {
    const name = lowerName(token.trim())
    if (name === '' || name === 'close' || name === 'keep-alive' || name === 'upgrade') continue
    if (name === 'content-length' || name === 'host' || (classOf(name) & MANAGED) !== 0) continue
    all ??= new Set()
    all.add(name)
  }
  return all
}

/** Characters that no `Connection` has that means well. */
const LONG = 4096

/**
 * The tokens of a list that may name one of the fields, lower case: there are few fields, and a peer writes as many
 * tokens as it likes.
 */
function namesAmong(list: string, { lines }: Fields): ReadonlySet<string> {
  const present = new Set<string>()
  let longest = 0
  for (let i = 0; i < lines.length; i += 2) {
    present.add(lowerName(lines[i]!))
    longest = Math.max(longest, lines[i]!.length)
  }
  const found = new Set<string>()
  for (let start = 0; start < list.length; ) {
    let end = list.indexOf(',', start)
    if (end === -1) end = list.length
    let first = start
    while (first < end && isBlank(list.charCodeAt(first))) first++
    let last = end
    while (last > first && isBlank(list.charCodeAt(last - 1))) last--
    if (last > first && last - first <= longest) {
      const name = list.slice(first, last).toLowerCase()
      if (present.has(name)) found.add(name)
    }
    start = end + 1
  }
  return found
}

const isBlank = (code: number): boolean => code === 32 || code === 9

/** Deletes every line whose lower-case name is in `names`. */
export function dropNamed(fields: Fields, names: ReadonlySet<string>): void {
  const { lines } = fields
  let kept = 0
  for (let i = 0; i < lines.length; i += 2) {
    if (names.has(lowerName(lines[i]!))) continue
    lines[kept] = lines[i]!
    lines[kept + 1] = lines[i + 1]!
    kept += 2
  }
  lines.length = kept
}

/**
 * Hop-by-hop fields off an answer, and what `Connection` nominates (RFC 9110 §7.6.1). What `Trailer` announces is
 * announced to the client too, unless a length says that no trailers can come.
 */
export function dropHopByHop(fields: Fields): void {
  const { lines } = fields
  let trailers = ''
  let hasLength = false
  let kept = 0
  let nominated: Set<string> | null = null
  for (let i = 0; i < lines.length; i += 2) {
    const bits = classOf(lines[i]!)
    if ((bits & HOP) !== 0) {
      if ((bits & CONNECTION) !== 0) nominated = addNominated(lines[i + 1]!, nominated, fields)
      else if ((bits & TRAILER) !== 0) trailers += `${trailers === '' ? '' : ', '}${lines[i + 1]}`
      continue
    }
    if ((bits & FRAMING) !== 0) hasLength = true
    if (kept !== i) {
      lines[kept] = lines[i]!
      lines[kept + 1] = lines[i + 1]!
    }
    kept += 2
  }
  if (kept !== lines.length) lines.length = kept
  if (nominated !== null) dropNamed(fields, nominated)
  if (trailers !== '' && !hasLength) announceTrailers(fields, trailers)
}

function announceTrailers(fields: Fields, list: string): void {
  const names = list
    .split(',')
    .map((name) => canonicalName(name.trim()))
    .filter((name) => name !== '' && (classOf(name) & (FRAMING | TRAILER)) === 0)
  if (names.length > 0) fields.append('Trailer', names.join(', '))
}

/** Whether a `TE` value names a transfer coding (RFC 9110 §10.1.4), whatever its case and weight. */
export function hasCoding(value: string, coding: string): boolean {
  for (const item of value.split(',')) {
    const semicolon = item.indexOf(';')
    if ((semicolon === -1 ? item : item.slice(0, semicolon)).trim().toLowerCase() === coding) return true
  }
  return false
}
