import { Scanner, type Token } from '../scanner.ts'

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

/** Words of a predicate in Go's notation, the last one of kind `EOF`; throws `PredicateSyntaxError`. */
export function tokenize(expression: string): Token[] {
  if (expression.length > MAX_LENGTH) throw new PredicateSyntaxError('expression is too long')
  const tokens: Token[] = []
  const scanner = new Scanner(expression, ({ at, message }) => {
    throw new PredicateSyntaxError(`${placeOf(expression, at)}: ${message}`)
  })
  for (;;) {
    const token = scanner.next()
    tokens.push(token)
    if (token.kind === 'EOF') return tokens
  }
}

/** Line and column as Go counts them, from 1, in bytes. */
export function placeOf(expression: string, at: number): string {
  const lines = expression.slice(0, at).split('\n')
  return `${lines.length}:${new TextEncoder().encode(lines.at(-1)).length + 1}`
}
