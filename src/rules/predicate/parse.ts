import type { PredicateComparison, PredicateNode } from '../../plan/predicate.ts'
import { PredicateSyntaxError, type PredicateToken, tokenize } from './tokens.ts'

/** A function of a predicate: what it gives and what it takes. */
export interface PredicateFunction {
  /** `boolean`: it stands alone; the others are compared with a literal of just this type. */
  readonly gives: 'int' | 'float' | 'string' | 'boolean'
  readonly takes: readonly ('int' | 'float')[]
}

export type PredicateLanguage = Readonly<Record<string, PredicateFunction>>

/** Deepest nesting of parentheses. */
const MAX_DEPTH = 100

/**
 * Reads a condition in the notation of Traefik's predicates (Go's expressions: calls, literals, `&&` before `||`,
 * comparisons with the metric on the left, parentheses; no `!`). Throws `PredicateSyntaxError`.
 */
export function parsePredicate(expression: string, language: PredicateLanguage): PredicateNode {
  return new Parser(tokenize(expression), language).parse()
}

class Parser {
  readonly #tokens: readonly PredicateToken[]
  readonly #language: PredicateLanguage
  #next = 0
  #depth = 0

  constructor(tokens: readonly PredicateToken[], language: PredicateLanguage) {
    this.#tokens = tokens
    this.#language = language
  }

  parse(): PredicateNode {
    const node = this.#or()
    const rest = this.#peek()
    if (rest.kind !== 'end') throw unexpected(rest)
    return node
  }

  #peek(): PredicateToken {
    return this.#tokens[this.#next]!
  }

  #take(): PredicateToken {
    const token = this.#peek()
    if (token.kind !== 'end') this.#next++
    return token
  }

  #accept(operator: string): boolean {
    const { kind, text } = this.#peek()
    if (kind !== 'operator' || text !== operator) return false
    this.#next++
    return true
  }

  #expect(operator: string): void {
    if (!this.#accept(operator)) throw unexpected(this.#peek(), operator)
  }

  #or(): PredicateNode {
    let node = this.#and()
    while (this.#accept('||')) node = { op: 'or', left: node, right: this.#and() }
    return node
  }

  #and(): PredicateNode {
    let node = this.#term()
    while (this.#accept('&&')) node = { op: 'and', left: node, right: this.#term() }
    return node
  }

  #term(): PredicateNode {
    if (!this.#accept('(')) return this.#condition()
    if (++this.#depth > MAX_DEPTH) throw new PredicateSyntaxError('too many parentheses', this.#peek().at)
    const node = this.#or()
    this.#expect(')')
    this.#depth--
    return node
  }

  #condition(): PredicateNode {
    const name = this.#take()
    if (name.kind !== 'name') throw unexpected(name)
    const called = Object.hasOwn(this.#language, name.text) ? this.#language[name.text] : undefined
    if (called === undefined) throw new PredicateSyntaxError(`unsupported function: ${name.text}`, name.at)
    const args = this.#args(name, called)
    const metric = name.text
    const operator = this.#peek()
    const op = comparisons.find((text) => operator.kind === 'operator' && operator.text === text)
    if (op === undefined) {
      if (called.gives !== 'boolean') throw new PredicateSyntaxError(`expected predicate, got ${metric}`, name.at)
      return { op: 'is', metric, args }
    }
    this.#next++
    const ordered = op !== '==' && op !== '!='
    if (called.gives === 'boolean' || (ordered && called.gives === 'string')) {
      throw new PredicateSyntaxError(`${metric} can't be compared by ${op}`, operator.at)
    }
    return { op, metric, args, value: this.#literal(called.gives) }
  }

  #args({ text, at }: PredicateToken, { takes }: PredicateFunction): number[] {
    this.#expect('(')
    const args: number[] = []
    if (!this.#accept(')')) {
      do {
        const wanted = takes[args.length]
        if (wanted === undefined) throw new PredicateSyntaxError(`too many arguments for ${text}`, this.#peek().at)
        args.push(Number(this.#literal(wanted)))
      } while (this.#accept(','))
      this.#expect(')')
    }
    if (args.length < takes.length) throw new PredicateSyntaxError(`too few arguments for ${text}`, at)
    return args
  }

  #literal(type: 'int' | 'float' | 'string'): number | string {
    const token = this.#take()
    const { kind, text, at } = token
    if (kind === 'name' || kind === 'operator' || kind === 'end') throw unexpected(token)
    if (kind !== type) throw new PredicateSyntaxError(`expected ${type}, got ${kind} ${text}`, at)
    if (kind === 'string') return unquote(text, at)
    const value = Number(text)
    if (kind === 'int' ? !Number.isSafeInteger(value) : !Number.isFinite(value)) {
      throw new PredicateSyntaxError(`value out of range: ${text}`, at)
    }
    return value
  }
}

const comparisons: readonly PredicateComparison[] = ['==', '!=', '<', '<=', '>', '>=']

/** Escapes that Go and JSON read alike are enough: what is compared are methods. */
function unquote(text: string, at: number): string {
  if (text.startsWith('`')) return text.slice(1, -1)
  try {
    return JSON.parse(text) as string
  } catch {
    throw new PredicateSyntaxError(`bad string ${text}`, at)
  }
}

function unexpected({ kind, text, at }: PredicateToken, wanted?: string): PredicateSyntaxError {
  const found = kind === 'end' ? 'the end' : text
  return new PredicateSyntaxError(`unexpected ${found}${wanted === undefined ? '' : `, expected ${wanted}`}`, at)
}
