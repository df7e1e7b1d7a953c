import { maskUrl } from '../http/masked-url.ts'
import { maskSecrets } from '../http/secrets.ts'
import type { ChainConfig } from '../middlewares/chain/chain.ts'
import type { MiddlewarePlan, RouterPlan, ServicePlan } from '../plan/plan.ts'
import type { ElementReport } from '../runtime/report.ts'

/** An element as the API shows it, keys in Traefik's order; `undefined` means that the key is left out. */
export type View = Readonly<Record<string, unknown>>

/** Empty lists are left out. */
export const listOrNothing = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined)

/** Order of names. */
export const byName = (a: string, b: string): number => (a < b ? -1 : 1)

/** What is wrong with an element; a reason may quote a URL. */
export const reasons = (errors: readonly string[]) => listOrNothing(errors.map((error) => maskSecrets(error)))

export const usedByOf = ({ usedBy }: { readonly usedBy: readonly string[] }) => listOrNothing(usedBy.toSorted(byName))

/** As in `/api/rawdata` (Traefik `pkg/config/runtime`, `RouterInfo`). */
export function rawRouter({ plan, errors, status }: ElementReport<RouterPlan>): View {
  const { tls, observability, priority, ...definition } = plan.definition
  return {
    ...definition,
    // Routers without any entry point are never built, and so they have no priority unless one is configured.
    priority: priority === undefined ? undefined : BigInt(plan.priority),
    tls,
    observability,
    error: reasons(errors),
    status,
    using: listOrNothing(plan.entryPoints),
  }
}

/** As in `/api/http/routers`. */
export function routerView(report: ElementReport<RouterPlan>): View {
  const raw = rawRouter(report)
  return { ...raw, name: report.name, provider: report.plan.provider, priorityStr: String(raw.priority ?? 0) }
}

/** The states of a service's servers, as they are now. */
export const serviceStates = ({ service }: ElementReport<ServicePlan>) => serverStatusOf(service?.servers ?? null)

/** As in `/api/rawdata`; `states` come last. */
export function rawService(report: ElementReport<ServicePlan>, states = serviceStates): View {
  const { plan, errors, status } = report
  const serverStatus = states(report)
  const definition = report.built ? (plan.completed ?? plan.definition) : plan.definition
  return { ...definition, error: reasons(errors), status, usedBy: usedByOf(report), serverStatus }
}

/** As in `/api/http/services`. */
export function serviceView(report: ElementReport<ServicePlan>, states = serviceStates): View {
  const { serverStatus, ...raw } = rawService(report, states)
  return { ...raw, name: report.name, provider: report.plan.provider, type: typeOf(report.plan), serverStatus }
}

/** States by server; left out where there are none. */
export function serverStatusOf(states: (() => View) | null): View | undefined {
  const servers = Object.entries(states?.() ?? {})
  return servers.length > 0
    ? Object.fromEntries(servers.map(([url, state]) => [maskUrl(url), state] as const).sort(([a], [b]) => byName(a, b)))
    : undefined
}

/** As in `/api/rawdata`. */
export function rawMiddleware(report: ElementReport<MiddlewarePlan>): View {
  const { plan, errors, status } = report
  return { ...plan.definition, ...builtChain(report), error: reasons(errors), status, usedBy: usedByOf(report) }
}

/** Traefik qualifies the members of a chain when it builds it, and shows them so from then on. */
function builtChain({ built, plan }: ElementReport<MiddlewarePlan>): View | null {
  if (!built || plan.kind !== 'chain' || plan.config === null) return null
  const { middlewares } = plan.config as ChainConfig
  return { chain: { middlewares: listOrNothing(middlewares) } }
}

/** As in `/api/http/middlewares`. */
export function middlewareView(report: ElementReport<MiddlewarePlan>): View {
  const { name, plan } = report
  return { ...rawMiddleware(report), name, provider: plan.provider, type: typeOf(plan) }
}

/** Lower-case name of the block that makes the element what it is, or of the plugin; internal services have none. */
function typeOf({ kind, definition }: MiddlewarePlan | ServicePlan): string | undefined {
  const plugins = Object.keys((definition.plugin ?? {}) as object)
  if (plugins.length === 1) return plugins[0]!.toLowerCase()
  const block =
    kind ??
    SERVICE_KINDS.find((key) => key in definition) ??
    Object.keys(definition).find((key) => key !== 'middlewares')
  return block?.toLowerCase()
}

/** In the order in which Traefik looks for the kind of one that has several. */
const SERVICE_KINDS = ['loadBalancer', 'highestRandomWeight', 'weighted', 'mirroring', 'failover']
