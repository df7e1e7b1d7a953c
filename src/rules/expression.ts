import { Scanner, type SyntaxComplaint, type Token } from './scanner.ts'

/** A Go expression, as far as a rule can come across one. `at` is the UTF-16 offset to point to. */
export type Expression = { readonly at: number } & (
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | { readonly kind: 'paren'; readonly inner: Expression }
  | { readonly kind: 'call'; readonly callee: Expression; readonly args: readonly Expression[] }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'selector'; readonly target: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly target: Expression }
  | {
      readonly kind: 'literal'
      readonly type: 'string' | 'char' | 'int' | 'float' | 'imaginary'
      readonly value: string
    }
  | { readonly kind: 'bad' }
)

/** What Go says of the text: the first complaint and how many more there are. */
export interface ParsedExpression {
  readonly expression: Expression
  readonly complaints: readonly SyntaxComplaint[]
}

const PRECEDENCE: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3, '!=': 3, '<': 3, '<=': 3, '>': 3, '>=': 3, '=': 3,
  '+': 4, '-': 4, '|': 4, '^': 4,
  '*': 5, '/': 5, '%': 5, '<<': 5, '>>': 5, '&': 5, '&^': 5,
} // biome-ignore format: a table

const UNARY = new Set(['+', '-', '!', '^', '&', '~', '*', '<-'])
const STATEMENT_STARTS = new Set(
  'break const continue defer fallthrough for go goto if return select switch type var'.split(' '),
)
const MAX_DEPTH = 1000
/** Binary operators of one rule: each nests the tree once more. */
const MAX_OPERATORS = 2000

/** Parses a whole text as one Go expression (`go/parser.ParseExpr`). */
export function parseExpression(text: string): ParsedExpression {
  const parser = new Parser(text)
  const expression = parser.parse()
  const complaints = parser.complaints.toSorted((a, b) => a.at - b.at)
  return { expression, complaints }
}

/** Line of a place, from 1, as Go counts: a line break that ends the text begins no line. */
export function lineOf(text: string, at: number): number {
  let line = 1
  for (let i = text.indexOf('\n'); i !== -1 && i < at && i < text.length - 1; i = text.indexOf('\n', i + 1)) line++
  return line
}

class Parser {
  readonly complaints: SyntaxComplaint[] = []
  readonly #text: string
  readonly #scanner: Scanner
  #token: Token
  #depth = 0
  #operators = 0

  constructor(text: string) {
    this.#text = text
    this.#scanner = new Scanner(text, (complaint) => this.complaints.push(complaint))
    this.#token = this.#scanner.next()
  }

  parse(): Expression {
    const expression = this.#binary(1)
    if (this.#token.kind === 'newline') this.#advance()
    if (this.#token.kind !== 'EOF') {
      this.#expected("'EOF'")
      // Go takes one token more, and the scanner may complain of it.
      this.#advance()
    }
    return expression
  }

  #advance(): Token {
    const token = this.#token
    this.#token = this.#scanner.next()
    return token
  }

  #is(operator: string): boolean {
    return this.#token.kind === 'operator' && this.#token.text === operator
  }

  /** One complaint a line: more are mostly consequences of the first. */
  #complain(at: number, message: string): void {
    const last = this.complaints[this.complaints.length - 1]
    if (last !== undefined && lineOf(this.#text, last.at) === lineOf(this.#text, at)) return
    this.complaints.push({ at, message })
  }

  #expected(what: string): void {
    const { kind, text, at } = this.#token
    let found = `'${text}'`
    if (kind === 'newline') found = 'newline'
    else if (kind === 'EOF') found = "'EOF'"
    else if (kind === 'illegal') found = "'ILLEGAL'"
    else if (kind !== 'operator' && kind !== 'keyword') found = text.startsWith('`') ? text.replaceAll('\r', '') : text
    this.#complain(at, `expected ${what}, found ${found}`)
  }

  #expect(operator: string): void {
    if (!this.#is(operator)) this.#expected(`'${operator}'`)
    if (this.#token.kind !== 'EOF') this.#advance()
  }

  #binary(minimum: number): Expression {
    let left = this.#unary()
    for (;;) {
      const { kind, text, at } = this.#token
      const precedence = kind === 'operator' && Object.hasOwn(PRECEDENCE, text) ? PRECEDENCE[text]! : 0
      if (precedence < minimum) return left
      if (++this.#operators > MAX_OPERATORS) return this.#giveUp(at)
      const operator = text === '=' ? '==' : text
      this.#expect(operator)
      left = { kind: 'binary', operator, left, right: this.#binary(precedence + 1), at }
    }
  }

  #unary(): Expression {
    const { kind, text, at } = this.#token
    if (kind !== 'operator' || !UNARY.has(text)) return this.#primary()
    this.#advance()
    return this.#nested(at, () => ({ kind: 'unary', operator: text, operand: this.#unary(), at }))
  }

  #nested(at: number, parse: () => Expression): Expression {
    if (++this.#depth > MAX_DEPTH) return this.#giveUp(at)
    const expression = parse()
    this.#depth--
    return expression
  }

  #giveUp(at: number): Expression {
    this.complaints.push({ at, message: 'exceeded max nesting depth' })
    while (this.#token.kind !== 'EOF') this.#advance()
    return { kind: 'bad', at }
  }

  #primary(): Expression {
    let expression = this.#operand()
    for (;;) {
      const { at } = this.#token
      if (this.#is('.')) {
        this.#advance()
        const name = this.#token
        if (name.kind !== 'name') this.#expected('selector or type assertion')
        if (!this.#is('}')) this.#advance()
        expression = { kind: 'selector', target: expression, name: name.text, at: expression.at }
      } else if (this.#is('[')) {
        this.#advance()
        if (this.#is(']')) this.#expected('operand')
        else this.#binary(1)
        this.#expect(']')
        expression = { kind: 'index', target: expression, at }
      } else if (this.#is('(')) {
        const callee = expression
        expression = this.#nested(at, () => ({ kind: 'call', callee, args: this.#arguments(), at: callee.at }))
      } else return expression
    }
  }

  #arguments(): readonly Expression[] {
    this.#advance()
    const args: Expression[] = []
    while (!this.#is(')') && this.#token.kind !== 'EOF') {
      args.push(this.#binary(1))
      const last = this.#is('...')
      if (last) this.#advance()
      if (!this.#is(',')) {
        if (this.#is(')')) break
        const where = this.#token.kind === 'newline' ? ' before newline' : ''
        this.#complain(this.#token.at, `missing ','${where} in argument list`)
      }
      this.#advance()
      if (last) break
    }
    if (this.#token.kind === 'newline') {
      this.#complain(this.#token.at, "missing ',' before newline in argument list")
      this.#advance()
    }
    this.#expect(')')
    return args
  }

  #operand(): Expression {
    const { kind, text, value, at } = this.#token
    switch (kind) {
      case 'name':
        this.#advance()
        return { kind: 'name', name: text, at }
      case 'string':
      case 'char':
      case 'int':
      case 'float':
      case 'imaginary':
        this.#advance()
        return { kind: 'literal', type: kind, value, at }
    }
    if (this.#is('(')) {
      this.#advance()
      const inner = this.#nested(at, () => this.#binary(1))
      this.#expect(')')
      return { kind: 'paren', inner, at }
    }
    this.#expected('operand')
    while (this.#token.kind !== 'EOF' && !(this.#token.kind === 'keyword' && STATEMENT_STARTS.has(this.#token.text))) {
      this.#advance()
    }
    return { kind: 'bad', at }
  }
}
