import { atOnce, type Steps } from '../../http/steps.ts'
import type { ConfigProblem } from '../../plan/problem.ts'
import { defaultsOf, shapeOf } from '../decode/shape.ts'
import type { DisabledElement, DynamicConfig } from '../dynamic/dynamic.ts'
import type { HttpConfig, HttpRouter } from '../dynamic/http.ts'
import { nameMap, objectName, providerOf, qualify } from '../dynamic/names.ts'
import type { TcpConfig } from '../dynamic/tcp.ts'
import { type TlsConfig, type TlsOptions, type TlsStore, tlsOptionsSchema } from '../dynamic/tls.ts'
import type { UdpConfig } from '../dynamic/udp.ts'
import { defaultEntryPoints } from '../install/defaults.ts'
import type { InstallConfig } from '../install/install.ts'
import { PlanMemory } from '../planning/plan-memory.ts'
import { applyModels, applyObservability, type EntryPointModel, entryPointModels, type MergedRouter } from './models.ts'
import { resolveTlsConflicts, type TlsConflict } from './tls-conflicts.ts'

/** The configurations of all providers as one; every object is named `NAME@PROVIDER`. */
export type MergedConfig = DynamicConfig & {
  readonly http: HttpConfig & { readonly routers: Readonly<Record<string, MergedRouter>> }
  /** By router: those that do not get the TLS options they ask for. */
  readonly tlsConflicts: ReadonlyMap<string, TlsConflict>
  /** Elements that providers took out, by qualified name. */
  readonly disabledElements: readonly DisabledElement[]
  /** What is wrong between providers. */
  readonly problems: readonly ConfigProblem[]
}

const DEFAULT = 'default'

/** Certificates for the TLS-ALPN challenge: only the provider that answers it may bring them. */
const ALPN_STORE = 'acme-tls/1'
const ALPN_PROVIDER = 'tlsalpn.acme'

/**
 * Merges what providers say: names, default entry points, models of entry points, the default TLS options and store,
 * conflicts of TLS options. Pure; the order of the messages does not matter (Traefik v3.7.15
 * `pkg/server/aggregator.go`).
 */
export const mergeConfigurations = (
  messages: Readonly<Record<string, DynamicConfig>>,
  install: InstallConfig,
): MergedConfig => atOnce(mergeSteps(messages, install, new PlanMemory()))

/** The same in steps. @param memory what was merged before, for the same install configuration */
export function* mergeSteps(
  messages: Readonly<Record<string, DynamicConfig>>,
  install: InstallConfig,
  memory: PlanMemory,
): Steps<MergedConfig> {
  const providers = Object.entries(messages).sort(([a], [b]) => (a < b ? -1 : 1))
  const fallback = defaultEntryPoints(install)
  const problems: ConfigProblem[] = []
  const modelled = yield* mergeRouters(providers, fallback, entryPointModels(install), memory)
  const syntax = install.core?.defaultRuleSyntax ?? ''
  yield
  const resolved = resolveTlsConflicts(modelled, install.core?.strictTLSOptions === true, syntax)
  yield
  const services = collect(providers, (config) => config.http?.services)
  yield
  const middlewares = collect(providers, (config) => config.http?.middlewares)
  yield
  return {
    http: {
      routers: resolved.routers,
      services,
      middlewares,
      models: collect(providers, (config) => config.http?.models),
      serversTransports: collect(providers, (config) => config.http?.serversTransports),
    },
    tcp: mergeTcp(providers, fallback, syntax),
    udp: mergeUdp(providers),
    tls: mergeTls(providers, problems),
    tlsConflicts: resolved.conflicts,
    disabledElements: providers.flatMap(([provider, { disabled = [] }]) =>
      disabled.map((element) => ({ ...element, name: objectName(element.name, provider) })),
    ),
    problems,
  }
}

