import { isPrint } from './go-text.ts'
import { quote } from './quote.ts'

export type TokenKind =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'EOF'
  | 'field'
  | 'identifier'
  | 'leftDelim'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelim'
  | 'rightParen'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | Keyword

export type Keyword =
  | 'block'
  | 'break'
  | 'continue'
  | 'dot'
  | 'define'
  | 'else'
  | 'end'
  | 'if'
  | 'nil'
  | 'range'
  | 'template'
  | 'with'

const KEYWORDS: ReadonlyMap<string, Keyword> = new Map(
  (['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'nil', 'range', 'template', 'with'] as const).map(
    (word) => [word, word],
  ),
)

export interface Token {
  readonly kind: TokenKind
  readonly at: number
  /** Counts from 1. */
  readonly line: number
  /** As it is written; the message of an error. */
  readonly text: string
}

/** A token as Go's errors name it. */
export function shownToken({ kind, text }: Token): string {
  if (kind === 'EOF') return 'EOF'
  if (kind === 'error') return text
  if (kind === 'dot' || KEYWORDS.has(kind)) return `<${text}>`
  const runes = Array.from(text)
  return runes.length > 10 ? `${quote(runes.slice(0, 10).join(''))}...` : quote(text)
}

const BLANKS = ' \t\r\n'
const isBlank = (char: string | undefined): boolean => char !== undefined && char !== '' && BLANKS.includes(char)
const NAME = /[_\p{L}\p{Nd}]*/uy
const COMMENT = /\/\*/y

/**
 * Cuts a template into tokens as Go's lexer does (`text/template/parse/lex.go`), one at a time. After an error there is
 * nothing but the end.
 */
export class Lexer {
  readonly #text: string
  #at = 0
  #line = 1
  /** The end of the line that is counted next; -1: there is none. */
  #newLine: number
  #insideAction = false
  #parentheses = 0
  #failed = false

  constructor(text: string) {
    this.#text = text
    this.#newLine = text.indexOf('\n')
  }

  next(): Token {
    if (this.#failed) return this.#token('EOF', this.#at, 'EOF')
    return this.#insideAction ? this.#inside() : this.#outside()
  }

  #token(kind: TokenKind, start: number, text = this.#text.slice(start, this.#at)): Token {
    const token = { kind, at: start, line: this.#line, text }
    if (kind !== 'error' && kind !== 'EOF') this.#count()
    return token
  }

  /** Counts the lines that were left behind. */
  #count(): void {
    while (this.#newLine !== -1 && this.#newLine < this.#at) {
      this.#line++
      this.#newLine = this.#text.indexOf('\n', this.#newLine + 1)
    }
  }

  #fail(message: string, at: number): Token {
    this.#failed = true
    return this.#token('error', at, message)
  }

  /** Text up to the next action; comments are left out. */
  #outside(): Token {
    const text = this.#text
    for (;;) {
      const start = this.#at
      const open = text.indexOf('{{', start)
      const end = open === -1 ? text.length : open
      this.#at = end
      if (open !== -1 && this.#hasLeftMark(open + 2)) {
        while (this.#at > start && isBlank(text[this.#at - 1])) this.#at--
      }
      if (this.#at > start) {
        const token = this.#token('text', start)
        this.#skipTo(end)
        return token
      }
      this.#skipTo(end)
      if (open === -1) return this.#token('EOF', end, 'EOF')
      const inner = open + (this.#hasLeftMark(open + 2) ? 4 : 2)
      COMMENT.lastIndex = inner
      if (COMMENT.test(text)) {
        this.#skipTo(inner)
        const failure = this.#comment(inner)
        if (failure !== null) return failure
        continue
      }
      this.#at = open + 2
      const token = this.#token('leftDelim', open)
      this.#skipTo(inner)
      this.#insideAction = true
      this.#parentheses = 0
      return token
    }
  }

  #skipTo(at: number): void {
    this.#at = at
    this.#count()
  }

  #hasLeftMark(at: number): boolean {
    return this.#text[at] === '-' && isBlank(this.#text[at + 1])
  }

  #comment(start: number): Token | null {
    const text = this.#text
    const end = text.indexOf('*/', start + 2)
    if (end === -1) return this.#fail('unclosed comment', start)
    const close = this.#rightDelim(end + 2)
    if (close === null) return this.#fail('comment ends before closing delimiter', start)
    this.#skipTo(this.#afterRightDelim(close))
    return null
  }

  /** Where a closing delimiter stands at a place, behind its mark for trimming; null where none does. */
  #rightDelim(at: number): { readonly at: number; readonly trims: boolean } | null {
    const text = this.#text
    if (isBlank(text[at]) && text[at + 1] === '-' && text.startsWith('}}', at + 2)) return { at: at + 2, trims: true }
    return text.startsWith('}}', at) ? { at, trims: false } : null
  }

  #afterRightDelim({ at, trims }: { readonly at: number; readonly trims: boolean }): number {
    let end = at + 2
    if (trims) while (isBlank(this.#text[end])) end++
    return end
  }

  #inside(): Token {
    const text = this.#text
    const start = this.#at
    const close = this.#rightDelim(start)
    if (close !== null) {
      if (this.#parentheses > 0) return this.#fail('unclosed left paren', start)
      return this.#close(close)
    }
    const char = text[start]
    if (char === undefined) return this.#fail('unclosed action', start)
    if (isBlank(char)) return this.#space()
    this.#at++
    switch (char) {
      case '=':
        return this.#token('assign', start)
      case ':':
        if (text[this.#at++] !== '=') return this.#fail('expected :=', start)
        return this.#token('declare', start)
      case '|':
        return this.#token('pipe', start)
      case '"':
        return this.#quoted('"', 'string', 'quoted string')
      case "'":
        return this.#quoted("'", 'charConstant', 'character constant')
      case '`':
        return this.#rawString()
      case '(':
        this.#parentheses++
        return this.#token('leftParen', start)
      case ')':
        if (--this.#parentheses < 0) return this.#fail('unexpected right paren', start)
        return this.#token('rightParen', start)
      case '$':
        return this.#name(start, 'variable')
      case '.':
        if (!/[0-9]/.test(text[this.#at] ?? '0')) return this.#name(start, 'field')
    }
    if (/[.+\-0-9]/.test(char)) return this.#number(start)
    NAME.lastIndex = start
    if (NAME.exec(text)![0] !== '') return this.#identifier(start)
    const code = text.codePointAt(start)!
    if (code < 0x80 && isPrint(char)) return this.#token('char', start)
    return this.#fail(`unrecognized character in action: ${shownCharacter(code)}`, start)
  }

  #close(close: { readonly at: number; readonly trims: boolean }): Token {
    this.#skipTo(close.at)
    this.#at = close.at + 2
    const token = this.#token('rightDelim', close.at)
    this.#skipTo(this.#afterRightDelim(close))
    this.#insideAction = false
    return token
  }

  /** The last blank may belong to a closing delimiter. */
  #space(): Token {
    const start = this.#at
    while (isBlank(this.#text[this.#at])) this.#at++
    const close = this.#rightDelim(this.#at - 1)
    if (close?.trims) {
      if (--this.#at === start) return this.#close(close)
    }
    return this.#token('space', start)
  }

  /** The opening mark is behind us; what it holds is read by the parser. */
  #quoted(mark: string, kind: 'string' | 'charConstant', what: string): Token {
    const text = this.#text
    const start = this.#at - 1
    for (;;) {
      let char = text[this.#at++]
      if (char === '\\') {
        char = text[this.#at++]
        if (char !== undefined && char !== '\n') continue
      }
      if (char === undefined || char === '\n') return this.#fail(`unterminated ${what}`, start)
      if (char === mark) return this.#token(kind, start)
    }
  }

  #rawString(): Token {
    const start = this.#at - 1
    const end = this.#text.indexOf('`', this.#at)
    if (end === -1) return this.#fail('unterminated raw quoted string', start)
    this.#at = end + 1
    return this.#token('rawString', start)
  }

  /** Behind a `.` or `$`. */
  #name(start: number, kind: 'field' | 'variable'): Token {
    if (this.#atTerminator()) return this.#token(kind === 'variable' ? 'variable' : 'dot', start)
    this.#readName()
    return this.#atTerminator() ? this.#token(kind, start) : this.#badCharacter(start)
  }

  #identifier(start: number): Token {
    this.#at = start
    this.#readName()
    if (!this.#atTerminator()) return this.#badCharacter(start)
    const word = this.#text.slice(start, this.#at)
    return this.#token(KEYWORDS.get(word) ?? (word === 'true' || word === 'false' ? 'bool' : 'identifier'), start)
  }

  #readName(): void {
    NAME.lastIndex = this.#at
    this.#at += NAME.exec(this.#text)![0].length
  }

  #badCharacter(start: number): Token {
    return this.#fail(`bad character ${shownCharacter(this.#text.codePointAt(this.#at)!)}`, start)
  }

  #atTerminator(): boolean {
    const char = this.#text[this.#at]
    return char === undefined || isBlank(char) || '.,|:)('.includes(char) || this.#text.startsWith('}}', this.#at)
  }

  #number(start: number): Token {
    this.#at = start
    const bad = () => this.#fail(`bad number syntax: ${quote(this.#text.slice(start, this.#at))}`, start)
    if (!this.#scanNumber()) return bad()
    const sign = this.#text[this.#at]
    if (sign !== '+' && sign !== '-') return this.#token('number', start)
    // Complex: 1+2i.
    return this.#scanNumber() && this.#text[this.#at - 1] === 'i' ? this.#token('complex', start) : bad()
  }

  #scanNumber(): boolean {
    NUMBER.lastIndex = this.#at
    this.#at += NUMBER.exec(this.#text)![0].length
    NAME.lastIndex = this.#at
    if (NAME.exec(this.#text)![0] === '') return true
    this.#at += this.#text.codePointAt(this.#at)! > 0xffff ? 2 : 1
    return false
  }
}

/** Looks like a number; whether it is one is seen when it is read. */
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y

/** Go's `%#U`. */
export function shownCharacter(code: number): string {
  const char = String.fromCodePoint(code)
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  return isPrint(char) ? `${name} '${char}'` : name
}
