import type { ConfigProblem } from '../../plan/problem.ts'
import { parseDuration } from '../../schema/duration.ts'
import { defaultsOf, shapeOf } from '../decode/shape.ts'
import { entryPointProtocol } from './address.ts'
import { type EntryPoint, entryPointSchema } from './entry-points.ts'
import { type InstallConfig, traefikInstallSchema } from './install.ts'

/** The entry point for what the proxy itself serves. */
export const INTERNAL_ENTRY_POINT = 'traefik'

/** Decides between routers of equal priority unless `providers.precedence` does. */
export const DEFAULT_PRECEDENCE: readonly string[] = [
  'kubernetesgateway',
  'kubernetescrd',
  'kubernetes',
  'kubernetesingressnginx',
  'swarm',
  'docker',
  'file',
  'redis',
  'knative',
  'consul',
  'consulcatalog',
  'nomad',
  'etcd',
  'ecs',
  'http',
  'zookeeper',
  'rest',
]

const ACME_PRODUCTION = 'https://acme-v02.api.letsencrypt.org/directory'
const ACME_V1: ReadonlyMap<string, string> = new Map([
  ['', ACME_PRODUCTION],
  ['https://acme-v01.api.letsencrypt.org/directory', ACME_PRODUCTION],
  ['https://acme-staging.api.letsencrypt.org/directory', 'https://acme-staging-v02.api.letsencrypt.org/directory'],
])

/** The configuration of a proxy that is told nothing. */
export const emptyInstall = (): InstallConfig => defaultsOf(shapeOf(traefikInstallSchema)) as InstallConfig

const newEntryPoint = (address: string): EntryPoint => ({
  ...(defaultsOf(shapeOf(entryPointSchema)) as EntryPoint),
  address,
})

/** Adds what Traefik adds at the start: entry points, precedence, corrected values. The argument is left alone. */
export const installDefaults = (install: InstallConfig): InstallConfig => ({
  ...install,
  entryPoints: entryPointsOf(install),
  providers: providersOf(install.providers),
  ...(install.tracing === undefined ? {} : { tracing: tracingOf(install.tracing) }),
  ...(install.certificatesResolvers === undefined
    ? {}
    : { certificatesResolvers: resolversOf(install.certificatesResolvers) }),
})

const entryPointsOf = (install: InstallConfig): Record<string, EntryPoint> => {
  const entryPoints: Record<string, EntryPoint> = Object.assign(Object.create(null), install.entryPoints)
  if (Object.keys(entryPoints).length === 0) entryPoints.http = newEntryPoint(':80')
  const internal = (block: { manualRouting?: boolean | undefined; entryPoint: string } | undefined) =>
    block !== undefined && block.manualRouting !== true && block.entryPoint === INTERNAL_ENTRY_POINT
  const needed =
    install.api?.insecure === true ||
    install.providers.rest?.insecure === true ||
    internal(install.ping) ||
    internal(install.ready) ||
    internal(install.metrics?.prometheus)
  if (needed) entryPoints[INTERNAL_ENTRY_POINT] ??= newEntryPoint(':8080')
  return entryPoints
}

type Providers = InstallConfig['providers']

const isNegative = (text: string | undefined) => text?.startsWith('-') === true

const providersOf = (providers: Providers): Providers => {
  const { docker, swarm } = providers
  const precedence = providers.precedence?.map((name) => name.toLowerCase()) ?? [...DEFAULT_PRECEDENCE]
  return {
    ...providers,
    precedence,
    ...(docker !== undefined && isNegative(docker.httpClientTimeout)
      ? { docker: { ...docker, httpClientTimeout: '0s' } }
      : {}),
    ...(swarm === undefined
      ? {}
      : {
          swarm: {
            ...swarm,
            refreshSeconds: parseDuration(swarm.refreshSeconds) <= 0n ? '15s' : swarm.refreshSeconds,
            ...(isNegative(swarm.httpClientTimeout) ? { httpClientTimeout: '0s' } : {}),
          },
        }),
  }
}

type Tracing = NonNullable<InstallConfig['tracing']>

const tracingOf = (tracing: Tracing): Tracing =>
  tracing.resourceAttributes === undefined && tracing.globalAttributes !== undefined
    ? { ...tracing, resourceAttributes: tracing.globalAttributes }
    : tracing

type Resolvers = NonNullable<InstallConfig['certificatesResolvers']>

/** Warnings of addresses of authorities that are replaced by the ones that took their place. */
export const oldAuthorities = ({ certificatesResolvers = {} }: InstallConfig): ConfigProblem[] =>
  Object.entries(certificatesResolvers).flatMap(([name, { acme }]) => {
    const replacement = acme === undefined || acme.caServer === '' ? undefined : ACME_V1.get(acme.caServer)
    if (replacement === undefined) return []
    return {
      severity: 'warning',
      message: `${acme?.caServer} is out of service, ${replacement} is used`,
      hint: 'change caServer',
      provider: null,
      path: ['certificatesResolvers', name, 'acme', 'caServer'],
      position: null,
    }
  })

const resolversOf = (resolvers: Resolvers): Resolvers => {
  const result: Resolvers = Object.create(null)
  for (const [name, resolver] of Object.entries(resolvers)) {
    const caServer = ACME_V1.get(resolver.acme?.caServer ?? ACME_PRODUCTION)
    result[name] =
      resolver.acme === undefined || caServer === undefined
        ? resolver
        : { ...resolver, acme: { ...resolver.acme, caServer } }
  }
  return result
}

/**
 * Entry points of routers that name none: those flagged with `asDefault`, or all; never UDP ones, never `traefik`;
 * sorted by name.
 */
export const defaultEntryPoints = (install: InstallConfig): string[] => {
  const entries = Object.entries(install.entryPoints ?? {}).filter(
    ([, { address }]) => entryPointProtocol(address) === 'tcp',
  )
  const flagged = entries.filter(([, entryPoint]) => entryPoint.asDefault === true)
  const chosen = flagged.length > 0 ? flagged : entries
  return chosen
    .map(([name]) => name)
    .filter((name) => name !== INTERNAL_ENTRY_POINT)
    .sort()
}
