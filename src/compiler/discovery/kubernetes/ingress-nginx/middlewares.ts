import { buffering } from './buffering.ts'
import { cors } from './cors.ts'
import { upstreamVhost } from './headers.ts'
import { allowedAddresses, connectionLimit, rateLimits } from './limits.ts'
import type { Location, NginxMiddleware } from './location.ts'
import { appRoot, redirect, redirectsToTls, rewriteTarget, tlsRedirect } from './redirects.ts'
import { nextUpstream } from './retry.ts'
import { snippet } from './snippets.ts'
import { passCertificate } from './tls.ts'

/** What needs objects of the cluster, and was made before. */
export interface Prepared {
  readonly errors: NginxMiddleware | null
  readonly credentials: NginxMiddleware | null
  readonly customHeaders: NginxMiddleware | null
}

/** Middlewares of a location in their order, the first one outermost (Traefik `applyMiddlewares`). */
export interface LocationMiddlewares {
  readonly plain: readonly NginxMiddleware[]
  readonly tls: readonly NginxMiddleware[]
}

/** Throws `Unusable` for a Secret that is not as it should be. @param errors may differ from router to router */
export function middlewaresOf(location: Location): (prepared: Prepared) => LocationMiddlewares {
  const root = appRoot(location)
  const redirected = redirect(location)
  const before = [buffering(location), allowedAddresses(location), cors(location)]
  const limits = [...rateLimits(location), connectionLimit(location)]
  const rewritten = [rewriteTarget(location), upstreamVhost(location)]
  const certificate = passCertificate(location)
  const last = [snippet(location), nextUpstream(location)]
  const toTls = redirectsToTls(location) ? tlsRedirect : null
  return ({ errors, credentials, customHeaders }) => {
    const list = (isTls: boolean) =>
      [
        isTls ? null : toTls,
        errors,
        root,
        redirected,
        credentials,
        ...before,
        ...rewritten,
        ...limits,
        certificate,
        customHeaders,
        ...last,
      ].filter((middleware) => middleware !== null)
    return { plain: list(false), tls: list(true) }
  }
}
