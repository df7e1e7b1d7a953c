import type { ChainConfig } from '../../middlewares/chain/chain.ts'
import type { InFlightReqConfig } from '../../middlewares/in-flight-req/in-flight-req.ts'
import type { RateLimitConfig } from '../../middlewares/rate-limit/rate-limit.ts'
import type { MiddlewarePlan, RouterPlan, ServicePlan } from '../../plan/plan.ts'
import type { MergedRouter } from '../merge/models.ts'
import type { ProblemList } from './problems.ts'

/** What chains are named by. */
export interface LimitUsers {
  readonly routers: Readonly<Record<string, RouterPlan>>
  /** The same routers as they were merged: copies for entry points tell whose they are. */
  readonly written: Readonly<Record<string, MergedRouter>>
  readonly middlewares: Readonly<Record<string, MiddlewarePlan>>
  readonly services: Readonly<Record<string, ServicePlan>>
}

/**
 * Warns of limits that several chains name and that each of them counts for itself (as in Traefik), where nobody has
 * said that this is meant: together they let a multiple through. What a service names counts once for all its routers.
 */
export function warnOfSharedLimits(users: LimitUsers, problems: ProblemList): void {
  const { routers, written, middlewares, services } = users
  if (!Object.values(middlewares).some(countsPerChain)) return
  const limits = new Map<string, Users>()
  const follow = (names: readonly string[], note: (limit: Users) => void): void => {
    // A set goes on to what is added meanwhile: each name once, however often and deep chains name it.
    const reached = new Set(names)
    for (const name of reached) {
      const middleware = Object.hasOwn(middlewares, name) ? middlewares[name]! : undefined
      if (middleware === undefined) continue
      if (middleware.kind === 'chain' && middleware.config !== null) {
        for (const member of (middleware.config as ChainConfig).middlewares) reached.add(member)
      } else if (countsPerChain(middleware)) {
        let limit = limits.get(name)
        if (limit === undefined) {
          limit = { routers: new Set(), services: new Set() }
          limits.set(name, limit)
        }
        note(limit)
      }
    }
  }
  for (const [name, router] of Object.entries(routers)) {
    follow(router.middlewares, (limit) => limit.routers.add(written[name]?.copyOf ?? name))
  }
  for (const [name, service] of Object.entries(services)) {
    follow(service.middlewares, (limit) => limit.services.add(name))
  }

  for (const [name, limit] of limits) {
    const count = limit.routers.size + limit.services.size
    if (count < 2) continue
    const reason = `${describe(limit)} name this limit and each counts for itself: together they let ${count} times as much through`
    const hint = 'scope: middleware lets all count together; scope: router says that each is meant to count for itself'
    problems.add('warning', 'middlewares', name, [middlewares[name]!.kind!], reason, hint)
  }
}

/** Whose chains have a limit in them, by qualified name. */
interface Users {
  readonly routers: Set<string>
  readonly services: Set<string>
}

function describe({ routers, services }: Users): string {
  const parts = [
    [routers.size, 'router'],
    [services.size, 'service'],
  ] as const
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}${count === 1 ? '' : 's'}`)
    .join(' and ')
}

/** Whether a middleware is a limit whose owner has not said who counts together. */
function countsPerChain({ kind, config, definition }: MiddlewarePlan): boolean {
  if (config === null) return false
  const hasScope = 'scope' in ((definition[kind ?? ''] as object | undefined) ?? {})
  if (kind === 'inFlightReq') return !hasScope && (config as InFlightReqConfig).amount > 0
  if (kind !== 'rateLimit') return false
  const { bucket, redis } = config as RateLimitConfig
  return !hasScope && bucket !== null && redis === undefined
}
