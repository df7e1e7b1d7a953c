import { scanNumber } from './number.ts'

/** A token of Go source text, as far as rules can hold it. */
export interface Token {
  readonly kind:
    | 'name'
    | 'keyword'
    | 'string'
    | 'char'
    | 'int'
    | 'float'
    | 'imaginary'
    | 'operator'
    | 'newline'
    | 'illegal'
    | 'EOF'
  /** As written; of a string its source. */
  readonly text: string
  /** Of a string literal what it stands for. */
  readonly value: string
  /** UTF-16 offset. */
  readonly at: number
}

/** A complaint of scanner or parser. */
export interface SyntaxComplaint {
  readonly at: number
  readonly message: string
}

const KEYWORDS = new Set(
  `break case chan const continue default defer else fallthrough for func go goto if import interface map package range
   return select struct switch type var`.split(/\s+/),
)

const OPERATOR =
  /<<=|>>=|&\^=|\.\.\.|&&|\|\||<-|\+\+|--|==|!=|<=|>=|:=|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|&\^|[+\-*/%&|^<>=!()[\]{},;.:~]/y
const NAME = /[\p{L}_][\p{L}\p{Nd}_]*/uy
const NUMBER_START = /\.?[0-9]/y
const BLANKS = /[ \t\r]+/y

/**
 * Splits a rule into tokens as Go's scanner does, including the newline token that ends a statement after a name, a
 * literal or a closing bracket. What is wrong is told to `complain` and scanning goes on.
 */
export class Scanner {
  readonly #text: string
  readonly #complain: (complaint: SyntaxComplaint) => void
  #at: number
  /** The last token may end a statement: a line break then counts. */
  #endsStatement = false

  constructor(text: string, complain: (complaint: SyntaxComplaint) => void) {
    this.#text = text
    this.#complain = complain
    this.#at = text.startsWith('\ufeff') ? 1 : 0
  }

  next(): Token {
    const newline = this.#skipBlanks()
    if (newline !== null) {
      this.#endsStatement = false
      return newline
    }
    const token = this.#scan()
    if (token.kind !== 'illegal') {
      const { kind, text } = token
      this.#endsStatement =
        kind === 'operator' ? /^(?:[)\]}]|\+\+|--)$/.test(text) : kind !== 'keyword' && kind !== 'EOF'
    }
    return token
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)?.[0] ?? null
  }

  /** Skips blanks and comments; the newline token if one is due. */
  #skipBlanks(): Token | null {
    const text = this.#text
    for (;;) {
      this.#at += this.#match(BLANKS)?.length ?? 0
      const at = this.#at
      if (text[at] === '\n' || at >= text.length) {
        if (!this.#endsStatement) {
          if (at >= text.length) return null
          this.#at++
          continue
        }
        this.#at = Math.min(at + 1, text.length)
        return { kind: 'newline', text: '\n', value: '', at }
      }
      const line = text.startsWith('//', at)
      if (!line && !text.startsWith('/*', at)) return null
      const close = text.indexOf(line ? '\n' : '*/', at + 2)
      this.#checkCharacters(at, close === -1 ? text.length : close)
      if (close === -1 && !line) this.#complain({ at, message: 'comment not terminated' })
      const end = close === -1 ? text.length : close + (line ? 0 : 2)
      if (this.#endsStatement && !line && text.slice(at, end).includes('\n')) {
        this.#at = end
        return { kind: 'newline', text: '\n', value: '', at: text.indexOf('\n', at) }
      }
      this.#at = end
    }
  }

  #token(kind: Token['kind'], text: string, value = ''): Token {
    const at = this.#at
    this.#at += text.length
    return { kind, text, value, at }
  }

  #scan(): Token {
    const text = this.#text
    if (this.#at >= text.length) return this.#token('EOF', '')
    const name = this.#match(NAME)
    if (name !== null) return this.#token(KEYWORDS.has(name) ? 'keyword' : 'name', name)
    if (this.#match(NUMBER_START) !== null) {
      const { kind, end } = scanNumber(text, this.#at, this.#complain)
      return this.#token(kind, text.slice(this.#at, end))
    }
    const char = text[this.#at]!
    if (char === '`') return this.#rawString()
    if (char === '"' || char === "'") return this.#quoted(char)
    const operator = this.#match(OPERATOR)
    if (operator !== null) return this.#token('operator', operator)
    return this.#illegal()
  }

  #illegal(): Token {
    const point = this.#text.codePointAt(this.#at)!
    const char = String.fromCodePoint(point)
    let message = `illegal character ${describePoint(point)}`
    if (point === 0) message = 'illegal character NUL'
    else if (point === 0xfeff) message = 'illegal byte order mark'
    else if (char === '“' || char === '”') message = `curly quotation mark '${char}' (use neutral '"')`
    this.#complain({ at: this.#at, message })
    return this.#token('illegal', char)
  }

  /** What may stand nowhere, not even in texts and comments. */
  #checkCharacters(start: number, end: number): void {
    for (const { 0: char, index } of this.#text.slice(start, end).matchAll(/[\0\ufeff]/g)) {
      const message = char === '\0' ? 'illegal character NUL' : 'illegal byte order mark'
      this.#complain({ at: start + index, message })
    }
  }

  #rawString(): Token {
    const close = this.#text.indexOf('`', this.#at + 1)
    this.#checkCharacters(this.#at, close === -1 ? this.#text.length : close)
    if (close === -1) this.#complain({ at: this.#at, message: 'raw string literal not terminated' })
    const source = this.#text.slice(this.#at, close === -1 ? this.#text.length : close + 1)
    return this.#token('string', source, source.slice(1, -1).replaceAll('\r', ''))
  }

  #quoted(quote: '"' | "'"): Token {
    const start = this.#at
    const text = this.#text
    const bytes: (string | number)[] = []
    let at = start + 1
    let count = 0
    let valid = true
    while (at < text.length && text[at] !== '\n' && text[at] !== quote) {
      count++
      if (text[at] !== '\\') {
        const char = String.fromCodePoint(text.codePointAt(at)!)
        bytes.push(char)
        at += char.length
        continue
      }
      const meant = readGoEscape(text, at, quote)
      if ('message' in meant) {
        this.#complain(meant)
        valid = false
        at = Math.max(meant.at, at + 1)
      } else {
        bytes.push(meant.value)
        at = meant.end
      }
    }
    this.#checkCharacters(start, at)
    const closed = text[at] === quote
    if (!closed) {
      // Of a rune that is wrong already Go does not say this as well.
      if (valid || quote === '"') {
        this.#complain({ at: start, message: `${quote === '"' ? 'string' : 'rune'} literal not terminated` })
      }
    } else if (quote === "'" && valid && count !== 1) this.#complain({ at: start, message: 'illegal rune literal' })
    return this.#token(quote === '"' ? 'string' : 'char', text.slice(start, closed ? at + 1 : at), joinBytes(bytes))
  }
}

