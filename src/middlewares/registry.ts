import { addPrefix } from './add-prefix.ts'
import { basicAuth } from './basic-auth.ts'
import { buffering } from './buffering.ts'
import { chain } from './chain.ts'
import { circuitBreaker } from './circuit-breaker.ts'
import { compress } from './compress.ts'
import { contentType } from './content-type.ts'
import { digestAuth } from './digest-auth.ts'
import { encodedCharacters } from './encoded-characters.ts'
import { errors } from './errors.ts'
import { forwardAuth } from './forward-auth.ts'
import { grpcWeb } from './grpc-web.ts'
import { requestHeaderModifier, responseHeaderModifier } from './header-modifier.ts'
import { headers } from './headers.ts'
import { inFlightReq } from './in-flight-req.ts'
import { ipAllowList } from './ip-allow-list.ts'
import { maintenance } from './maintenance.ts'
import { passTLSClientCert } from './pass-tls-client-cert.ts'
import { rateLimit } from './rate-limit.ts'
import { redirectRegex } from './redirect-regex.ts'
import { redirectScheme } from './redirect-scheme.ts'
import { replacePath } from './replace-path.ts'
import { replacePathRegex } from './replace-path-regex.ts'
import { requestRedirect } from './request-redirect.ts'
import { respond } from './respond.ts'
import { retry } from './retry.ts'
import { stripPrefix } from './strip-prefix.ts'
import { stripPrefixRegex } from './strip-prefix-regex.ts'
import { URLRewrite } from './url-rewrite.ts'

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
