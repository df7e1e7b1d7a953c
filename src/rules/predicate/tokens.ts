/** A word of a predicate; `at` counts characters from 0. */
export interface PredicateToken {
  readonly kind: 'name' | 'int' | 'float' | 'string' | 'operator' | 'end'
  readonly text: string
  readonly at: number
}

/** Why an expression is none. */
export class PredicateSyntaxError extends Error {
  /** Characters into the expression, from 0. */
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.name = 'PredicateSyntaxError'
    this.at = at
  }
}

/** Longest expression that is read, in characters. */
const MAX_LENGTH = 10_000

/** White space and comments. */
const BLANK = /(?:[ \t\r\n]|\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\/)+/y
const NAME = /[\p{L}_][\p{L}\p{Nd}_]*/uy
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const STRING = /"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`/y
const OPERATOR = /&&|\|\||==|!=|<=|>=|[<>(),]/y

/** Words of a predicate in Go's notation, the last one of kind `end`; throws `PredicateSyntaxError`. */
export function tokenize(expression: string): PredicateToken[] {
  if (expression.length > MAX_LENGTH) throw new PredicateSyntaxError('expression is too long', MAX_LENGTH)
  const tokens: PredicateToken[] = []
  let at = 0
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    return pattern.exec(expression)?.[0] ?? null
  }
  for (;;) {
    at += take(BLANK)?.length ?? 0
    if (at === expression.length) {
      tokens.push({ kind: 'end', text: '', at })
      return tokens
    }
    const token = word(take, at)
    if (token === null) throw new PredicateSyntaxError(`unexpected ${JSON.stringify(expression[at])}`, at)
    tokens.push(token)
    at += token.text.length
  }
}

function word(take: (pattern: RegExp) => string | null, at: number): PredicateToken | null {
  const name = take(NAME)
  if (name !== null) return { kind: 'name', text: name, at }
  const number = take(NUMBER)
  if (number !== null) return { kind: /^\d+$/.test(number) ? 'int' : 'float', text: number, at }
  const string = take(STRING)
  if (string !== null) return { kind: 'string', text: string, at }
  const operator = take(OPERATOR)
  return operator === null ? null : { kind: 'operator', text: operator, at }
}
