import type { RegexpPlan } from '../../plan/regexp.ts'
import { factor } from './factor.ts'
import { isLinear } from './linear.ts'
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
  const source = isLinear(factored) ? nativeSource(factored) : null
  if (source !== null) return { kind: 'native', source, flags: 'u', groups }
  return programOf(factored, groups, text)
}
