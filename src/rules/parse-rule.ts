import type { RuleNode } from '../plan/rule.ts'
import { parseCalls, ruleLength, spellings } from './calls.ts'
import { domainsOf } from './domains.ts'
import type { MatcherLookup, RuleCall } from './evaluate.ts'
import { unknownMatcherHint } from './hints.ts'
import { type MatcherSyntax, matchersV3 } from './matchers.ts'
import { matchersV2 } from './matchers-v2.ts'
import { RuleError, RuleFault } from './rule-error.ts'

export { ruleLength } from './calls.ts'
export { RuleError } from './rule-error.ts'

export type RuleSyntax = 'v2' | 'v3'

/**
 * Parses a rule, checks its arguments and compiles its expressions; throws `RuleError` with what Traefik's API shows as
 * the router's error. Sources: Traefik `pkg/rules`, `pkg/muxer/http`.
 */
export function parseRule(text: string, syntax: RuleSyntax): RuleNode {
  let stage = 'parsing rule'
  try {
    const call = parseCalls(text, lookupIn(syntax))
    if (call === null) throw new RuleError(`error while parsing rule ${text}: obtaining build tree`, 1, null)
    stage = 'adding rule'
    return build(call, syntax === 'v2' ? matchersV2 : matchersV3, false)
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error
    // A byte that is no UTF-8 is held as a lone surrogate; reports show it as U+FFFD.
    const message = `error while parsing rule ${text}: ${stage} ${text}: ${error.message.replace(/\p{Cs}/gu, '\ufffd')}`
    throw new RuleError(message, ruleLength(text.slice(0, error.at)) + 1, error.hint)
  }
}

/**
 * What Traefik adds where it looks for the hosts of a rule that it can't parse (`ParseDomains`); null when it can.
 * There the matchers of both syntaxes are known.
 */
export function domainsError(text: string): string | null {
  try {
    return parseCalls(text, inEither) === null ? `error while parsing rule ${text}` : null
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error
    return `error while parsing rule ${text}: ${error.message.replace(/\p{Cs}/gu, '\ufffd')}`
  }
}

/** The hosts that Traefik sees in a rule, whether or not it can be built; null: there it can't be read. */
export function domainsOfText(text: string): readonly string[] | null {
  try {
    const call = parseCalls(text, inEither)
    return call === null ? null : domainsOf(call)
  } catch (error) {
    if (error instanceof RuleFault) return null
    throw error
  }
}

const inEither: MatcherLookup = (written) => {
  const name = namesOf.v3.get(written) ?? namesOf.v2.get(written)
  if (name === undefined) throw new RuleFault(`unsupported function: ${written}`, 0)
  return name
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
