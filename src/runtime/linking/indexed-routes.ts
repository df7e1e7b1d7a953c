import { mergedHostIndex } from '../../engine/matching/host-index.ts'
import type { Handler } from '../../http/handler.ts'
import { notFound } from '../../http/replies.ts'
import type { Steps } from '../../http/steps.ts'
import type { RouterIndex } from '../../plan/large-plan.ts'
import type { Plan, RouterPlan } from '../../plan/plan.ts'
import type { ReportsOf } from '../report.ts'
import type { Route } from '../routing/route-table.ts'
import { groupOf } from './entry-points.ts'
import { type LaterRoute, later } from './later.ts'
import { lazyReports } from './lazy-reports.ts'

/** How a plan that is read as it is needed is linked. */
export interface Indexed {
  readonly reports: ReportsOf
  /** @param build links a router; null: it turned out to be disabled */
  readonly routes: (plan: Plan, build: Build) => IndexedRoutes
}

type Build = (name: string, router: RouterPlan) => Route | null

/**
 * The routers of a large plan: found by the index that was published with it, read when a request for one of their hosts
 * comes, linked when one is first compared with them.
 */
export class IndexedRoutes {
  readonly #index: RouterIndex
  readonly #plan: Plan
  readonly #build: Build
  /** By position; null: disabled. */
  readonly #known = new Map<number, LaterRoute | null>()

  /** Links those that can't wait. */
  constructor(index: RouterIndex, plan: Plan, build: Build) {
    this.#index = index
    this.#plan = plan
    this.#build = build
    for (const position of index.eager) {
      const route = build(...index.routerAt(position))
      this.#known.set(position, route === null ? null : { route, link: () => {} })
    }
  }

  /** As `tableOfRoots`. */
  *tableOf(entryPoint: string, tls: boolean): Steps<Handler> {
    yield
    const { anywhere, positionsOf } = this.#index
    const hosts = mergedHostIndex({ anywhere, ofName: positionsOf, ofTail: (tail) => positionsOf(`*.${tail}`) })
    const found = new WeakMap<readonly number[], readonly Route[]>()
    return (request, cx) => {
      const positions = hosts.candidates(request.host)
      let routes = found.get(positions)
      if (routes === undefined) {
        routes = this.#routesOf(positions, entryPoint, tls)
        found.set(positions, routes)
      }
      for (const route of routes) if (route.matches(request, cx)) return route.handle(request, cx)
      return notFound()
    }
  }

  linkAll(): void {
    for (let position = 0; position < this.#index.count; position++) this.#laterAt(position)?.link()
  }

  /** Those of one table, in the order in which they are tried. */
  #routesOf(positions: readonly number[], entryPoint: string, tls: boolean): readonly Route[] {
    const grouped: { readonly group: number; readonly route: Route }[] = []
    for (const position of positions) {
      const group = groupOf(this.#index.routerAt(position)[1], entryPoint, tls, this.#plan.schemes)
      const route = group === null ? undefined : this.#laterAt(position)?.route
      if (group !== null && route !== undefined) grouped.push({ group, route })
    }
    return grouped.sort((a, b) => a.group - b.group).map(({ route }) => route)
  }

  #laterAt(position: number): LaterRoute | null {
    const known = this.#known.get(position)
    if (known !== undefined) return known
    const [name, router] = this.#index.routerAt(position)
    const { rule } = router
    const route = rule === null ? null : later(name, { ...router, rule }, () => this.#build(name, router))
    this.#known.set(position, route)
    return route
  }
}

export const indexedBy = (index: RouterIndex): Indexed => ({
  reports: lazyReports,
  routes: (plan, build) => new IndexedRoutes(index, plan, build),
})
