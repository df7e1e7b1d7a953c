import type { Kinds } from '../../contracts/kinds.ts'
import { hostsOf } from '../../engine/matching/host-index.ts'
import { byPrecedence } from '../../engine/matching/precedence.ts'
import type { IndexGuide } from '../../plan/guide.ts'
import { largeContent } from '../../plan/large-content.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Guidance } from '../../plan/signed-plan.ts'
import { guideOf } from '../guide-of.ts'
import { mayWait } from './later.ts'

/** Fewer routers are read as fast as they are found. */
const LARGE = 50

/**
 * Whether a plan is read as it is needed: what becomes of routers below others depends on all of them, so that such
 * plans are not.
 */
function isIndexed({ routers }: Plan): boolean {
  const all = Object.values(routers)
  return all.length >= LARGE && all.every(({ isChild, domainsError }) => !isChild && domainsError === undefined)
}

/** How many routers a first request reads at most: all, or of a plan with an index those that any host may match. */
export function readFirst(plan: Plan): number {
  const all = Object.values(plan.routers)
  return isIndexed(plan) ? all.filter(({ rule }) => rule === null || hostsOf(rule) === null).length : all.length
}

/**
 * What whoever publishes a plan works out for those who link it.
 * @param kinds those that it names
 * @param worker the own version
 */
export function guidanceOf(plan: Plan, kinds: Kinds, worker: string): Guidance {
  const guide = guideOf(plan, worker)
  if (!isIndexed(plan)) return { guide, content: null }
  const order = byPrecedence(
    Object.entries(plan.routers).map(([name, { provider, priority }]) => ({
      name,
      provider,
      priority: BigInt(priority),
    })),
    plan.precedence,
  ).map(({ name }) => name)
  const { hosts, anywhere, eager } = indexOf(order, plan, kinds)
  const lines = {
    routers: order.length,
    middlewares: Object.keys(plan.middlewares).length,
    services: Object.keys(plan.services).length,
    hosts: hosts.size,
  }
  return {
    guide: { ...guide, index: { lines, anywhere, eager } },
    content: (head) => largeContent(head, plan, order, hosts),
  }
}

function indexOf(
  order: readonly string[],
  plan: Plan,
  kinds: Kinds,
): Pick<IndexGuide, 'anywhere' | 'eager'> & { readonly hosts: ReadonlyMap<string, readonly number[]> } {
  const [anywhere, eager]: [number[], number[]] = [[], []]
  const hosts = new Map<string, number[]>()
  order.forEach((name, position) => {
    const router = plan.routers[name]!
    if (router.rule === null || !mayWait(router, plan, kinds)) eager.push(position)
    const set = router.rule === null ? { names: [], wildcards: [] } : hostsOf(router.rule)
    if (set === null) anywhere.push(position)
    for (const host of [...(set?.names ?? []), ...(set?.wildcards ?? []).map((tail) => `*.${tail}`)]) {
      const positions = hosts.get(host)
      if (positions === undefined) hosts.set(host, [position])
      else positions.push(position)
    }
  })
  return { hosts, anywhere, eager }
}
