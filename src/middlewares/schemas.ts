import { addPrefixElement } from './add-prefix.schema.ts'
import { basicAuthElement } from './basic-auth.schema.ts'
import { bufferingElement } from './buffering.schema.ts'
import { chainElement } from './chain.schema.ts'
import { circuitBreakerElement } from './circuit-breaker.schema.ts'
import { contentTypeElement } from './content-type.schema.ts'
import { digestAuthElement } from './digest-auth.schema.ts'
import { encodedCharactersElement } from './encoded-characters.schema.ts'
import { errorsElement } from './errors.schema.ts'
import { forwardAuthElement } from './forward-auth.schema.ts'
import { headersElement } from './headers.schema.ts'
import { inFlightReqElement } from './in-flight-req.schema.ts'
import { ipAllowListElement } from './ip-allow-list.schema.ts'
import { ipWhiteListElement } from './ip-white-list.schema.ts'
import { compressOptions, grpcWebOptions, passTLSClientCertOptions, pluginOptions } from './pending.schema.ts'
import { rateLimitElement } from './rate-limit.schema.ts'
import { redirectRegexElement } from './redirect-regex.schema.ts'
import { redirectSchemeElement } from './redirect-scheme.schema.ts'
import { replacePathElement } from './replace-path.schema.ts'
import { replacePathRegexElement } from './replace-path-regex.schema.ts'
import { retryElement } from './retry.schema.ts'
import { stripPrefixElement } from './strip-prefix.schema.ts'
import { stripPrefixRegexElement } from './strip-prefix-regex.schema.ts'

/** The HTTP middlewares that are built, by the name of their options. */
export const middlewareSchemas = {
  addPrefix: addPrefixElement,
  basicAuth: basicAuthElement,
  buffering: bufferingElement,
  chain: chainElement,
  circuitBreaker: circuitBreakerElement,
  contentType: contentTypeElement,
  digestAuth: digestAuthElement,
  encodedCharacters: encodedCharactersElement,
  errors: errorsElement,
  forwardAuth: forwardAuthElement,
  headers: headersElement,
  inFlightReq: inFlightReqElement,
  ipAllowList: ipAllowListElement,
  ipWhiteList: ipWhiteListElement,
  rateLimit: rateLimitElement,
  redirectRegex: redirectRegexElement,
  redirectScheme: redirectSchemeElement,
  replacePath: replacePathElement,
  replacePathRegex: replacePathRegexElement,
  retry: retryElement,
  stripPrefix: stripPrefixElement,
  stripPrefixRegex: stripPrefixRegexElement,
} as const

/** Options of those that are accepted but not built yet. */
export const pendingMiddlewareSchemas = {
  compress: compressOptions,
  grpcWeb: grpcWebOptions,
  passTLSClientCert: passTLSClientCertOptions,
  plugin: pluginOptions,
} as const
