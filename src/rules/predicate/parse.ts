import type { PredicateComparison, PredicateNode } from '../../plan/predicate.ts'
import { type Expression, parseExpression } from './syntax.ts'
import { PredicateSyntaxError } from './tokens.ts'

/** A function of a predicate: what it gives and what it takes. */
export interface PredicateFunction {
  /** `boolean`: it stands alone; the others are compared with a literal of just this type. */
  readonly gives: 'int' | 'float' | 'string' | 'boolean'
  readonly takes: readonly ('int' | 'float')[]
}

export interface PredicateLanguage {
  /** Go's package of the types that Traefik's messages name. */
  readonly package: 'cbreaker' | 'buffer'
  readonly functions: Readonly<Record<string, PredicateFunction>>
}

/**
 * Reads a condition in the notation of Traefik's predicates (Go's expressions: calls, literals, `&&` before `||`,
 * comparisons with the metric on the left, parentheses; no `!`). Throws `PredicateSyntaxError` with what Traefik would
 * say (`vulcand/predicate`, and Go's reflection behind it).
 */
export function parsePredicate(expression: string, language: PredicateLanguage): PredicateNode {
  return new Checker(language).predicate(parseExpression(expression))
}

/** What a part of an expression stands for; `type` is Go's name. */
type Value =
  | { readonly type: string; readonly literal: number | string }
  | { readonly type: string; readonly metric: string; readonly args: readonly number[]; readonly gives: Measured }
  | { readonly type: string; readonly node: PredicateNode }

type Measured = 'int' | 'float' | 'string'

class Checker {
  readonly #language: PredicateLanguage

  constructor(language: PredicateLanguage) {
    this.#language = language
  }

  predicate(expression: Expression): PredicateNode {
    const value = this.#value(expression)
    if ('node' in value) return value.node
    throw new PredicateSyntaxError(`expected predicate, got ${value.type}`, 'the whole must be a condition')
  }

  #value(expression: Expression): Value {
    switch (expression.kind) {
      case 'binary':
        return this.#joined(expression.operator, this.#value(expression.left), this.#value(expression.right))
      case 'unary':
        throw new PredicateSyntaxError(`${expression.operator} is not supported`)
      case 'call':
        return this.#call(nameOf(expression.callee), expression.args)
      case 'name':
      case 'selector':
        throw new PredicateSyntaxError(`${nameOf(expression)} is not defined`)
      default:
        return literal(expression)
    }
  }

  #call(name: string, given: readonly Expression[]): Value {
    const { functions } = this.#language
    const called = Object.hasOwn(functions, name) ? functions[name] : undefined
    if (called === undefined) {
      throw new PredicateSyntaxError(`unsupported function: ${name}`, `known are ${Object.keys(functions).join(', ')}`)
    }
    const values = given.map((arg) => {
      if (arg.kind === 'unary') throw new PredicateSyntaxError('*ast.UnaryExpr is not supported')
      return this.#value(arg)
    })
    const { gives, takes } = called
    if (values.length !== takes.length) {
      const amount = values.length < takes.length ? 'few' : 'many'
      throw new PredicateSyntaxError(
        `reflect: Call with too ${amount} input arguments`,
        `${name} takes ${takes.length} arguments`,
      )
    }
    const args = values.map((value, at) => {
      const wanted = goType[takes[at]!]
      if ('literal' in value && value.type === wanted) return Number(value.literal)
      throw new PredicateSyntaxError(
        `reflect: Call using ${value.type} as type ${wanted}`,
        `argument ${at + 1} of ${name} is ${described[takes[at]!]}`,
      )
    })
    if (gives === 'boolean') return this.#condition({ op: 'is', metric: name, args })
    return { type: `${this.#language.package}.${mapper[gives]}`, metric: name, args, gives }
  }

  #condition(node: PredicateNode): Value {
    return { type: `${this.#language.package}.hpredicate`, node }
  }

  #joined(operator: string, left: Value, right: Value): Value {
    if (operator === '&&' || operator === '||') {
      const op = operator === '&&' ? 'and' : 'or'
      return this.#condition({ op, left: this.#side(left), right: this.#side(right) })
    }
    const comparison = comparisons.find((text) => text === operator)
    if (comparison === undefined) throw new PredicateSyntaxError(`${operator} is not supported`)
    const isOrdered = comparison !== '==' && comparison !== '!='
    if (!('metric' in left) || (left.gives === 'string' && isOrdered)) {
      const prefix = this.#language.package === 'cbreaker' ? `${goNames[comparison]}: ` : ''
      throw new PredicateSyntaxError(
        `${prefix}unsupported argument: ${left.type}`,
        `what stands left of ${comparison} must be a number to measure`,
      )
    }
    const { gives, metric, args } = left
    if (!('literal' in right) || right.type !== goType[gives]) {
      // Traefik says `int` where it wants a float to compare by order.
      const wanted = gives === 'float' && isOrdered ? 'int' : goType[gives]
      throw new PredicateSyntaxError(
        `expected ${wanted}, got ${right.type}`,
        `${metric} is compared with ${described[gives]}`,
      )
    }
    return this.#condition({ op: comparison, metric, args, value: right.literal })
  }

  #side(value: Value): PredicateNode {
    if ('node' in value) return value.node
    throw new PredicateSyntaxError(
      `reflect: cannot use ${value.type} as type ${this.#language.package}.hpredicate in Call`,
      'both sides of && and || must be conditions',
    )
  }
}

