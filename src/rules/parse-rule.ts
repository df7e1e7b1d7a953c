import type { RuleNode } from '../plan/rule.ts'
import { evaluate, type MatcherLookup, type RuleCall } from './evaluate.ts'
import { parseExpression } from './expression.ts'
import { syntaxHint, unknownMatcherHint } from './hints.ts'
import { type MatcherSyntax, matchersV3 } from './matchers.ts'
import { matchersV2 } from './matchers-v2.ts'
import { RuleError, RuleFault } from './rule-error.ts'

export { RuleError } from './rule-error.ts'

export type RuleSyntax = 'v2' | 'v3'

/**
 * Parses a rule, checks its arguments and compiles its expressions; throws `RuleError` with what Traefik's API shows as
 * the router's error. Sources: Traefik `pkg/rules`, `pkg/muxer/http`.
 */
export function parseRule(text: string, syntax: RuleSyntax): RuleNode {
  let stage = 'parsing rule'
  try {
    const call = parseCalls(text, syntax)
    stage = 'adding rule'
    return build(call, syntax === 'v2' ? matchersV2 : matchersV3, false)
  } catch (error) {
    if (error instanceof NoRule) throw new RuleError(`error while parsing rule ${text}: obtaining build tree`, 1, null)
    if (!(error instanceof RuleFault)) throw error
    const message = `error while parsing rule ${text}: ${stage} ${text}: ${error.message}`
    throw new RuleError(message, ruleLength(text.slice(0, error.at)) + 1, error.hint)
  }
}

/** Length in UTF-8 bytes: the priority of a router that sets none. */
export function ruleLength(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7ff && (code < 0xd800 || code > 0xdfff)) length += 2
    else if (code > 0x7f) length += 1
  }
  return length
}

/** The text is an expression that is no rule: a lone literal. */
class NoRule extends Error {}

function parseCalls(text: string, syntax: RuleSyntax): RuleCall {
  const { expression, complaints } = parseExpression(text)
  const [first, ...more] = complaints
  if (first !== undefined) {
    const rest = more.length === 0 ? '' : ` (and ${more.length} more errors)`
    const message = `${position(text, first.at)}: ${first.message}${rest}`
    throw new RuleFault(message, first.at, syntaxHint(text, first))
  }
  const call = evaluate(expression, lookupIn(syntax))
  if (call === null) throw new NoRule()
  return call
}

/** `line:column` as Go's parser counts: columns in bytes; a line break that ends the text begins no line. */
function position(text: string, at: number): string {
  const before = text.slice(0, at)
  const lines = (at === text.length ? before.replace(/\n$/, ' ') : before).split('\n')
  return `${lines.length}:${ruleLength(lines[lines.length - 1]!) + 1}`
}

/** A matcher's name is taken in four spellings: `PathPrefix`, `pathprefix`, `PATHPREFIX`, `Pathprefix`. */
function spellings(matchers: Readonly<Record<string, MatcherSyntax>>): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const name of Object.keys(matchers)) {
    const lower = name.toLowerCase()
    for (const spelling of [name, lower, name.toUpperCase(), lower[0]!.toUpperCase() + lower.slice(1)]) {
      names.set(spelling, name)
    }
  }
  return names
}

const namesOf = { v2: spellings(matchersV2), v3: spellings(matchersV3) }

function lookupIn(syntax: RuleSyntax): MatcherLookup {
  return (written, at) => {
    const name = namesOf[syntax].get(written)
    if (name !== undefined) return name
    const hint = unknownMatcherHint(written, syntax, Object.keys(matchersV2), Object.keys(matchersV3))
    throw new RuleFault(`unsupported function: ${written}`, at, hint)
  }
}

function build(call: RuleCall, matchers: Readonly<Record<string, MatcherSyntax>>, negated: boolean): RuleNode {
  switch (call.op) {
    case 'not':
      return { op: 'not', node: build(call.node, matchers, !negated) }
    case 'and':
    case 'or': {
      const left = buildLeft(call, matchers, negated)
      return { op: call.op, left, right: build(call.right, matchers, negated) }
    }
    case 'call': {
      const { matcher, args, at } = call
      if (args.length === 0)
        throw new RuleFault(`error while checking rule ${matcher}: no args for matcher ${matcher}`, at)
      if (args.includes('')) {
        const list = `[${args.join(' ')}]`
        throw new RuleFault(`error while checking rule ${matcher}: empty args for matcher ${matcher}, ${list}`, at)
      }
      try {
        return matchers[matcher]!(args)
      } catch (error) {
        throw new RuleFault(`error while adding rule ${matcher}: ${(error as Error).message}`, at)
      }
    }
  }
}

/** Traefik names the joining rule for what is wrong on its left side only, after `!` has been pushed down. */
function buildLeft(
  call: Extract<RuleCall, { left: RuleCall }>,
  matchers: Readonly<Record<string, MatcherSyntax>>,
  negated: boolean,
): RuleNode {
  try {
    return build(call.left, matchers, negated)
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error
    const op = (call.op === 'and') === negated ? 'or' : 'and'
    throw new RuleFault(`error while adding rule ${op}: ${error.message}`, error.at, error.hint)
  }
}
