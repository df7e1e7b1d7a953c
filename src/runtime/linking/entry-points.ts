import type { Observer } from '../../contracts/observer.ts'
import type { Ports } from '../../contracts/ports.ts'
import type { Handler } from '../../http/handler.ts'
import type { Steps } from '../../http/steps.ts'
import type { ObservabilityPlan, Plan } from '../../plan/plan.ts'
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
    return guard(createEntryPoint(entryPoint, ports.hostname, inner), ports)
  }
  const handlers = new Map<string, EntryPointHandlers>()
  for (const name of Object.keys(plan.entryPoints)) {
    const plain = handlerOf(name, routesOf(name, plan, roots, false))
    yield
    handlers.set(name, { plain, tls: handlerOf(name, tlsRoutesOf(name, plan, roots)) })
    yield
  }
  return handlers
}

const EVERYTHING: ObservabilityPlan = { accessLogs: true, metrics: true, tracing: true }

function routesOf(entryPoint: string, plan: Plan, roots: ReadonlyMap<string, Route>, tls: boolean): Route[] {
  const routes: Route[] = []
  for (const [router, route] of roots) {
    const { entryPoints, tls: wantsTls } = plan.routers[router]!
    if (wantsTls === tls && entryPoints.includes(entryPoint)) routes.push(route)
  }
  return routes
}

/** Where the platform ends TLS a request has no connection of ours: its scheme says which routers it may have. */
function tlsRoutesOf(entryPoint: string, plan: Plan, roots: ReadonlyMap<string, Route>): Route[] {
  const { schemes } = plan
  if (schemes === undefined) return routesOf(entryPoint, plan, roots, true)
  if (schemes.https[0] !== entryPoint) return []
  const routes: Route[] = []
  for (const [router, route] of roots) {
    const { entryPoints, redirectsEntryPoint } = plan.routers[router]!
    const group = schemes.https.findIndex((name) => entryPoints.includes(name))
    if (group !== -1 && redirectsEntryPoint !== true) routes.push({ ...route, group })
  }
  return routes
}
