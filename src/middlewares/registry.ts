import { addPrefix } from './add-prefix/add-prefix.ts'
import { basicAuth } from './basic-auth/basic-auth.ts'
import { buffering } from './buffering/buffering.ts'
import { chain } from './chain/chain.ts'
import { circuitBreaker } from './circuit-breaker/circuit-breaker.ts'
import { compress } from './compress/compress.ts'
import { contentType } from './content-type/content-type.ts'
import { digestAuth } from './digest-auth/digest-auth.ts'
import { encodedCharacters } from './encoded-characters/encoded-characters.ts'
import { errors } from './errors/errors.ts'
import { forwardAuth } from './forward-auth/forward-auth.ts'
import { grpcWeb } from './grpc-web/grpc-web.ts'
import { requestHeaderModifier, responseHeaderModifier } from './header-modifier/header-modifier.ts'
import { headers } from './headers/headers.ts'
import { inFlightReq } from './in-flight-req/in-flight-req.ts'
import { ipAllowList } from './ip-allow-list/ip-allow-list.ts'
import { maintenance } from './maintenance/maintenance.ts'
import { passTLSClientCert } from './pass-tls-client-cert/pass-tls-client-cert.ts'
import { rateLimit } from './rate-limit/rate-limit.ts'
import { redirectRegex } from './redirect-regex/redirect-regex.ts'
import { redirectScheme } from './redirect-scheme/redirect-scheme.ts'
import { replacePath } from './replace-path/replace-path.ts'
import { replacePathRegex } from './replace-path-regex/replace-path-regex.ts'
import { requestRedirect } from './request-redirect/request-redirect.ts'
import { respond } from './respond/respond.ts'
import { retry } from './retry/retry.ts'
import { stripPrefix } from './strip-prefix/strip-prefix.ts'
import { stripPrefixRegex } from './strip-prefix-regex/strip-prefix-regex.ts'
import { URLRewrite } from './url-rewrite/url-rewrite.ts'

/** Run-time halves of the HTTP middlewares by their option's name. */
export const middlewareKinds = {
  addPrefix,
  basicAuth,
  buffering,
  chain,
  circuitBreaker,
  compress,
  contentType,
  digestAuth,
  encodedCharacters,
  errors,
  forwardAuth,
  grpcWeb,
  headers,
  inFlightReq,
  ipAllowList,
  ipWhiteList: ipAllowList,
  maintenance,
  passTLSClientCert,
  rateLimit,
  redirectRegex,
  redirectScheme,
  replacePath,
  replacePathRegex,
  respond,
  retry,
  stripPrefix,
  stripPrefixRegex,
  requestHeaderModifier,
  requestRedirect,
  responseHeaderModifier,
  URLRewrite,
} as const
