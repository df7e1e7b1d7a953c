import type { Kinds, MiddlewareKind, ServiceKind } from '../contracts/kinds.ts'
import type { Plan } from '../plan/plan.ts'
import { serviceKinds } from '../services/registry.ts'

/** The kinds that a plan names and that there are. */
export async function loadKinds({ middlewares, services, routers }: Plan): Promise<Kinds> {
  const hasTimeouts = Object.values(routers).some(({ timeouts }) => timeouts !== undefined)
  return loadWanted(configsByKind(middlewares), configsByKind(services), hasTimeouts)
}

/** All of them, for who links plans that are not known yet. */
export async function loadAllKinds(): Promise<Kinds> {
  const { middlewareKinds } = await import('../middlewares/registry.ts')
  return loadWanted(everyKind(middlewareKinds), everyKind(serviceKinds), true)
}

async function loadWanted(middlewares: Wanted, services: Wanted, hasTimeouts: boolean): Promise<Kinds> {
  const [loadedMiddlewares, loadedServices, withTimeouts] = await Promise.all([
    loadMiddlewares(middlewares),
    load<ServiceKind<never>>(serviceKinds, services),
    hasTimeouts ? import('./routing/router-timeouts.ts').then((module) => module.withTimeouts) : null,
  ])
  return {
    middlewares: loadedMiddlewares,
    services: loadedServices,
    ...(withTimeouts === null ? {} : { withTimeouts }),
  }
}

/** The list of them is long: not for plans that have none. */
async function loadMiddlewares(wanted: Wanted): Promise<Kinds['middlewares']> {
  if (wanted.size === 0) return {}
  const { middlewareKinds } = await import('../middlewares/registry.ts')
  return load<MiddlewareKind<never>>(middlewareKinds, wanted)
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