function* mergeRouters(
  providers: Providers,
  fallback: readonly string[],
  models: ReadonlyMap<string, EntryPointModel>,
  memory: PlanMemory,
): Steps<Record<string, MergedRouter>> {
  const routers = nameMap<HttpRouter>()
  const written = new Map<string, HttpRouter>()
  let hasChildren = false
  for (const [provider, config] of providers) {
    for (const [name, router] of Object.entries(config.http?.routers ?? {})) {
      const qualified = objectName(name, provider)
      hasChildren ||= router.parentRefs !== undefined
      written.set(qualified, router)
      routers[qualified] = router
      yield
    }
  }
  // What becomes of a child depends on other routers.
  if (hasChildren) {
    for (const [name, router] of written) routers[name] = placed(router, providerOf(name), fallback)
    const hasOthers = providers.some(([, { http }]) => Object.keys(http?.models ?? {}).length > 0)
    return applyObservability(applyModels(routers, models, hasOthers))
  }
  const merged = nameMap<MergedRouter>()
  for (const name of [...written.keys()].sort()) {
    const router = written.get(name)!
    yield
    let known = memory.merged.get(router)
    if (known?.name !== name) {
      const alone = nameMap<HttpRouter>()
      alone[name] = placed(router, providerOf(name), fallback)
      known = { name, routers: Object.entries(applyObservability(applyModels(alone, models))) }
      memory.merged.set(router, known)
    }
    for (const [copy, one] of known.routers) merged[copy] = one
  }
  return merged
}

type Providers = readonly (readonly [string, DynamicConfig])[]

const placed = (router: HttpRouter, provider: string, fallback: readonly string[]): HttpRouter => {
  if (router.parentRefs !== undefined && router.parentRefs.length > 0) {
    return { ...router, parentRefs: router.parentRefs.map((parent) => qualify(parent, provider)) }
  }
  return (router.entryPoints ?? []).length > 0 ? router : { ...router, entryPoints: [...fallback] }
}

/** The objects of one kind, named by their provider. */
const collect = <T>(
  providers: Providers,
  pick: (config: DynamicConfig) => Readonly<Record<string, T>> | undefined,
): Record<string, T> => {
  const all = nameMap<T>()
  for (const [provider, config] of providers) {
    for (const [name, object] of Object.entries(pick(config) ?? {})) all[objectName(name, provider)] = object
  }
  return all
}

const mergeTcp = (providers: Providers, fallback: readonly string[], syntax: string): TcpConfig => {
  const routers = collect(providers, (config) => config.tcp?.routers)
  for (const [name, router] of Object.entries(routers)) {
    const entryPoints = (router.entryPoints ?? []).length > 0 ? router.entryPoints : [...fallback]
    const ownSyntax = (router.ruleSyntax ?? '') !== '' || syntax === '' ? {} : { ruleSyntax: syntax }
    routers[name] = { ...router, ...ownSyntax, entryPoints }
  }
  return {
    routers,
    services: collect(providers, (config) => config.tcp?.services),
    middlewares: collect(providers, (config) => config.tcp?.middlewares),
    serversTransports: collect(providers, (config) => config.tcp?.serversTransports),
  }
}

const mergeUdp = (providers: Providers): UdpConfig => ({
  routers: collect(providers, (config) => config.udp?.routers),
  services: collect(providers, (config) => config.udp?.services),
})

const mergeTls = (providers: Providers, problems: ConfigProblem[]): TlsConfig => {
  const certificates = providers.flatMap(([provider, { tls }]) =>
    (tls?.certificates ?? []).filter(
      (entry) => provider === ALPN_PROVIDER || !(entry.stores ?? []).includes(ALPN_STORE),
    ),
  )
  const options = collectTls<TlsOptions>(providers, 'options', problems)
  if (options.owners === 0) options.all[DEFAULT] = defaultsOf(shapeOf(tlsOptionsSchema)) as TlsOptions
  return { certificates, options: options.all, stores: collectTls<TlsStore>(providers, 'stores', problems).all }
}

/** As `collect`, but `default` keeps its bare name, and is nobody's when two providers claim it. */
const collectTls = <T>(providers: Providers, kind: 'options' | 'stores', problems: ConfigProblem[]) => {
  const all = nameMap<T>()
  const owners: string[] = []
  for (const [provider, { tls }] of providers) {
    for (const [name, object] of Object.entries((tls?.[kind] ?? {}) as Readonly<Record<string, T>>)) {
      if (name === DEFAULT) owners.push(provider)
      all[name === DEFAULT ? DEFAULT : objectName(name, provider)] = object
    }
  }
  if (owners.length > 1) {
    delete all[DEFAULT]
    const what = kind === 'options' ? 'Options' : 'Store'
    problems.push({
      severity: 'error',
      message: `Default TLS ${what} defined in multiple providers: [${owners.join(' ')}]`,
      hint: 'leave it to one provider',
      provider: null,
      path: ['tls', kind, DEFAULT],
      position: null,
    })
  }
  return { all, owners: owners.length }
}
