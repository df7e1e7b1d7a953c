import type { Kinds, MiddlewareKind, ServiceKind } from '../contracts/kinds.ts'
import { middlewareKinds } from '../middlewares/registry.ts'
import type { Plan } from '../plan/plan.ts'
import { serviceKinds } from '../services/registry.ts'

/** The kinds that a plan names and that there are. */
export async function loadKinds({ middlewares, services }: Pick<Plan, 'middlewares' | 'services'>): Promise<Kinds> {
  const [loadedMiddlewares, loadedServices] = await Promise.all([
    load<MiddlewareKind<never>>(middlewareKinds, kindsOf(middlewares)),
    load<ServiceKind<never>>(serviceKinds, kindsOf(services)),
  ])
  return { middlewares: loadedMiddlewares, services: loadedServices }
}

/** All of them, for who links plans that are not known yet. */
export async function loadAllKinds(): Promise<Kinds> {
  const [middlewares, services] = await Promise.all([
    load<MiddlewareKind<never>>(middlewareKinds, Object.keys(middlewareKinds)),
    load<ServiceKind<never>>(serviceKinds, Object.keys(serviceKinds)),
  ])
  return { middlewares, services }
}

const kindsOf = (elements: Readonly<Record<string, { readonly kind: string | null }>>): Iterable<string> =>
  new Set(Object.values(elements).map(({ kind }) => kind ?? ''))

async function load<K>(
  loaders: Readonly<Record<string, () => Promise<K>>>,
  names: Iterable<string>,
): Promise<Readonly<Record<string, K>>> {
  const wanted = [...names].filter((name) => Object.hasOwn(loaders, name))
  return Object.fromEntries(await Promise.all(wanted.map(async (name) => [name, await loaders[name]!()] as const)))
}
