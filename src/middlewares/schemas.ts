import { addPrefixElement } from './add-prefix.schema.ts'
import { basicAuthElement } from './basic-auth.schema.ts'
import { bufferingElement } from './buffering.schema.ts'
import { chainElement } from './chain.schema.ts'
import { circuitBreakerElement } from './circuit-breaker.schema.ts'
import { compressElement } from './compress.schema.ts'
import { contentTypeElement } from './content-type.schema.ts'
import { digestAuthElement } from './digest-auth.schema.ts'
import { encodedCharactersElement } from './encoded-characters.schema.ts'
import { errorsElement } from './errors.schema.ts'
import { forwardAuthElement } from './forward-auth.schema.ts'
import { grpcWebElement } from './grpc-web.schema.ts'
import { requestHeaderModifierElement, responseHeaderModifierElement } from './header-modifier.schema.ts'
import { headersElement } from './headers.schema.ts'
import { inFlightReqElement } from './in-flight-req.schema.ts'
import { ipAllowListElement } from './ip-allow-list.schema.ts'
import { ipWhiteListElement } from './ip-white-list.schema.ts'
import { maintenanceElement } from './maintenance.schema.ts'
import { passTLSClientCertElement } from './pass-tls-client-cert.schema.ts'
import { pluginOptions } from './pending.schema.ts'
import { rateLimitElement } from './rate-limit.schema.ts'
import { redirectRegexElement } from './redirect-regex.schema.ts'
import { redirectSchemeElement } from './redirect-scheme.schema.ts'
import { replacePathElement } from './replace-path.schema.ts'
import { replacePathRegexElement } from './replace-path-regex.schema.ts'
import { requestRedirectElement } from './request-redirect.schema.ts'
import { respondElement } from './respond.schema.ts'
import { retryElement } from './retry.schema.ts'
import { stripPrefixElement } from './strip-prefix.schema.ts'
import { stripPrefixRegexElement } from './strip-prefix-regex.schema.ts'
import { URLRewriteElement } from './url-rewrite.schema.ts'

/** The HTTP middlewares that are built, by the name of their options; Traefik's order, where the first one names the type of an element with several. */
export const middlewareSchemas = {
  addPrefix: addPrefixElement,
  stripPrefix: stripPrefixElement,
  stripPrefixRegex: stripPrefixRegexElement,
  replacePath: replacePathElement,
  replacePathRegex: replacePathRegexElement,
  chain: chainElement,
  ipWhiteList: ipWhiteListElement,
  ipAllowList: ipAllowListElement,
  headers: headersElement,
  encodedCharacters: encodedCharactersElement,
  errors: errorsElement,
  rateLimit: rateLimitElement,
  redirectRegex: redirectRegexElement,
  redirectScheme: redirectSchemeElement,
  basicAuth: basicAuthElement,
  digestAuth: digestAuthElement,
  forwardAuth: forwardAuthElement,
  inFlightReq: inFlightReqElement,
  buffering: bufferingElement,
  circuitBreaker: circuitBreakerElement,
  compress: compressElement,
  passTLSClientCert: passTLSClientCertElement,
  retry: retryElement,
  contentType: contentTypeElement,
  grpcWeb: grpcWebElement,
  maintenance: maintenanceElement,
  respond: respondElement,
} as const

/** Options of those that are accepted but not built yet. */
export const pendingMiddlewareSchemas = {
  plugin: pluginOptions,
} as const

/** Middlewares that providers make and no file may declare: there they have no type. */
export const internalMiddlewareSchemas = {
  requestHeaderModifier: requestHeaderModifierElement,
  requestRedirect: requestRedirectElement,
  responseHeaderModifier: responseHeaderModifierElement,
  URLRewrite: URLRewriteElement,
} as const
