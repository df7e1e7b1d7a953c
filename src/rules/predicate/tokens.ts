/** A word of a predicate; `at` counts characters from 0. */
export interface PredicateToken {
  readonly kind: 'name' | 'int' | 'float' | 'char' | 'string' | 'operator' | 'newline' | 'end'
  readonly text: string
  readonly at: number
}

/** Why an expression is none, in the words of Traefik, which are those of Go's parser and of what it makes of them. */
export class PredicateSyntaxError extends Error {
  /** What is meant, where the words don't tell. */
  readonly hint: string | null

  constructor(message: string, hint: string | null = null) {
    super(message)
    this.name = 'PredicateSyntaxError'
    this.hint = hint
  }
}

/** Longest expression that is read, in characters. */
const MAX_LENGTH = 10_000

const BLANK = /(?:[ \t\r]|\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\/)+/y
const NAME = /[\p{L}_][\p{L}\p{Nd}_]*/uy
const NUMBER = /(?:0[xXbBoO][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y
const STRING = /"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`/y
const CHAR = /'(?:[^'\\\n]|\\[^\n]*?)'/y
const OPERATOR =
  /&&|\|\||<-|==|!=|<=|>=|:=|\.\.\.|<<=|>>=|<<|>>|&\^=|&\^|\+\+|--|[+\-*/%&|^]=|[-+*/%&|^<>=!()[\]{},;.:~]/y

/** Where a line may end: Go then reads a semicolon. */
const ENDS_LINE: ReadonlySet<string> = new Set([')', ']', '}', '++', '--'])

/** Words of a predicate in Go's notation, the last one of kind `end`; throws `PredicateSyntaxError`. */
export function tokenize(expression: string): PredicateToken[] {
  if (expression.length > MAX_LENGTH) throw new PredicateSyntaxError('expression is too long')
  const tokens: PredicateToken[] = []
  let at = 0
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    return pattern.exec(expression)?.[0] ?? null
  }
  const endLine = (): void => {
    const last = tokens.at(-1)
    if (last === undefined || last.kind === 'newline') return
    if (last.kind !== 'operator' || ENDS_LINE.has(last.text)) tokens.push({ kind: 'newline', text: '\n', at })
  }
  for (;;) {
    at += take(BLANK)?.length ?? 0
    if (at === expression.length) {
      endLine()
      tokens.push({ kind: 'end', text: '', at })
      return tokens
    }
    if (expression[at] === '\n') {
      endLine()
      at++
      continue
    }
    const token = expression.startsWith('/*', at) ? null : word(take, at)
    if (token === null) throw new PredicateSyntaxError(`${placeOf(expression, at)}: ${faultAt(expression, at)}`)
    tokens.push(token)
    at += token.text.length
  }
}

function word(take: (pattern: RegExp) => string | null, at: number): PredicateToken | null {
  const name = take(NAME)
  if (name !== null) return { kind: 'name', text: name, at }
  const number = take(NUMBER)
  if (number !== null) return { kind: /^(?:\d+|0[a-zA-Z].*)$/.test(number) ? 'int' : 'float', text: number, at }
  const string = take(STRING)
  if (string !== null) return { kind: 'string', text: string, at }
  const char = take(CHAR)
  if (char !== null) return { kind: 'char', text: char, at }
  const operator = take(OPERATOR)
  return operator === null ? null : { kind: 'operator', text: operator, at }
}

/** Line and column as Go counts them, from 1, in bytes. */
export function placeOf(expression: string, at: number): string {
  const lines = expression.slice(0, at).split('\n')
  return `${lines.length}:${new TextEncoder().encode(lines.at(-1)).length + 1}`
}

function faultAt(expression: string, at: number): string {
  if (expression.startsWith('/*', at)) return 'comment not terminated'
  if (expression[at] === '"') return 'string literal not terminated'
  if (expression[at] === '`') return 'raw string literal not terminated'
  if (expression[at] === "'") return 'illegal rune literal'
  const point = expression.codePointAt(at)!
  return `illegal character U+${point.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(point)}'`
}
