import type { Kinds, MiddlewareKind, ServiceKind } from '../contracts/kinds.ts'
import type { WantedKinds } from '../plan/guide.ts'
import { serviceKinds } from '../services/registry.ts'

/** The kinds that a plan names and that there are. */
export async function loadKinds(wanted: WantedKinds): Promise<Kinds> {
  const [middlewares, services, ...others] = await Promise.all([
    loadMiddlewares(wanted.middlewares),
    load<ServiceKind<never>>(serviceKinds, wanted.services, wanted.standsAlone),
    wanted.hasTimeouts ? import('./routing/router-timeouts.ts').then(({ withTimeouts }) => ({ withTimeouts })) : {},
    wanted.mayHaveInternal
      ? import('./linking/internal-service.ts').then(({ internalService }) => ({ internalService }))
      : {},
    wanted.hasSecrets ? import('./linking/secrets.ts').then(({ withSecrets }) => ({ withSecrets })) : {},
    wanted.hasRareMatchers
      ? import('../engine/matching/rare-matchers.ts').then(({ rareMatchers: matchers }) => ({ matchers }))
      : {},
    wanted.hasTrustedPeers ? import('../http/ip.ts').then(({ createIpMatcher }) => ({ createIpMatcher })) : {},
  ])
  return Object.assign({ middlewares, services }, ...others)
}

/** All of them, for who links plans that are not known yet. */
export async function loadAllKinds(): Promise<Kinds> {
  const { middlewareKinds } = await import('../middlewares/registry.ts')
  const [middlewares, services] = [Object.keys(middlewareKinds), Object.keys(serviceKinds)]
  return loadKinds({
    middlewares,
    services,
    standsAlone: false,
    hasTimeouts: true,
    mayHaveInternal: true,
    hasSecrets: true,
    hasRareMatchers: true,
    hasTrustedPeers: true,
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
