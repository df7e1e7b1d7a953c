import type { CompileRegexp } from '../../contracts/regexp.ts'
import { createHostIndex } from '../../engine/matching/host-index.ts'
import { compileRule } from '../../engine/matching/matchers.ts'
import type { Handler } from '../../http/handler.ts'
import { notFound } from '../../http/replies.ts'
import type { RuleNode } from '../../plan/rule.ts'

export interface Route {
  /** Qualified router name. */
  readonly name: string
  readonly rule: RuleNode
  /** Decimal integer of any size. */
  readonly priority: string
  readonly provider: string
  readonly handle: Handler
}

/**
 * Routes tried by descending priority; the first match serves (contract http-routing §3.2). The host index only leaves
 * out routes that can't match.
 * @param precedence providers: decides between equal priorities; those not named come last
 */
export function createRouteTable(
  routes: readonly Route[],
  precedence: readonly string[],
  compileRegexp: CompileRegexp,
): Handler {
  const ordered = inOrder(routes, precedence)
  const handlers = ordered.map((route) => route.handle)
  const predicates = ordered.map((route) => compileRule(route.rule, compileRegexp))
  const index = createHostIndex(ordered.map((route) => ({ node: route.rule })))
  return (request, cx) => {
    for (const at of index.candidates(request.host)) {
      if (predicates[at]!(request, cx)) return handlers[at]!(request, cx)
    }
    return notFound()
  }
}

function inOrder(routes: readonly Route[], precedence: readonly string[]): Route[] {
  const rank = (provider: string) => {
    const at = precedence.indexOf(provider.toLowerCase())
    return at === -1 ? precedence.length : at
  }
  const keyed = routes.map((route) => ({ route, priority: BigInt(route.priority), rank: rank(route.provider) }))
  keyed.sort((a, b) => {
    if (a.priority !== b.priority) return a.priority > b.priority ? -1 : 1
    if (a.rank !== b.rank) return a.rank - b.rank
    return a.route.name < b.route.name ? -1 : 1
  })
  return keyed.map(({ route }) => route)
}
