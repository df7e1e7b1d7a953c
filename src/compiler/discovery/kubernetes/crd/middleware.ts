import type { HttpMiddleware } from '../../../dynamic/http.ts'
import type { PartBuilder } from '../parts.ts'
import { Unusable, withWords } from '../servers.ts'
import { clientTls, credentials, redisCredentials, withSecrets } from './credentials.ts'
import { httpTarget, middlewareNames } from './http-services.ts'
import type { MiddlewareSpec } from './middleware-specs.ts'
import type { Scope } from './references.ts'

type Options<N extends keyof MiddlewareSpec> = NonNullable<MiddlewareSpec[N]>

/**
 * Middleware (Traefik v3.7 `pkg/provider/kubernetes/crd/kubernetes.go`). The service of an error page is added under
 * the name of the middleware. Throws `Unusable` where something is not to be had.
 */
export function httpMiddleware(scope: Scope, name: string, spec: MiddlewareSpec, builder: PartBuilder): HttpMiddleware {
  const { chain, errors, rateLimit, basicAuth, digestAuth, forwardAuth, plugin, ...same } = spec
  const middleware: HttpMiddleware = { ...same }
  if (basicAuth !== undefined) {
    middleware.basicAuth = reading('basic auth', () => credentials(scope, basicAuth, 'basic', 'spec.basicAuth'))
  }
  if (digestAuth !== undefined) {
    middleware.digestAuth = reading('digest auth', () => credentials(scope, digestAuth, 'digest', 'spec.digestAuth'))
  }
  if (forwardAuth !== undefined) {
    middleware.forwardAuth = reading('forward auth', () => forwardAuthOptions(scope, forwardAuth))
  }
  if (errors !== undefined) {
    middleware.errors = reading('error page', () => errorsOptions(scope, name, errors, builder))
  }
  if (plugin !== undefined) {
    middleware.plugin = reading('plugins', () => withSecrets(scope, plugin, 'spec.plugin')) as HttpMiddleware['plugin']
  }
  if (rateLimit !== undefined) middleware.rateLimit = reading('rateLimit', () => rateLimitOptions(scope, rateLimit))
  if (chain !== undefined) {
    const middlewares = reading('chain', () => middlewareNames(scope, chain.middlewares, 'spec.chain'))
    middleware.chain = middlewares.length === 0 ? {} : { middlewares }
  }
  return middleware
}

const reading = <T>(what: string, make: () => T): T => withWords(`Error while reading ${what} middleware: `, make)

const forwardAuthOptions = (
  scope: Scope,
  { tls, ...options }: Options<'forwardAuth'>,
): NonNullable<HttpMiddleware['forwardAuth']> => {
  if ((options.address ?? '') === '') {
    throw new Unusable('forward authentication requires an address', 'spec.forwardAuth.address')
  }
  if (tls === undefined) return options
  const { caOptional } = tls
  const secured = clientTls(scope, tls, 'spec.forwardAuth.tls')
  return { ...options, tls: { ...secured, ...(caOptional === undefined ? {} : { caOptional }) } }
}

const rateLimitOptions = (
  scope: Scope,
  { redis, ...options }: Options<'rateLimit'>,
): NonNullable<HttpMiddleware['rateLimit']> => {
  if (redis === undefined) return options
  const { tls, secret, ...rest } = redis
  return {
    ...options,
    redis: {
      ...rest,
      ...(tls === undefined ? {} : { tls: clientTls(scope, tls, 'spec.rateLimit.redis.tls') }),
      ...(secret === '' ? {} : redisCredentials(scope, secret, 'spec.rateLimit.redis.secret')),
    },
  }
}

const errorsOptions = (
  scope: Scope,
  name: string,
  { service: reference, ...options }: Options<'errors'>,
  builder: PartBuilder,
): NonNullable<HttpMiddleware['errors']> => {
  const target = httpTarget(scope, reference, 'spec.errors.service')
  if ('name' in target) return { ...options, service: target.name }
  const service = `${name}-errorpage-service`
  builder.add('http.services', service, target.service)
  return { ...options, service }
}