const goType = { int: 'int', float: 'float64', string: 'string' } as const
const mapper = { int: 'toInt', float: 'toFloat64', string: 'toString' } as const
const described = { int: 'a whole number', float: 'a number with a decimal point, like 2.0', string: 'a text' } as const

const comparisons: readonly PredicateComparison[] = ['==', '!=', '<', '<=', '>', '>=']
const goNames: Readonly<Record<PredicateComparison, string>> = {
  '==': 'eq',
  '!=': 'eq',
  '<': 'lt',
  '<=': 'lt',
  '>': 'gt',
  '>=': 'gt',
}

const goNodes: Readonly<Record<Expression['kind'], string>> = {
  int: 'BasicLit',
  float: 'BasicLit',
  imaginary: 'BasicLit',
  char: 'BasicLit',
  string: 'BasicLit',
  name: 'Ident',
  selector: 'SelectorExpr',
  call: 'CallExpr',
  unary: 'UnaryExpr',
  binary: 'BinaryExpr',
}

/** `a` or `a.b`. */
function nameOf(expression: Expression): string {
  if (expression.kind === 'name') return expression.text
  if (expression.kind !== 'selector') {
    throw new PredicateSyntaxError(`expected identifier, got: *ast.${goNodes[expression.kind]}`)
  }
  const { of, name } = expression
  if (of.kind === 'name') return `${of.text}.${name}`
  throw new PredicateSyntaxError(`expected selector identifier, got: *ast.${goNodes[of.kind]}`)
}

type Literal = Exclude<Expression, { readonly kind: 'name' | 'selector' | 'call' | 'unary' | 'binary' }>

function literal(expression: Literal): Value {
  if (expression.kind === 'string') return { type: 'string', literal: expression.value }
  const { kind, text } = expression
  if (kind === 'char' || kind === 'imaginary') {
    throw new PredicateSyntaxError(`unsupported function argument type: '${kind === 'char' ? 'CHAR' : 'IMAG'}'`)
  }
  const isInt = kind === 'int'
  const fault = (reason: string): PredicateSyntaxError =>
    new PredicateSyntaxError(
      `failed to parse argument: ${text}, error: strconv.${isInt ? 'Atoi' : 'ParseFloat'}: parsing "${text}": ${reason}`,
    )
  if (isInt && !/^\d+$/.test(text)) throw fault('invalid syntax')
  const value = isInt ? Number(text) : floatOf(text)
  if (isInt ? BigInt(text) > MAX_INT64 : !Number.isFinite(value)) throw fault('value out of range')
  return { type: goType[kind], literal: value }
}

const MAX_INT64 = 2n ** 63n - 1n

/** Also in Go's hexadecimal notation. */
function floatOf(text: string): number {
  const hex = /^0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(text)
  if (hex === null) return Number(text)
  const [, whole = '', fraction = '', exponent] = hex
  return Number.parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length)
}
