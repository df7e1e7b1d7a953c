import type { Kinds, MiddlewareKind, ServiceKind } from '../contracts/kinds.ts'
import { middlewareKinds } from '../middlewares/registry.ts'
import type { Plan } from '../plan/plan.ts'
import { serviceKinds } from '../services/registry.ts'

/** The kinds that a plan names and that there are. */
export async function loadKinds({ middlewares, services }: Pick<Plan, 'middlewares' | 'services'>): Promise<Kinds> {
  const [loadedMiddlewares, loadedServices] = await Promise.all([
    load<MiddlewareKind<never>>(middlewareKinds, configsByKind(middlewares)),
    load<ServiceKind<never>>(serviceKinds, configsByKind(services)),
  ])
  return { middlewares: loadedMiddlewares, services: loadedServices }
}

/** All of them, for who links plans that are not known yet. */
export async function loadAllKinds(): Promise<Kinds> {
  const [middlewares, services] = await Promise.all([
    load<MiddlewareKind<never>>(middlewareKinds, everyKind(middlewareKinds)),
    load<ServiceKind<never>>(serviceKinds, everyKind(serviceKinds)),
  ])
  return { middlewares, services }
}

/** By kind what is made of it; undefined: that is not known. */
type Wanted = ReadonlyMap<string, readonly unknown[] | undefined>

const everyKind = (loaders: object): Wanted => new Map(Object.keys(loaders).map((kind) => [kind, undefined]))

/** Elements with errors are never built. */
function configsByKind(elements: Plan['middlewares'] | Plan['services']): Wanted {
  const wanted = new Map<string, unknown[]>()
  for (const { kind, config, errors } of Object.values(elements)) {
    if (kind === null) continue
    const configs = wanted.get(kind) ?? []
    if (errors.length === 0) configs.push(config)
    wanted.set(kind, configs)
  }
  return wanted
}

async function load<K>(
  loaders: Readonly<Record<string, (configs?: readonly unknown[]) => Promise<K>>>,
  wanted: Wanted,
): Promise<Readonly<Record<string, K>>> {
  const there = [...wanted].filter(([kind]) => Object.hasOwn(loaders, kind))
  return Object.fromEntries(
    await Promise.all(there.map(async ([kind, configs]) => [kind, await loaders[kind]!(configs)] as const)),
  )
}
