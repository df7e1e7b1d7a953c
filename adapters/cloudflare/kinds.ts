import type { Kinds } from '../../src/contracts/kinds.ts'
import type { CompileRegexp } from '../../src/contracts/regexp.ts'
import type { middlewareKinds } from '../../src/middlewares/registry.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { loadBalancer } from '../../src/services/load-balancer/load-balancer.ts'
import type { serviceKinds } from '../../src/services/registry.ts'

/**
 * Every kind is a module of its own here, loaded by plans that name it: the worker that starts stays small however many
 * kinds there are.
 */
const middlewares = {
  addPrefix: async () => (await import('../../src/middlewares/add-prefix/add-prefix.ts')).addPrefix,
  basicAuth: async () => (await import('../../src/middlewares/basic-auth/basic-auth.ts')).basicAuth,
  buffering: async () => (await import('../../src/middlewares/buffering/buffering.ts')).buffering,
  chain: async () => (await import('../../src/middlewares/chain/chain.ts')).chain,
  circuitBreaker: async () => (await import('../../src/middlewares/circuit-breaker/circuit-breaker.ts')).circuitBreaker,
  compress: async () => (await import('../../src/middlewares/compress/compress.ts')).compress,
  contentType: async () => (await import('../../src/middlewares/content-type/content-type.ts')).contentType,
  digestAuth: async () => (await import('../../src/middlewares/digest-auth/digest-auth.ts')).digestAuth,
  encodedCharacters: async () =>
    (await import('../../src/middlewares/encoded-characters/encoded-characters.ts')).encodedCharacters,
  errors: async () => (await import('../../src/middlewares/errors/errors.ts')).errors,
  forwardAuth: async () => (await import('../../src/middlewares/forward-auth/forward-auth.ts')).forwardAuth,
  grpcWeb: async () => (await import('../../src/middlewares/grpc-web/grpc-web.ts')).grpcWeb,
  headers: async () => (await import('../../src/middlewares/headers/headers.ts')).headers,
  inFlightReq: async () => (await import('../../src/middlewares/in-flight-req/in-flight-req.ts')).inFlightReq,
  ipAllowList: async () => (await import('../../src/middlewares/ip-allow-list/ip-allow-list.ts')).ipAllowList,
  ipWhiteList: async () => (await import('../../src/middlewares/ip-allow-list/ip-allow-list.ts')).ipAllowList,
  maintenance: async () => (await import('../../src/middlewares/maintenance/maintenance.ts')).maintenance,
  passTLSClientCert: async () =>
    (await import('../../src/middlewares/pass-tls-client-cert/pass-tls-client-cert.ts')).passTLSClientCert,
  rateLimit: async () => (await import('../../src/middlewares/rate-limit/rate-limit.ts')).rateLimit,
  redirectRegex: async () => (await import('../../src/middlewares/redirect-regex/redirect-regex.ts')).redirectRegex,
  redirectScheme: async () => (await import('../../src/middlewares/redirect-scheme/redirect-scheme.ts')).redirectScheme,
  replacePath: async () => (await import('../../src/middlewares/replace-path/replace-path.ts')).replacePath,
  replacePathRegex: async () =>
    (await import('../../src/middlewares/replace-path-regex/replace-path-regex.ts')).replacePathRegex,
  requestHeaderModifier: async () =>
    (await import('../../src/middlewares/header-modifier/header-modifier.ts')).requestHeaderModifier,
  requestRedirect: async () =>
    (await import('../../src/middlewares/request-redirect/request-redirect.ts')).requestRedirect,
  responseHeaderModifier: async () =>
    (await import('../../src/middlewares/header-modifier/header-modifier.ts')).responseHeaderModifier,
  respond: async () => (await import('../../src/middlewares/respond/respond.ts')).respond,
  retry: async () => (await import('../../src/middlewares/retry/retry.ts')).retry,
  stripPrefix: async () => (await import('../../src/middlewares/strip-prefix/strip-prefix.ts')).stripPrefix,
  stripPrefixRegex: async () =>
    (await import('../../src/middlewares/strip-prefix-regex/strip-prefix-regex.ts')).stripPrefixRegex,
  URLRewrite: async () => (await import('../../src/middlewares/url-rewrite/url-rewrite.ts')).URLRewrite,
} as const satisfies Record<keyof typeof middlewareKinds, () => Promise<Kinds['middlewares'][string]>>

const services = {
  failover: async () => (await import('../../src/services/failover/failover.ts')).failover,
  highestRandomWeight: async () =>
    (await import('../../src/services/highest-random-weight/highest-random-weight.ts')).highestRandomWeight,
  // Hardly any plan does without.
  loadBalancer: async () => loadBalancer,
  mirroring: async () => (await import('../../src/services/mirroring/mirroring.ts')).mirroring,
  weighted: async () => (await import('../../src/services/weighted/weighted.ts')).weighted,
} as const satisfies Record<keyof typeof serviceKinds, () => Promise<Kinds['services'][string]>>

/** What runs expressions is a module too, for plans that have any. */
export async function loadRegexps({ routers, middlewares }: Plan): Promise<CompileRegexp> {
  const rules = Object.values(routers).map(({ rule }) => rule)
  const configs = Object.values(middlewares).map(({ config }) => config)
  // Every plan of an expression says what its groups are.
  if (JSON.stringify([rules, configs]).includes('"groups":'))
    return (await import('../../src/engine/matching/regexp/regexp.ts')).compileRegexp
  return (plan) => {
    throw new Error(`a plan without expressions has one of the kind ${plan.kind}`)
  }
}

/** The kinds that a plan names and that there are. */
export async function loadKinds(plan: Plan): Promise<Kinds> {
  const [loadedMiddlewares, loadedServices] = await Promise.all([
    load<Kinds['middlewares'][string]>(middlewares, plan.middlewares),
    load<Kinds['services'][string]>(services, plan.services),
  ])
  return { middlewares: loadedMiddlewares, services: loadedServices }
}

async function load<K>(
  loaders: Readonly<Record<string, () => Promise<K>>>,
  elements: Readonly<Record<string, { readonly kind: string | null }>>,
): Promise<Record<string, K>> {
  const names = new Set(Object.values(elements).map(({ kind }) => kind ?? ''))
  const wanted = [...names].filter((name) => Object.hasOwn(loaders, name))
  return Object.fromEntries(await Promise.all(wanted.map(async (name) => [name, await loaders[name]!()] as const)))
}
