import type { CreateRouteTable, Kinds } from '../../contracts/kinds.ts'
import type { Observer } from '../../contracts/observer.ts'
import type { Ports } from '../../contracts/ports.ts'
import { byPrecedence } from '../../engine/matching/precedence.ts'
import type { Handler } from '../../http/handler.ts'
import type { Steps } from '../../http/steps.ts'
import type { ObservabilityPlan, Plan, RouterPlan, SchemesPlan } from '../../plan/plan.ts'
import { createEntryPoint } from '../routing/entry-point.ts'
import { guard } from '../routing/guard.ts'
import type { Route } from '../routing/route-table.ts'
import type { EntryPointHandlers } from '../snapshot.ts'

/** Puts together what answers at an entry point. */
export type TableOf = (entryPoint: string, tls: boolean) => Steps<Handler>

/** The handlers of every entry point. @param tableOf routers that answer there, on TLS connections or on others */
export function* linkEntryPoints(
  plan: Plan,
  tableOf: TableOf,
  { ports, observer, kinds }: { readonly ports: Ports; readonly observer: Observer | null; readonly kinds: Kinds },
): Steps<ReadonlyMap<string, EntryPointHandlers>> {
  const handlerOf = (name: string, table: Handler): Handler => {
    const entryPoint = plan.entryPoints[name]!
    const inner = observer?.entryPoint(name, entryPoint.observability ?? EVERYTHING)?.(table) ?? table
    return guard(createEntryPoint(entryPoint, ports, kinds, inner), ports)
  }
  const handlers = new Map<string, EntryPointHandlers>()
  for (const name of Object.keys(plan.entryPoints)) {
    const plain = handlerOf(name, yield* tableOf(name, false))
    yield
    handlers.set(name, { plain, tls: handlerOf(name, yield* tableOf(name, true)) })
    yield
  }
  return handlers
}

const EVERYTHING: ObservabilityPlan = { accessLogs: true, metrics: true, tracing: true }

/** @param roots routers that work and are not below others, by name */
export const tableOfRoots = (plan: Plan, roots: ReadonlyMap<string, Route>, createTable: CreateRouteTable): TableOf =>
  function* (entryPoint, tls) {
    const routes: Route[] = []
    for (const [name, route] of roots) {
      const group = groupOf(plan.routers[name]!, entryPoint, tls, plan.schemes)
      if (group !== null) routes.push(group === 0 ? route : { ...route, group })
    }
    yield
    // A table sorts what is sorted in no time, so that this is a step of its own.
    const ordered = byPrecedence(routes, plan.precedence)
    yield
    return createTable(ordered, plan.precedence)
  }

/**
 * After how many groups of other routers one is tried at an entry point; null: it does not answer there. Where the
 * platform ends TLS a request has no connection of ours: its scheme says which routers it may have.
 */
export function groupOf(
  { entryPoints, tls: wantsTls, redirectsEntryPoint }: RouterPlan,
  entryPoint: string,
  tls: boolean,
  schemes: SchemesPlan | undefined,
): number | null {
  if (!tls || schemes === undefined) return wantsTls === tls && entryPoints.includes(entryPoint) ? 0 : null
  if (schemes.https[0] !== entryPoint || redirectsEntryPoint === true) return null
  const group = schemes.https.findIndex((name) => entryPoints.includes(name))
  return group === -1 ? null : group
}
