import type { RegexpPlan } from '../../plan/regexp.ts'
import { factor } from './factor.ts'
import { linearCost } from './linear.ts'
import { nativeSource } from './native.ts'
import { parseRegexp } from './parse.ts'
import { programOf } from './program.ts'

/**
 * Plans a Go regular expression (RE2 syntax): the JavaScript engine runs it where it surely takes linear time and means
 * the same, our own machine does otherwise. Throws `RegexpSyntaxError` with Go's message for what Go refuses.
 */
export function planRegexp(text: string): RegexpPlan {
  const { tree, groups } = parseRegexp(text)
  const factored = factor(tree)
  const cost = linearCost(factored)
  const source = cost === null ? null : nativeSource(factored)
  if (cost === null || source === null) return programOf(factored, groups, text)
  const program = cost > CHEAP ? programOf(factored, groups, text) : null
  return { kind: 'native', source, flags: 'u', cost, program, groups }
}

/** Steps for each character that are fine even on the longest texts. */
const CHEAP = 8
