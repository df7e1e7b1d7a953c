import type { CompileRegexp } from '../../src/contracts/regexp.ts'
import type { Plan } from '../../src/plan/plan.ts'

/** For plans that have none. */
export const noExpressions: CompileRegexp = (plan) => {
  throw new Error(`a plan without expressions has one of the kind ${plan.kind}`)
}

/** What runs expressions is a module of its own, loaded for plans that have any. */
export async function loadRegexps({ routers, middlewares }: Plan): Promise<CompileRegexp> {
  const rules = Object.values(routers).map(({ rule }) => rule)
  const configs = Object.values(middlewares).map(({ config }) => config)
  // Every plan of an expression says what its groups are.
  if (!JSON.stringify([rules, configs]).includes('"groups":')) return noExpressions
  return (await import('../../src/engine/matching/regexp/regexp.ts')).compileRegexp
}
