import type { Expression } from './expression.ts'
import { RuleFault } from './rule-error.ts'

/** A rule whose shape is right: calls of known matchers with texts, joined by `&&`, `||` and `!`. */
export type RuleCall =
  | { readonly op: 'and' | 'or'; readonly left: RuleCall; readonly right: RuleCall }
  | { readonly op: 'not'; readonly node: RuleCall }
  | { readonly op: 'call'; readonly matcher: string; readonly args: readonly string[]; readonly at: number }

/** Finds the matcher of a written name; throws `RuleFault` when there is none. */
export type MatcherLookup = (written: string, at: number) => string

type Literal = Extract<Expression, { kind: 'literal' }>

const TYPE_NAMES = { string: 'string', int: 'int', float: 'float64' } as const
const QUOTE_HINT = 'Values are written in back-quotes or double quotes: Host(`example.org`).'

/**
 * Turns a Go expression into a rule, in the order and with the words of Traefik's predicate library; throws
 * `RuleFault`. Null for a lone literal, which is an expression but no rule.
 */
export function evaluate(expression: Expression, lookup: MatcherLookup): RuleCall | null {
  const result = value(expression, lookup)
  return 'type' in result ? null : result
}

/** What an expression gives: a rule, or a literal that is none. */
type Value = RuleCall | { readonly type: string; readonly at: number }

function joinable(result: Value): RuleCall {
  if (!('type' in result)) return result
  throw new RuleFault(`reflect: Call using ${result.type} as type rules.TreeBuilder`, result.at, QUOTE_HINT)
}

function value(expression: Expression, lookup: MatcherLookup): Value {
  switch (expression.kind) {
    case 'paren':
      return value(expression.inner, lookup)
    case 'unary': {
      const { operator, at } = expression
      if (operator === '*') throw new RuleFault('*ast.StarExpr is not supported', at)
      if (operator !== '!') throw new RuleFault(`${operator} is not supported`, at)
      return { op: 'not', node: joinable(value(expression.operand, lookup)) }
    }
    case 'binary': {
      const { operator, at } = expression
      const known = operator === '&&' || operator === '||'
      const left = value(expression.left, lookup)
      const right = value(expression.right, lookup)
      if (!known) throw new RuleFault(`${operator} is not supported`, at, operatorHint(operator))
      return { op: operator === '&&' ? 'and' : 'or', left: joinable(left), right: joinable(right) }
    }
    case 'call': {
      const matcher = lookup(calledName(expression.callee), expression.at)
      const args = expression.args.map((arg) => argument(arg, lookup))
      return { op: 'call', matcher, args: texts(args), at: expression.at }
    }
    case 'literal':
      return { type: literalType(expression), at: expression.at }
    default:
      throw undefinedFault(expression)
  }
}

function operatorHint(operator: string): string | null {
  if (operator === '&') return 'Did you mean "&&"?'
  return operator === '|' ? 'Did you mean "||"?' : null
}

const goType: Readonly<Record<Expression['kind'], string>> = {
  binary: 'BinaryExpr', unary: 'UnaryExpr', paren: 'ParenExpr', call: 'CallExpr', name: 'Ident',
  selector: 'SelectorExpr', index: 'IndexExpr', literal: 'BasicLit', bad: 'BadExpr',
} // biome-ignore format: a table

function calledName(callee: Expression): string {
  if (callee.kind === 'name') return callee.name
  if (callee.kind !== 'selector')
    throw new RuleFault(`expected identifier, got: *ast.${goType[callee.kind]}`, callee.at)
  const { target } = callee
  if (target.kind !== 'name') {
    throw new RuleFault(`expected selector identifier, got: *ast.${goType[target.kind]}`, target.at)
  }
  return `${target.name}.${callee.name}`
}

type Argument =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'other'; readonly type: string; readonly at: number }

function argument(arg: Expression, lookup: MatcherLookup): Argument {
  switch (arg.kind) {
    case 'literal': {
      const type = literalType(arg)
      return type === 'string' ? { kind: 'text', value: arg.value } : { kind: 'other', type, at: arg.at }
    }
    case 'call':
      value(arg, lookup)
      return { kind: 'other', type: 'rules.TreeBuilder', at: arg.at }
    case 'name':
    case 'selector':
    case 'index':
      throw undefinedFault(arg)
    case 'unary':
      throw new RuleFault(
        `*ast.${arg.operator === '*' ? 'StarExpr' : 'UnaryExpr'} is not supported`,
        arg.at,
        QUOTE_HINT,
      )
    default:
      throw new RuleFault(`*ast.${goType[arg.kind]} is not supported`, arg.at, QUOTE_HINT)
  }
}

function texts(args: readonly Argument[]): readonly string[] {
  return args.map((arg) => {
    if (arg.kind === 'text') return arg.value
    throw new RuleFault(`reflect: cannot use ${arg.type} as type string in Call`, arg.at, QUOTE_HINT)
  })
}

function literalType({ type, at }: Literal): string {
  if (type === 'char' || type === 'imaginary') {
    const name = type === 'char' ? 'CHAR' : 'IMAG'
    throw new RuleFault(`unsupported function argument type: '${name}'`, at, QUOTE_HINT)
  }
  return TYPE_NAMES[type]
}

function undefinedFault(expression: Expression): RuleFault {
  const { at } = expression
  switch (expression.kind) {
    case 'name':
      return new RuleFault(`${expression.name} is not defined`, at, QUOTE_HINT)
    case 'index':
      return new RuleFault('properties are not supported', at)
    case 'selector': {
      const { target, name } = expression
      if (target.kind !== 'name' && target.kind !== 'selector') {
        return new RuleFault(`unsupported selector type: *ast.${goType[target.kind]}`, at)
      }
      return new RuleFault(`${selectorText(target)}.${name} is not defined`, at, QUOTE_HINT)
    }
    default:
      return new RuleFault(`*ast.${goType[expression.kind]} is not supported`, at)
  }
}

function selectorText(expression: Expression): string {
  if (expression.kind === 'name') return expression.name
  return expression.kind === 'selector' ? `${selectorText(expression.target)}.${expression.name}` : ''
}
