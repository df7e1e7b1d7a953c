import type { Token } from '../scanner.ts'
import { PredicateSyntaxError, placeOf, tokenize } from './tokens.ts'

/** An expression of Go, as far as predicates may be taken for one. */
export type Expression =
  | { readonly kind: 'int' | 'float' | 'imaginary' | 'char'; readonly text: string }
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'selector'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'call'; readonly callee: Expression; readonly args: readonly Expression[] }
  | { readonly kind: 'unary'; readonly operator: string }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }

/** Deepest nesting of parentheses and calls, and longest chain of operators. */
const MAX_DEPTH = 100

const PRECEDENCE: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '=': 3,
  '+': 4,
  '-': 4,
  '|': 4,
  '^': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '<<': 5,
  '>>': 5,
  '&': 5,
  '&^': 5,
}

const UNARY: ReadonlySet<string> = new Set(['+', '-', '!', '^', '&', '~', '<-'])

/** Reads an expression with Go's grammar and complains in its words (`go/parser`). Throws `PredicateSyntaxError`. */
export function parseExpression(text: string): Expression {
  return new Parser(text).parse()
}

class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokenize(text)
  }

  parse(): Expression {
    const expression = this.#binary(1)
    if (this.#peek().kind === 'newline') this.#next++
    if (this.#peek().kind !== 'EOF') throw this.#unexpected("'EOF'")
    return expression
  }

  #peek(): Token {
    return this.#tokens[this.#next]!
  }

  #is(operator: string): boolean {
    const { kind, text } = this.#peek()
    return kind === 'operator' && text === operator
  }

  #accept(operator: string): boolean {
    if (!this.#is(operator)) return false
    this.#next++
    return true
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw new PredicateSyntaxError('expression is nested too deeply')
    const result = read()
    this.#depth--
    return result
  }

  #binary(lowest: number): Expression {
    let left = this.#unary()
    for (;;) {
      const { kind, text } = this.#peek()
      const precedence = kind === 'operator' && Object.hasOwn(PRECEDENCE, text) ? PRECEDENCE[text]! : 0
      if (precedence < lowest) return left
      if (text === '=') throw this.#unexpected("'=='")
      this.#next++
      const so = left
      left = { kind: 'binary', operator: text, left: so, right: this.#nested(() => this.#binary(precedence + 1)) }
    }
  }

  #unary(): Expression {
    const { kind, text } = this.#peek()
    if (kind !== 'operator' || !UNARY.has(text)) return this.#primary()
    this.#next++
    // No operator of one side means anything here.
    this.#nested(() => this.#unary())
    return { kind: 'unary', operator: text }
  }

  #primary(): Expression {
    let expression = this.#operand()
    for (;;) {
      if (this.#accept('.')) {
        const name = this.#peek()
        if (name.kind !== 'name') throw this.#unexpected('selector or type assertion')
        this.#next++
        expression = { kind: 'selector', of: expression, name: name.text }
      } else if (this.#accept('(')) {
        const callee = expression
        expression = { kind: 'call', callee, args: this.#nested(() => this.#args()) }
      } else return expression
    }
  }

  #args(): Expression[] {
    const args: Expression[] = []
    while (!this.#is(')') && this.#peek().kind !== 'EOF') {
      args.push(this.#binary(1))
      if (this.#accept(',')) continue
      if (this.#is(')')) break
      const before = this.#peek().kind === 'newline' ? ' before newline' : ''
      throw this.#error(`missing ','${before} in argument list`)
    }
    if (!this.#accept(')')) throw this.#unexpected("')'")
    return args
  }

  #operand(): Expression {
    const { kind, text, value } = this.#peek()
    switch (kind) {
      case 'name':
      case 'int':
      case 'float':
      case 'imaginary':
      case 'char':
        this.#next++
        return { kind, text }
      case 'string':
        this.#next++
        return { kind, value }
      default: {
        if (!this.#accept('(')) throw this.#unexpected('operand')
        const inner = this.#nested(() => this.#binary(1))
        if (!this.#accept(')')) throw this.#unexpected("')'")
        return inner
      }
    }
  }

  #unexpected(wanted: string): PredicateSyntaxError {
    const { kind, text } = this.#peek()
    let found = text
    if (kind === 'newline') found = 'newline'
    else if (kind === 'EOF') found = "'EOF'"
    else if (kind === 'operator' || kind === 'keyword') found = `'${text}'`
    return this.#error(`expected ${wanted}, found ${found}`)
  }

  #error(reason: string): PredicateSyntaxError {
    return new PredicateSyntaxError(`${placeOf(this.#text, this.#peek().at)}: ${reason}`)
  }
}
