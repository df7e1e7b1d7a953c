import { PrepareError } from '../../schema/element.ts'

/** A directive as it is written. */
export interface WrittenDirective {
  readonly name: string
  readonly parameters: readonly Parameter[]
  /** Null: it has none. */
  readonly block: readonly WrittenDirective[] | null
}

export interface Parameter {
  /** Without quotation marks. */
  readonly text: string
  readonly isQuoted: boolean
}

/** Directives of one text, and blocks in blocks. */
const MOST = 500
const DEEPEST = 10

/** Reads directives of nginx. Throws `PrepareError`. @param title what it is called in messages */
export function parseSnippet(text: string, title: string): readonly WrittenDirective[] {
  const reader = new SnippetReader(text, title)
  return reader.block(0)
}

class SnippetReader {
  readonly #text: string
  readonly #title: string
  #at = 0
  #count = 0

  constructor(text: string, title: string) {
    this.#text = text
    this.#title = title
  }

  /** Up to the end of the text, or of the block. */
  block(depth: number): WrittenDirective[] {
    if (depth > DEEPEST) this.#fail(`more than ${DEEPEST} blocks in one another`)
    const directives: WrittenDirective[] = []
    for (;;) {
      this.#skip()
      if (this.#at >= this.#text.length) {
        if (depth > 0) this.#fail('a block is not closed')
        return directives
      }
      if (this.#text[this.#at] === '}') {
        if (depth === 0) this.#fail('unexpected "}"')
        this.#at++
        return directives
      }
      if (this.#text[this.#at] === ';') {
        this.#at++
        continue
      }
      if (++this.#count > MOST) this.#fail(`more than ${MOST} directives`)
      directives.push(this.#directive(depth))
    }
  }

  #directive(depth: number): WrittenDirective {
    const { text: name, isQuoted } = this.#word()
    if (isQuoted || name === '') this.#fail('a directive has no name')
    const parameters: Parameter[] = []
    for (;;) {
      this.#skip()
      const char = this.#text[this.#at]
      if (char === undefined || char === '}') this.#fail(`directive "${name}" is not terminated by ";"`)
      if (char === ';') {
        this.#at++
        return { name, parameters, block: null }
      }
      if (char === '{') {
        this.#at++
        return { name, parameters, block: this.block(depth + 1) }
      }
      parameters.push(this.#word())
    }
  }

  #word(): Parameter {
    const quote = this.#text[this.#at]
    if (quote === '"' || quote === "'") {
      const start = ++this.#at
      for (; this.#at < this.#text.length && this.#text[this.#at] !== quote; this.#at++) {
        if (this.#text[this.#at] === '\\') this.#at++
      }
      if (this.#at >= this.#text.length) this.#fail('a quotation is not closed')
      const inner = this.#text.slice(start, this.#at++)
      return { text: inner.replaceAll(`\\${quote}`, quote), isQuoted: true }
    }
    const start = this.#at
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!
      if (char === '\\') this.#at++
      // `${name}` belongs to the word.
      else if (char === '$' && this.#text[this.#at + 1] === '{') {
        const end = this.#text.indexOf('}', this.#at)
        if (end === -1) this.#fail('a variable is not closed')
        this.#at = end
      } else if (/[\s;{}]/.test(char)) break
    }
    return { text: this.#text.slice(start, this.#at), isQuoted: false }
  }

  /** White space and comments. */
  #skip(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!
      if (char === '#') {
        const end = this.#text.indexOf('\n', this.#at)
        this.#at = end === -1 ? this.#text.length : end
      } else if (!/\s/.test(char)) return
    }
  }

  #fail(what: string): never {
    const line = this.#text.slice(0, this.#at).split('\n').length
    throw new PrepareError(`parsing ${this.#title}: ${what} in line ${line}`)
  }
}
