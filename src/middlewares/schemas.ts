import { addPrefixElement } from './add-prefix.schema.ts'
import { basicAuthElement } from './basic-auth.schema.ts'
import { chainElement } from './chain.schema.ts'
import { headersElement } from './headers.schema.ts'
import { ipAllowListElement } from './ip-allow-list.schema.ts'
import {
  bufferingOptions,
  circuitBreakerOptions,
  compressOptions,
  contentTypeOptions,
  digestAuthOptions,
  encodedCharactersOptions,
  errorsOptions,
  forwardAuthOptions,
  grpcWebOptions,
  inFlightReqOptions,
  ipWhiteListOptions,
  passTLSClientCertOptions,
  pluginOptions,
  rateLimitOptions,
  retryOptions,
} from './pending.schema.ts'
import { redirectRegexElement } from './redirect-regex.schema.ts'
import { redirectSchemeElement } from './redirect-scheme.schema.ts'
import { replacePathElement } from './replace-path.schema.ts'
import { replacePathRegexElement } from './replace-path-regex.schema.ts'
import { stripPrefixElement } from './strip-prefix.schema.ts'
import { stripPrefixRegexElement } from './strip-prefix-regex.schema.ts'

/** The HTTP middlewares that are built, by the name of their options. */
export const middlewareSchemas = {
  addPrefix: addPrefixElement,
  basicAuth: basicAuthElement,
  chain: chainElement,
  headers: headersElement,
  ipAllowList: ipAllowListElement,
  redirectRegex: redirectRegexElement,
  redirectScheme: redirectSchemeElement,
  replacePath: replacePathElement,
  replacePathRegex: replacePathRegexElement,
  stripPrefix: stripPrefixElement,
  stripPrefixRegex: stripPrefixRegexElement,
} as const

/** Options of those that are accepted but not built yet. */
export const pendingMiddlewareSchemas = {
  ipWhiteList: ipWhiteListOptions,
  encodedCharacters: encodedCharactersOptions,
  errors: errorsOptions,
  rateLimit: rateLimitOptions,
  digestAuth: digestAuthOptions,
  forwardAuth: forwardAuthOptions,
  inFlightReq: inFlightReqOptions,
  buffering: bufferingOptions,
  circuitBreaker: circuitBreakerOptions,
  compress: compressOptions,
  passTLSClientCert: passTLSClientCertOptions,
  retry: retryOptions,
  contentType: contentTypeOptions,
  grpcWeb: grpcWebOptions,
  plugin: pluginOptions,
} as const
