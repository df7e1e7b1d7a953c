import type { Kinds, MiddlewareKind, ServiceKind } from '../contracts/kinds.ts'
import type { WantedKinds, WantedPart } from '../plan/guide.ts'
import { serviceKinds } from '../services/registry.ts'

/** What few plans need, each a module that exports it by its name. */
const parts: { readonly [P in WantedPart]: () => Promise<Pick<Kinds, P>> } = {
  withTimeouts: () => import('./routing/router-timeouts.ts'),
  refusingReturns: () => import('./routing/refusing-returns.ts'),
  tree: () => import('./linking/router-tree.ts'),
  internalService: () => import('./linking/internal-service.ts'),
  withSecrets: () => import('./linking/secrets.ts'),
  matchers: () => import('../engine/matching/rare-matchers.ts').then(({ rareMatchers: matchers }) => ({ matchers })),
  createIpMatcher: () => import('../http/ip.ts'),
}

/** The kinds that a plan names and that there are. */
export async function loadKinds(wanted: WantedKinds): Promise<Kinds> {
  const [middlewares, services, ...others] = await Promise.all([
    loadMiddlewares(wanted.middlewares),
    load<ServiceKind<never>>(serviceKinds, wanted.services, wanted.standsAlone),
    ...wanted.parts.map(async (part) => ({ [part]: ((await parts[part]()) as Kinds)[part] })),
  ])
  return Object.assign({ middlewares, services }, ...others)
}

/** All of them, for who links plans that are not known yet. */
export async function loadAllKinds(): Promise<Kinds> {
  const { middlewareKinds } = await import('../middlewares/registry.ts')
  return loadKinds({
    middlewares: Object.keys(middlewareKinds),
    services: Object.keys(serviceKinds),
    standsAlone: false,
    parts: Object.keys(parts) as WantedPart[],
  })
}

/** The list of them is long: not for plans that have none. */
async function loadMiddlewares(wanted: readonly string[]): Promise<Kinds['middlewares']> {
  if (wanted.length === 0) return {}
  const { middlewareKinds } = await import('../middlewares/registry.ts')
  return load<MiddlewareKind<never>>(middlewareKinds, wanted, false)
}

async function load<K>(
  loaders: Readonly<Record<string, (standsAlone: boolean) => Promise<K>>>,
  wanted: readonly string[],
  standsAlone: boolean,
): Promise<Readonly<Record<string, K>>> {
  const loaded: Record<string, K> = {}
  await Promise.all(
    wanted.map(async (kind) => {
      if (Object.hasOwn(loaders, kind)) loaded[kind] = await loaders[kind]!(standsAlone)
    }),
  )
  return loaded
}
