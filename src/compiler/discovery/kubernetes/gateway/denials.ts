import { normalize } from '../../normalize.ts'
import type { Part, PlacedElement } from '../parts.ts'
import type { GatewayListeners } from './listener.ts'
import { RANK_STEP } from './listener-ranks.ts'
import { sniRule } from './match-rules.ts'
import type { SettledRoute } from './settlement.ts'

/** Name of the router and of the service that refuse what no TLSRoute is for. */
const DENY = 'deny-unknown-host'

/** An HTTPRoute may be for clients that say that they speak HTTP. */
const NO_HTTP = '!ALPN(`h2`) && !ALPN(`http/1.1`)'

/**
 * Where names lead to TLSRoutes, others are refused before TLS begins: those that belong to a listener without a route for
 * them, and those that belong to none.
 */
export function denials(gateways: readonly GatewayListeners[], routes: readonly SettledRoute[]): readonly Part[] {
  const served = routes.filter(({ object, entryPoints }) => object.kind === 'TLSRoute' && entryPoints.length > 0)
  const [first] = served
  if (first === undefined) return []
  const { item } = first.part
  const entryPoints = new Set(served.flatMap((route) => route.entryPoints))
  const router = (name: string, rule: string, priority: number, of: Iterable<string>): PlacedElement => ({
    item,
    field: 'spec',
    map: 'tcp.routers',
    name,
    element: { entryPoints: [...of].sort(), service: DENY, rule, priority, tls: { passthrough: true } },
  })
  const elements: PlacedElement[] = [
    router(DENY, `HostSNI(\`*\`) && ${NO_HTTP}`, 1, entryPoints),
    { item, field: 'spec', map: 'tcp.services', name: DENY, element: { loadBalancer: {} } },
  ]
  for (const [hostname, { rank, on }] of rankedHostnames(gateways)) {
    const shown = [...on].filter((entryPoint) => entryPoints.has(entryPoint))
    if (shown.length === 0) continue
    const name = `${DENY}-${hostname.startsWith('*.') ? 'any-' : ''}${normalize(hostname)}`
    elements.push(router(name, `${sniRule([hostname]).rule} && ${NO_HTTP}`, rank * RANK_STEP, shown))
  }
  return [{ item, elements, certificates: new Map(), findings: [], isDefault: false }]
}

function rankedHostnames(
  gateways: readonly GatewayListeners[],
): ReadonlyMap<string, { readonly rank: number; readonly on: Set<string> }> {
  const found = new Map<string, { rank: number; on: Set<string> }>()
  for (const { listeners } of gateways) {
    for (const { rank, hostname, entryPoint, isServed } of listeners ?? []) {
      if (rank === 0 || hostname === null || !isServed) continue
      const known = found.get(hostname) ?? { rank, on: new Set() }
      known.on.add(entryPoint)
      found.set(hostname, known)
    }
  }
  return found
}
