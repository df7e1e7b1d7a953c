import { evaluate, type MatcherLookup, type RuleCall } from './evaluate.ts'
import { lineOf, parseExpression } from './expression.ts'
import { syntaxHint } from './hints.ts'
import { RuleFault } from './rule-error.ts'

/**
 * Parses the text of a rule down to calls of matchers; throws `RuleFault`. Null for a lone literal, which is no rule.
 */
export function parseCalls(text: string, lookup: MatcherLookup): RuleCall | null {
  const { expression, complaints } = parseExpression(text)
  const [first, ...more] = complaints
  if (first !== undefined) {
    const rest = more.length === 0 ? '' : ` (and ${more.length} more errors)`
    const message = `${position(text, first.at)}: ${first.message}${rest}`
    throw new RuleFault(message, first.at, syntaxHint(text, first))
  }
  return evaluate(expression, lookup)
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

/** `line:column` as Go's parser counts: columns in bytes; a line break that ends the text begins no line. */
function position(text: string, at: number): string {
  const before = text.slice(0, at)
  const lines = (at === text.length ? before.replace(/\n$/, ' ') : before).split('\n')
  return `${lineOf(text, at)}:${ruleLength(lines[lines.length - 1]!) + 1}`
}

/** A matcher's name is taken in four spellings: `PathPrefix`, `pathprefix`, `PATHPREFIX`, `Pathprefix`. */
export function spellings(matchers: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const name of Object.keys(matchers)) {
    const lower = name.toLowerCase()
    for (const spelling of [name, lower, name.toUpperCase(), lower[0]!.toUpperCase() + lower.slice(1)]) {
      names.set(spelling, name)
    }
  }
  return names
}
