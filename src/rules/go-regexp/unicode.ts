import { MAX_CODE_POINT, normalizeRanges, type Ranges } from './ranges.ts'

/**
 * Go's Unicode classes and case folding, taken from the engine's own tables (which may be newer than Go's 15.0).
 */

/** Script names of four letters; all other four-letter names are abbreviations, which Go does not know. */
const SHORT_SCRIPTS = new Set(['Ahom', 'Cham', 'Kawi', 'Lisu', 'Miao', 'Modi', 'Newa', 'Thai', 'Toto'])

const CATEGORIES = new Set(
  'C Cc Cf Cn Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs'.split(' '),
)

const LONG_CATEGORIES: Readonly<Record<string, string>> = {
  Lc: 'LC', Casedletter: 'LC', Closepunctuation: 'Pe', Combiningmark: 'M', Connectorpunctuation: 'Pc', Control: 'Cc',
  Currencysymbol: 'Sc', Dashpunctuation: 'Pd', Decimalnumber: 'Nd', Enclosingmark: 'Me', Finalpunctuation: 'Pf',
  Format: 'Cf', Initialpunctuation: 'Pi', Letter: 'L', Letternumber: 'Nl', Lineseparator: 'Zl', Lowercaseletter: 'Ll',
  Mark: 'M', Mathsymbol: 'Sm', Modifierletter: 'Lm', Modifiersymbol: 'Sk', Nonspacingmark: 'Mn', Number: 'N',
  Openpunctuation: 'Ps', Other: 'C', Otherletter: 'Lo', Othernumber: 'No', Otherpunctuation: 'Po', Othersymbol: 'So',
  Paragraphseparator: 'Zp', Privateuse: 'Co', Punctuation: 'P', Separator: 'Z', Spaceseparator: 'Zs',
  Spacingmark: 'Mc', Surrogate: 'Cs', Symbol: 'S', Titlecaseletter: 'Lt', Unassigned: 'Cn', Uppercaseletter: 'Lu',
  Cntrl: 'Cc', Digit: 'Nd', Punct: 'P',
} // biome-ignore format: a table

const known = new Map<string, Ranges>()

/** The class of a category or script (`L`, `Greek`, `Uppercase_Letter`); null when Go does not know the name. */
export function unicodeClass(name: string): Ranges | null {
  const plain = name.replace(/[_ -]/g, '')
  const canonical = plain.slice(0, 1).toUpperCase() + plain.slice(1).toLowerCase()
  const before = known.get(canonical)
  if (before !== undefined) return before
  const property = propertyOf(canonical)
  const ranges = property === null ? null : rangesOf(property)
  if (ranges !== null) known.set(canonical, ranges)
  return ranges
}

function propertyOf(name: string): string | null {
  if (!/^[A-Za-z]+$/.test(name)) return null
  if (name === 'Any') return 'Any'
  if (name === 'Ascii') return 'ASCII'
  if (name === 'Assigned') return 'Assigned'
  const category = CATEGORIES.has(name) ? name : LONG_CATEGORIES[name]
  if (category !== undefined) return `gc=${category}`
  if (name.length === 4 && !SHORT_SCRIPTS.has(name)) return null
  return `sc=${name}`
}

function rangesOf(property: string): Ranges | null {
  let member: RegExp
  try {
    member = new RegExp(`\\p{${property}}+`, 'gu')
  } catch {
    // The engine has no such script: nor has Go.
    return null
  }
  const ranges: number[] = []
  for (const { first, last, text } of stretches()) {
    const width = first > 0xffff ? 2 : 1
    for (let found = member.exec(text); found !== null; found = member.exec(text)) {
      const start = first + found.index / width
      // Of a uniform stretch one character stands for all.
      ranges.push(start, text.length === width ? last : start + found[0].length / width - 1)
    }
  }
  return normalizeRanges(ranges)
}

/** Characters in a row, as a text, or a single one where all are of the same classes. */
interface Stretch {
  readonly first: number
  readonly last: number
  readonly text: string
}

