import type { Observer } from '../../contracts/observer.ts'
import type { Ports } from '../../contracts/ports.ts'
import type { Handler } from '../../http/handler.ts'
import type { Steps } from '../../http/steps.ts'
import type { ObservabilityPlan, Plan, RouterPlan } from '../../plan/plan.ts'
import { createEntryPoint } from '../routing/entry-point.ts'
import { guard } from '../routing/guard.ts'
import { createRouteTable, type Route } from '../routing/route-table.ts'
import type { EntryPointHandlers } from '../snapshot.ts'

/** The handlers of every entry point. @param roots routers that work and are not below others, by name */
export function* linkEntryPoints(
  plan: Plan,
  roots: ReadonlyMap<string, Route>,
  { ports, observer }: { readonly ports: Ports; readonly observer: Observer | null },
): Steps<ReadonlyMap<string, EntryPointHandlers>> {
  const handlerOf = (name: string, routes: readonly Route[]): Handler => {
    const table = createRouteTable(routes, plan.precedence)
    const entryPoint = plan.entryPoints[name]!
    const inner = observer?.entryPoint(name, entryPoint.observability ?? EVERYTHING)?.(table) ?? table
    return guard(createEntryPoint(entryPoint, ports, inner), ports)
  }
  const handlers = new Map<string, EntryPointHandlers>()
  for (const name of Object.keys(plan.entryPoints)) {
    const plain = handlerOf(name, routesOf(name, plan, roots, false))
    yield
    handlers.set(name, { plain, tls: handlerOf(name, routesOf(name, plan, roots, true)) })
    yield
  }
  return handlers
}

const EVERYTHING: ObservabilityPlan = { accessLogs: true, metrics: true, tracing: true }

function routesOf(entryPoint: string, plan: Plan, roots: ReadonlyMap<string, Route>, overTls: boolean): Route[] {
  const routes: Route[] = []
  for (const [router, route] of roots) {
    const group = groupOf(plan.routers[router]!, entryPoint, overTls, plan)
    if (group !== null) routes.push(group === 0 ? route : { ...route, group })
  }
  return routes
}

/**
 * Which of the groups of an entry point's routers a router is in, 0 for the first one that is tried; null: it gets no
 * requests of that kind there.
 */
export function groupOf(
  { entryPoints, tls, redirectsEntryPoint }: RouterPlan,
  entryPoint: string,
  overTls: boolean,
  { schemes }: Plan,
): number | null {
  if (!overTls || schemes === undefined) return tls === overTls && entryPoints.includes(entryPoint) ? 0 : null
  // Where the platform ends TLS a request has no connection of ours: its scheme says which routers it may have.
  if (schemes.https[0] !== entryPoint || redirectsEntryPoint === true) return null
  const group = schemes.https.findIndex((name) => entryPoints.includes(name))
  return group === -1 ? null : group
}
