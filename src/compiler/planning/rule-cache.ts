import type { RuleNode } from '../../plan/rule.ts'
import { parseRule, type RuleSyntax } from '../../rules/parse-rule.ts'

/**
 * Parsed rules of one plan for the next one: most rules are those of the configuration before. Whoever plans again and
 * again holds one.
 */
export class RuleCache {
  #before = new Map<string, RuleNode>()
  #now = new Map<string, RuleNode>()

  /** Throws `RuleError`. */
  parse(text: string, syntax: RuleSyntax): RuleNode {
    const key = `${syntax} ${text}`
    const node = this.#now.get(key) ?? this.#before.get(key) ?? parseRule(text, syntax)
    this.#now.set(key, node)
    return node
  }

  /** Once per plan: rules of the plan before stay at hand, older ones go. */
  turn(): void {
    this.#before = this.#now
    this.#now = new Map()
  }
}