/** `U+0023 '#'`, as Go's `%#U` writes it. */
function describePoint(point: number): string {
  const code = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`
  const char = String.fromCodePoint(point)
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char) ? `${code} '${char}'` : code
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\',
} // biome-ignore format: a table

/** What an escape stands for: text, or a byte as a number; or what is wrong with it. */
function readGoEscape(
  text: string,
  at: number,
  quote: string,
): { value: string | number; end: number } | SyntaxComplaint {
  const letter = text[at + 1] ?? ''
  if (letter === quote) return { value: quote, end: at + 2 }
  const simple = Object.hasOwn(SIMPLE_ESCAPES, letter) ? SIMPLE_ESCAPES[letter] : undefined
  if (simple !== undefined) return { value: simple, end: at + 2 }
  const octal = letter >= '0' && letter <= '7'
  const length = octal ? 3 : ({ x: 2, u: 4, U: 8 }[letter] ?? 0)
  if (length === 0) {
    return { at: at + 1, message: letter === '' ? 'escape sequence not terminated' : 'unknown escape sequence' }
  }
  const start = octal ? at + 1 : at + 2
  for (let i = start; i < start + length; i++) {
    if (i >= text.length) return { at: i, message: 'escape sequence not terminated' }
    if (!(octal ? /[0-7]/ : /[0-9a-fA-F]/).test(text[i]!)) {
      return { at: i, message: `illegal character ${describePoint(text.codePointAt(i)!)} in escape sequence` }
    }
  }
  const value = Number.parseInt(text.slice(start, start + length), octal ? 8 : 16)
  const isByte = octal || letter === 'x'
  if (isByte ? value > 255 : value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
    return { at: at + 1, message: 'escape sequence is invalid Unicode code point' }
  }
  return { value: isByte ? value : String.fromCodePoint(value), end: start + length }
}

/** Bytes given by number make UTF-8 together; one that does not stays a lone surrogate U+DC80 to U+DCFF. */
function joinBytes(parts: readonly (string | number)[]): string {
  if (parts.every((part) => typeof part === 'string' || part < 128)) {
    return parts.map((part) => (typeof part === 'string' ? part : String.fromCharCode(part))).join('')
  }
  const bytes = parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : [part]))
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  } catch {
    // No UTF-8 as a whole: the bytes that were given by number are kept one by one.
    const keep = (byte: number) => String.fromCharCode(byte < 128 ? byte : 0xdc00 + byte)
    return parts.map((part) => (typeof part === 'string' ? part : keep(part))).join('')
  }
}
