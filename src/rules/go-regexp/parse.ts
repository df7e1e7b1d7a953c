import { RegexpAssertion } from '../../plan/regexp.ts'
import { readCharacterClass } from './character-class.ts'
import { type Cursor, charLength, readClassEscape, readEscape } from './escapes.ts'
import { MAX_CODE_POINT, type Ranges, withInvalidBytes } from './ranges.ts'
import { RegexpSyntaxError } from './syntax-error.ts'
import { EMPTY, type Tree } from './tree.ts'
import { foldRanges } from './unicode.ts'

export interface ParsedRegexp {
  readonly tree: Tree
  /** Names of the capture groups from 1 on; null for those without. */
  readonly groups: readonly (string | null)[]
}

/** Go's limit on the height of a syntax tree. */
const MAX_HEIGHT = 1000
/** Go's limit on one repeat count and on the product of nested ones. */
const MAX_REPEAT = 1000
/** Instructions. Go allows 3.3 million; ours run on the data path and travel in the plan. */
const MAX_SIZE = 10_000
/** Classes that are known again. */
const MAX_CLASSES = 16

type SetTree = Extract<Tree, { readonly op: 'set' }>

/**
 * Parses Go's syntax (`regexp/syntax` with the flags of `regexp.Compile`); throws `RegexpSyntaxError`.
 */
export function parseRegexp(text: string): ParsedRegexp {
  if (/\p{Cs}/u.test(text)) throw new RegexpSyntaxError('invalid UTF-8', text)
  return new Parser(text).parse()
}

interface Measure {
  readonly height: number
  readonly size: number
  /** Largest product of nested repeat counts. */
  readonly repeats: number
}

const LEAF: Measure = { height: 1, size: 1, repeats: 1 }

class Parser implements Cursor {
  readonly text: string
  readonly groups: (string | null)[] = []
  at = 0
  foldCase = false
  #multiline = false
  #dotAll = false
  #swapGreed = false
  #depth = 0
  #measures = new WeakMap<Tree, Measure>()
  /** Those that were read last, with their source: expressions repeat themselves, and some classes are large. */
  readonly #classes: { readonly source: string; readonly foldCase: boolean; readonly ranges: Ranges }[] = []

  constructor(text: string) {
    this.text = text
  }

  parse(): ParsedRegexp {
    const tree = this.#alternation()
    if (this.at < this.text.length) throw new RegexpSyntaxError('unexpected )', this.text)
    return { tree, groups: this.groups }
  }

  /** Up to the end or an unmatched `)`. */
  #alternation(): Tree {
    const nodes = [this.#concatenation()]
    while (this.text[this.at] === '|') {
      this.at++
      nodes.push(this.#concatenation())
    }
    return nodes.length === 1 ? nodes[0]! : this.#join('alt', nodes)
  }

  #concatenation(): Tree {
    const { text } = this
    const items: Tree[] = []
    let lastRepeat = -1
    while (this.at < text.length && text[this.at] !== '|' && text[this.at] !== ')') {
      const start = this.at
      const count = this.#repeatCount()
      if (count !== null) {
        this.#repeat(items, start, lastRepeat, count)
        lastRepeat = start
        continue
      }
      lastRepeat = -1
      this.#atom(items)
    }
    return items.length === 1 ? items[0]! : this.#join('cat', items)
  }