/** Where characters are; surrogates are none. */
const MIXED = [
  [0, 0xd7ff], [0xe000, 0xffff], [0x10000, 0x1ffff], [0x20000, 0x2ffff], [0x30000, 0x3ffff], [0xe0000, 0xe0fff],
] as const // biome-ignore format: a table
/** Planes without characters, those for private use, and the last two places of each, which are no characters. */
const UNIFORM = [
  [0x40000, 0xdffff], [0xe1000, 0xeffff], [0xf0000, 0xffffd], [0xffffe, 0xfffff], [0x100000, 0x10fffd], [0x10fffe, MAX_CODE_POINT],
] as const // biome-ignore format: a table

let allStretches: readonly Stretch[] | null = null

/** All code points. A megabyte, made with the first class that somebody names: each takes a millisecond with it. */
function stretches(): readonly Stretch[] {
  allStretches ??= [
    ...MIXED.map(([first, last]) => ({ first, last, text: textOf(first, last) })),
    ...UNIFORM.map(([first, last]) => ({ first, last, text: String.fromCodePoint(first) })),
  ]
  return allStretches
}

function textOf(first: number, last: number): string {
  const width = first > 0xffff ? 2 : 1
  const units = new Uint16Array((last - first + 1) * width)
  for (let point = first, at = 0; point <= last; point++) {
    if (width === 1) units[at++] = point
    else {
      units[at++] = 0xd7c0 + (point >> 10)
      units[at++] = 0xdc00 + (point & 0x3ff)
    }
  }
  let text = ''
  // More arguments at once overflow the stack.
  for (let at = 0; at < units.length; at += 4096) text += String.fromCharCode(...units.subarray(at, at + 4096))
  return text
}

/** Where letters with case live; everything outside folds to itself. */
const CASED_BLOCKS = [
  [0x41, 0x2e00], [0xa640, 0xac00], [0xfb00, 0xfb20], [0xff20, 0xff60], [0x10400, 0x10600], [0x10c80, 0x10d90],
  [0x118a0, 0x118e0], [0x16e40, 0x16f00], [0x1e900, 0x1e950],
] as const // biome-ignore format: a table

let orbits: ReadonlyMap<number, readonly number[]> | null = null
/** Its members, in their order. */
let foldingPoints: readonly number[] | null = null

/** Code points that differ from each other by simple case folding only, by member (Go's `unicode.SimpleFold`). */
function foldOrbits(): ReadonlyMap<number, readonly number[]> {
  if (orbits !== null) return orbits
  const found = new Map<number, number[]>()
  const join = (a: number, b: number) => {
    if (!new RegExp(`^\\u{${a.toString(16)}}$`, 'iu').test(String.fromCodePoint(b))) return
    const left = found.get(a) ?? [a]
    const right = found.get(b) ?? [b]
    if (left === right) return
    const all = [...left, ...right]
    for (const point of all) found.set(point, all)
  }
  for (const [first, end] of CASED_BLOCKS) {
    for (let point = first; point < end; point++) {
      const char = String.fromCodePoint(point)
      for (const other of [char.toLowerCase(), char.toUpperCase()]) {
        const target = other.codePointAt(0)!
        if (target !== point && other.length === String.fromCodePoint(target).length) join(point, target)
      }
    }
  }
  orbits = found
  return found
}

/** The set with everything that is equal to a member when case is ignored. */
export function foldRanges(ranges: Ranges): Ranges {
  const out = [...ranges]
  const all = foldOrbits()
  if (ranges.length === 2 && ranges[0] === ranges[1]) {
    for (const other of all.get(ranges[0]!) ?? []) out.push(other, other)
    return normalizeRanges(out)
  }
  let i = 0
  foldingPoints ??= [...all.keys()].sort((a, b) => a - b)
  for (const point of foldingPoints) {
    while (i < ranges.length && ranges[i + 1]! < point) i += 2
    if (i === ranges.length) break
    const [first, last] = [ranges[i]!, ranges[i + 1]!]
    if (point < first) continue
    for (const other of all.get(point)!) if (other < first || other > last) out.push(other, other)
  }
  return out.length === ranges.length ? ranges : normalizeRanges(out)
}
