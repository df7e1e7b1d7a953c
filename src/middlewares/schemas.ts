import { addPrefixElement } from './add-prefix/add-prefix.schema.ts'
import { appRootElement } from './app-root/app-root.schema.ts'
import { authTLSPassCertificateElement } from './auth-tls-pass-certificate/auth-tls-pass-certificate.schema.ts'
import { basicAuthElement } from './basic-auth/basic-auth.schema.ts'
import { bufferingElement } from './buffering/buffering.schema.ts'
import { chainElement } from './chain/chain.schema.ts'
import { circuitBreakerElement } from './circuit-breaker/circuit-breaker.schema.ts'
import { compressElement } from './compress/compress.schema.ts'
import { contentTypeElement } from './content-type/content-type.schema.ts'
import { corsElement } from './cors/cors.schema.ts'
import { digestAuthElement } from './digest-auth/digest-auth.schema.ts'
import { encodedCharactersElement } from './encoded-characters/encoded-characters.schema.ts'
import { errorsElement } from './errors/errors.schema.ts'
import { forwardAuthElement } from './forward-auth/forward-auth.schema.ts'
import { grpcWebElement } from './grpc-web/grpc-web.schema.ts'
import {
  requestHeaderModifierElement,
  responseHeaderModifierElement,
} from './header-modifier/header-modifier.schema.ts'
import { headersElement } from './headers/headers.schema.ts'
import { inFlightReqElement } from './in-flight-req/in-flight-req.schema.ts'
import { ipAllowListElement } from './ip-allow-list/ip-allow-list.schema.ts'
import { ipWhiteListElement } from './ip-allow-list/ip-white-list.schema.ts'
import { maintenanceElement } from './maintenance/maintenance.schema.ts'
import { passTLSClientCertElement } from './pass-tls-client-cert/pass-tls-client-cert.schema.ts'
import { pluginOptions } from './plugin/plugin.schema.ts'
import { rateLimitElement } from './rate-limit/rate-limit.schema.ts'
import { redirectRegexElement } from './redirect-regex/redirect-regex.schema.ts'
import { redirectSchemeElement } from './redirect-scheme/redirect-scheme.schema.ts'
import { replacePathElement } from './replace-path/replace-path.schema.ts'
import { replacePathRegexElement } from './replace-path-regex/replace-path-regex.schema.ts'
import { requestRedirectElement } from './request-redirect/request-redirect.schema.ts'
import { respondElement } from './respond/respond.schema.ts'
import { retryElement } from './retry/retry.schema.ts'
import { rewriteTargetElement } from './rewrite-target/rewrite-target.schema.ts'
import { snippetElement } from './snippet/snippet.schema.ts'
import { stripPrefixElement } from './strip-prefix/strip-prefix.schema.ts'
import { stripPrefixRegexElement } from './strip-prefix-regex/strip-prefix-regex.schema.ts'
import { upstreamVHostElement } from './upstream-vhost/upstream-vhost.schema.ts'
import { URLRewriteElement } from './url-rewrite/url-rewrite.schema.ts'

/**
 * The HTTP middlewares that are built, by the name of their options; Traefik's order, where the first one names the
 * type of an element with several.
 */
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
  cors: corsElement,
  requestHeaderModifier: requestHeaderModifierElement,
  requestRedirect: requestRedirectElement,
  responseHeaderModifier: responseHeaderModifierElement,
  URLRewrite: URLRewriteElement,
  authTLSPassCertificateToUpstream: authTLSPassCertificateElement,
  snippet: snippetElement,
  rewriteTarget: rewriteTargetElement,
  upstreamVHost: upstreamVHostElement,
  appRoot: appRootElement,
} as const
