import { EVENT_ID, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml'
import { SyntaxProblem } from './tree.ts'

/** A text that is like another one but for blanks at the start of some lines. */
export interface Placement {
  readonly text: string
  /** From places in it to those in the other one; line and column count from 1. */
  readonly place: (at: { line: number; column: number }) => { line: number; column: number }
}

/** Go takes tabs there, as the specification does; ours counts them as columns of a block that began before them. */
const TAB_BEHIND_KEY = /(?<=^[^#"'[{]*:)\t+(?=[[{])/

/** Longer texts are read beside the data path. */
const SHORT = 16 * 1024
/** Characters that are read, readings together: some 30 ms of the data path for a short text, 0.5 s beside it for others. */
const MAX_READ = { short: 1_250_000, long: 20_000_000 }

const DEFICIENT = 'deficient indentation'
const OPEN_AT_END = /^unexpected end of the stream within a/
/** Nothing but brackets and braces that close: mostly what stands too far left, and then all over a text. */
const CLOSING = /^\s*[\]}]+,?\s*(?:#.*)?$/

/**
 * Loads YAML whose brackets, braces and quotes may close, and go on, at any column, as Go's parser reads it. The
 * specification wants such lines indented deeper than what they belong to (`b: [` … `]` on a line of its own), and so
 * does ours: lines that it finds at fault get blanks, which mean nothing there. Throws `SyntaxProblem`.
 */
export const loadIndented = <T>(
  text: string,
  load: (text: string) => T,
): { readonly value: T; readonly placement: Placement | null } => {
  const indented = new IndentedText(text)
  const maxRead = text.length > SHORT ? MAX_READ.long : MAX_READ.short
  for (let readings = 1; ; readings++) {
    try {
      const value = load(indented.text)
      if (indented.isPlain) return { value, placement: null }
      if (indented.isFaithful()) return { value, placement: indented }
    } catch (error) {
      if (!(error instanceof YAMLException)) throw new SyntaxProblem(`yaml: ${String(error)}`, 1, 1)
      const line = error.mark?.line ?? 0
      if (readings * text.length < maxRead && indented.untab(line)) continue
      if (error.reason === DEFICIENT && readings * text.length < maxRead && indented.indent(line)) continue
      // What was never closed is still open where a line was found too far left.
      if (OPEN_AT_END.test(error.reason) && indented.first !== null) {
        const { first } = indented
        throw new SyntaxProblem(`yaml: line ${first + 1}: ${error.reason} that is still open here`, first + 1, 1)
      }
      const at = indented.place({ line: line + 1, column: (error.mark?.column ?? 0) + 1 })
      throw new SyntaxProblem(`yaml: line ${at.line}: ${error.reason}`, at.line, at.column)
    }
  }
}

/** A text with blanks before some of its lines. Lines count from 0. */
class IndentedText implements Placement {
  readonly #lines: string[]
  readonly #indented = new Set<number>()
  /** Those that are content of block scalars (`|`, `>`). */
  readonly #content = new Set<number>()
  /** Lines without their tabs behind a key, as they were before. */
  readonly #untabbed = new Map<number, string>()
  /** Those whose tabs are content. */
  readonly #tabbed = new Set<number>()
  #blanks = ''
  text: string

  constructor(text: string) {
    this.#lines = text.split('\n')
    this.text = text
  }

  get isPlain(): boolean {
    return this.#indented.size === 0 && this.#untabbed.size === 0
  }

  /** The first line that was at fault; null: none. */
  get first(): number | null {
    return this.#indented.values().next().value ?? null
  }

  /** Puts blanks for tabs between a key and what is in brackets or braces; false: there are none in the line. */
  untab(line: number): boolean {
    const before = this.#lines[line] ?? ''
    const after = before.replace(TAB_BEHIND_KEY, (tabs) => ' '.repeat(tabs.length))
    if (after === before || this.#tabbed.has(line)) return false
    this.#lines[line] = after
    this.#untabbed.set(line, before)
    this.#write()
    return true
  }

  /** Indents a line that is known to be within brackets, braces or quotes; false: it was already. */
  indent(line: number): boolean {
    // What a block scalar holds is not within anything, whatever the parser says.
    if (this.#indented.has(line) || this.#content.has(line)) return false
    if (this.#blanks === '') {
      const widths = this.#lines.map((each) => each.search(/[^ ?-]|$/))
      this.#blanks = ' '.repeat(widths.reduce((widest, width) => Math.max(widest, width), 0) + 1)
    }
    this.#indented.add(line)
    if (CLOSING.test(this.#lines[line]!)) {
      for (let other = line + 1; other < this.#lines.length; other++) {
        if (!this.#content.has(other) && CLOSING.test(this.#lines[other]!)) this.#indented.add(other)
      }
    }
    this.#write()
    return true
  }

  /**
   * Whether no blank has become content: what looks as if it closed something may stand in a block scalar. Those that
   * did are taken away again.
   */
  isFaithful(): boolean {
    const starts = [0]
    for (const { index } of this.text.matchAll(/\n/g)) starts.push(index + 1)
    const indented = [...this.#indented].sort((a, b) => a - b)
    let isFaithful = true
    let at = 0
    for (const event of parseEvents(this.text, {})) {
      if (event.type !== EVENT_ID.SCALAR) continue
      if (this.#retab(starts, event.valueStart, event.valueEnd)) isFaithful = false
      const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK
      for (; at < indented.length && starts[indented[at]!]! < event.valueEnd; at++) {
        const line = indented[at]!
        if (!isBlock || starts[line]! < event.valueStart) continue
        this.#indented.delete(line)
        this.#content.add(line)
        isFaithful = false
      }
    }
    if (!isFaithful) this.#write()
    return isFaithful
  }

  /** Puts tabs back that are within a scalar; whether there were some. */
  #retab(starts: readonly number[], from: number, to: number): boolean {
    let isAny = false
    for (const [line, before] of this.#untabbed) {
      const blanks = this.#indented.has(line) ? this.#blanks.length : 0
      const at = starts[line]! + blanks + before.search(TAB_BEHIND_KEY)
      if (at < from || at >= to) continue
      this.#untabbed.delete(line)
      this.#tabbed.add(line)
      this.#lines[line] = before
      isAny = true
    }
    return isAny
  }

  readonly place: Placement['place'] = ({ line, column }) => ({
    line,
    column: this.#indented.has(line - 1) ? Math.max(1, column - this.#blanks.length) : column,
  })

  #write(): void {
    this.text = this.#lines.map((line, at) => (this.#indented.has(at) ? this.#blanks + line : line)).join('\n')
  }
}