  /** `*`, `+`, `?`, `{n,m}` at the cursor, consumed; null when nothing of the kind stands there. */
  #repeatCount(): { min: number; max: number; counted: boolean } | null {
    const char = this.text[this.at]
    if (char === '*' || char === '+' || char === '?') {
      this.at++
      return { min: char === '+' ? 1 : 0, max: char === '?' ? 1 : Number.POSITIVE_INFINITY, counted: false }
    }
    if (char !== '{') return null
    const end = this.text.indexOf('}', this.at) + 1
    const written = /^\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}$/.exec(this.text.slice(this.at, end))
    if (written === null) return null
    const min = Number(written[1])
    let max = min
    if (written[2] !== undefined) max = written[3] === undefined ? Number.POSITIVE_INFINITY : Number(written[3])
    const tooLarge = min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY) || min > max
    if (tooLarge) throw new RegexpSyntaxError('invalid repeat count', this.text.slice(this.at, end))
    this.at = end
    return { min, max, counted: true }
  }

  #repeat(items: Tree[], start: number, lastRepeat: number, count: { min: number; max: number; counted: boolean }) {
    const { text } = this
    let greedy = !this.#swapGreed
    if (text[this.at] === '?') {
      this.at++
      greedy = !greedy
    }
    if (lastRepeat !== -1) {
      throw new RegexpSyntaxError('invalid nested repetition operator', text.slice(lastRepeat, this.at))
    }
    const node = items.pop()
    if (node === undefined) {
      throw new RegexpSyntaxError('missing argument to repetition operator', text.slice(start, this.at))
    }
    const { min, max, counted } = count
    const inner = this.#measure(node)
    const times = max === Number.POSITIVE_INFINITY ? min : max
    let repeats = inner.repeats
    if (counted) repeats = max === 0 ? 1 : repeats * Math.max(times, 1)
    if (counted && times > 1 && repeats > MAX_REPEAT) {
      throw new RegexpSyntaxError('invalid repeat count', text.slice(start, this.at))
    }
    const tree: Tree = { op: 'repeat', node, min, max, greedy }
    const size = Math.max(times, 1) * inner.size + (max === Number.POSITIVE_INFINITY ? 2 : max - min)
    items.push(this.#record(tree, { height: inner.height + 1, size, repeats }))
  }

  #atom(items: Tree[]): void {
    const { text } = this
    switch (text[this.at]) {
      case '(':
        this.#open(items)
        return
      case '[':
        this.#class(items, readCharacterClass)
        return
      case '.':
        this.at++
        items.push(this.#set(this.#dotAll ? [0, MAX_CODE_POINT] : [0, 9, 11, MAX_CODE_POINT]))
        return
      case '^':
        this.at++
        items.push(assertion(this.#multiline ? 'lineStart' : 'textStart'))
        return
      case '$':
        this.at++
        items.push(assertion(this.#multiline ? 'lineEnd' : 'textEnd'))
        return
      case '\\':
        this.#escape(items)
        return
    }
    this.#literal(items, text.codePointAt(this.at)!)
    this.at += charLength(text, this.at)
  }

  #escape(items: Tree[]): void {
    const { text, at } = this
    const letter = text[at + 1] ?? ''
    const kind = Object.hasOwn(ESCAPED_ASSERTIONS, letter) ? ESCAPED_ASSERTIONS[letter] : undefined
    if (kind !== undefined) {
      this.at += 2
      items.push(assertion(kind))
    } else if (letter === 'C') {
      throw new RegexpSyntaxError('invalid escape sequence', '\\C')
    } else if (letter === 'Q') {
      const end = text.indexOf('\\E', at + 2)
      for (const char of text.slice(at + 2, end === -1 ? text.length : end)) this.#literal(items, char.codePointAt(0)!)
      this.at = end === -1 ? text.length : end + 2
    } else {
      if (!this.#class(items, readClassEscape)) this.#literal(items, readEscape(this))
    }
  }

  /** A class at the cursor; false, without moving, where none stands there. */
  #class(items: Tree[], read: (cursor: Cursor) => Ranges | null): boolean {
    const { text, at, foldCase } = this
    const known = this.#classes.find((one) => one.foldCase === foldCase && text.startsWith(one.source, at))
    if (known !== undefined) {
      this.at += known.source.length
      items.push({ op: 'set', ranges: known.ranges })
      return true
    }
    const ranges = read(this)
    if (ranges === null) return false
    const set = this.#set(ranges)
    items.push(set)
    if (this.#classes.length === MAX_CLASSES) this.#classes.shift()
    this.#classes.push({ source: text.slice(at, this.at), foldCase, ranges: set.ranges })
    return true
  }

  #literal(items: Tree[], point: number): void {
    items.push(this.#set(this.foldCase ? foldRanges([point, point]) : [point, point]))
  }

  /** A group, or flags that hold until the group around ends. */
  #open(items: Tree[]): void {
    const { text, at: start } = this
    const before = [this.foldCase, this.#multiline, this.#dotAll, this.#swapGreed] as const
    let index = 0
    if (text[start + 1] !== '?') {
      this.at++
      index = this.groups.push(null)
    } else {
      const name = /^\(\?P?</.exec(text.slice(start, start + 4))
      if (name !== null && start + name[0].length < text.length) {
        index = this.groups.push(this.#groupName(start, name[0].length))
      } else if (this.#flags(start) === ')') return
    }
    if (++this.#depth > MAX_HEIGHT) throw new RegexpSyntaxError('expression nests too deeply', text)
    const node = this.#alternation()
    this.#depth--
    if (text[this.at] !== ')') throw new RegexpSyntaxError('missing closing )', text)
    this.at++
    ;[this.foldCase, this.#multiline, this.#dotAll, this.#swapGreed] = before
    if (index === 0) {
      items.push(node)
      return
    }
    const { height, size, repeats } = this.#measure(node)
    items.push(this.#record({ op: 'group', index, node }, { height: height + 1, size: size + 2, repeats }))
  }

  #groupName(start: number, opening: number): string {
    const end = this.text.indexOf('>', start)
    if (end === -1) throw new RegexpSyntaxError('invalid named capture', this.text.slice(start))
    const name = this.text.slice(start + opening, end)
    if (!/^[A-Za-z0-9_]+$/.test(name)) {
      throw new RegexpSyntaxError('invalid named capture', this.text.slice(start, end + 1))
    }
    this.at = end + 1
    return name
  }

  /** `(?i-s:` or `(?i-s)`: applies the flags; which of `:` and `)` ended them. */
  #flags(start: number): ':' | ')' {
    const { text } = this
    const flags = { i: this.foldCase, m: this.#multiline, s: this.#dotAll, U: this.#swapGreed }
    let value = true
    let seen = false
    this.at = start + 2
    while (this.at < text.length) {
      const char = text[this.at]!
      this.at += charLength(text, this.at)
      if (char === 'i' || char === 'm' || char === 's' || char === 'U') {
        flags[char] = value
        seen = true
      } else if (char === '-' && value) {
        value = false
        seen = false
      } else if ((char === ':' || char === ')') && (value || seen)) {
        this.foldCase = flags.i
        this.#multiline = flags.m
        this.#dotAll = flags.s
        this.#swapGreed = flags.U
        return char
      } else break
    }
    throw new RegexpSyntaxError('invalid or unsupported Perl syntax', text.slice(start, this.at))
  }

  #set(ranges: Ranges): SetTree {
    return { op: 'set', ranges: withInvalidBytes(ranges) }
  }

  #join(op: 'cat' | 'alt', nodes: Tree[]): Tree {
    if (nodes.length === 0) return EMPTY
    let height = 0
    let size = op === 'alt' ? nodes.length - 1 : 0
    let repeats = 1
    for (const node of nodes) {
      const inner = this.#measure(node)
      height = Math.max(height, inner.height)
      size += inner.size
      repeats = Math.max(repeats, inner.repeats)
    }
    return this.#record({ op, nodes }, { height: height + 1, size, repeats })
  }

  #measure(node: Tree): Measure {
    return this.#measures.get(node) ?? LEAF
  }

  #record(node: Tree, measure: Measure): Tree {
    if (measure.height > MAX_HEIGHT) throw new RegexpSyntaxError('expression nests too deeply', this.text)
    if (measure.size > MAX_SIZE) throw new RegexpSyntaxError('expression too large', this.text)
    this.#measures.set(node, measure)
    return node
  }
}

const ESCAPED_ASSERTIONS: Readonly<Record<string, keyof typeof RegexpAssertion>> = {
  A: 'textStart',
  b: 'wordBoundary',
  B: 'noWordBoundary',
  z: 'textEnd',
}

const assertion = (kind: keyof typeof RegexpAssertion): Tree => ({ op: 'assert', kind: RegexpAssertion[kind] })
