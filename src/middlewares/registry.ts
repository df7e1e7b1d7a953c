import type { MiddlewareKind } from '../contracts/kinds.ts'

/**
 * Run-time halves of the HTTP middlewares by their option's name: the one list of them for every runtime. Each is a
 * module of its own, loaded by plans that name it, so that what starts stays small however many kinds there are.
 */
export const middlewareKinds = {
  addPrefix: async () => (await import('./add-prefix/add-prefix.ts')).addPrefix,
  basicAuth: async () => (await import('./basic-auth/basic-auth.ts')).basicAuth,
  buffering: async () => (await import('./buffering/buffering.ts')).buffering,
  chain: async () => (await import('./chain/chain.ts')).chain,
  circuitBreaker: async () => (await import('./circuit-breaker/circuit-breaker.ts')).circuitBreaker,
  compress: async () => (await import('./compress/compress.ts')).compress,
  contentType: async () => (await import('./content-type/content-type.ts')).contentType,
  digestAuth: async () => (await import('./digest-auth/digest-auth.ts')).digestAuth,
  encodedCharacters: async () => (await import('./encoded-characters/encoded-characters.ts')).encodedCharacters,
  errors: async () => (await import('./errors/errors.ts')).errors,
  forwardAuth: async () => (await import('./forward-auth/forward-auth.ts')).forwardAuth,
  grpcWeb: async () => (await import('./grpc-web/grpc-web.ts')).grpcWeb,
  headers: async () => (await import('./headers/headers.ts')).headers,
  inFlightReq: async () => (await import('./in-flight-req/in-flight-req.ts')).inFlightReq,
  ipAllowList: async () => (await import('./ip-allow-list/ip-allow-list.ts')).ipAllowList,
  ipWhiteList: async () => (await import('./ip-allow-list/ip-allow-list.ts')).ipAllowList,
  maintenance: async () => (await import('./maintenance/maintenance.ts')).maintenance,
  passTLSClientCert: async () => (await import('./pass-tls-client-cert/pass-tls-client-cert.ts')).passTLSClientCert,
  rateLimit: async () => (await import('./rate-limit/rate-limit.ts')).rateLimit,
  redirectRegex: async () => (await import('./redirect-regex/redirect-regex.ts')).redirectRegex,
  redirectScheme: async () => (await import('./redirect-scheme/redirect-scheme.ts')).redirectScheme,
  replacePath: async () => (await import('./replace-path/replace-path.ts')).replacePath,
  replacePathRegex: async () => (await import('./replace-path-regex/replace-path-regex.ts')).replacePathRegex,
  respond: async () => (await import('./respond/respond.ts')).respond,
  retry: async () => (await import('./retry/retry.ts')).retry,
  stripPrefix: async () => (await import('./strip-prefix/strip-prefix.ts')).stripPrefix,
  stripPrefixRegex: async () => (await import('./strip-prefix-regex/strip-prefix-regex.ts')).stripPrefixRegex,
  cors: async () => (await import('./cors/cors.ts')).cors,
  requestHeaderModifier: async () => (await import('./header-modifier/header-modifier.ts')).requestHeaderModifier,
  requestRedirect: async () => (await import('./request-redirect/request-redirect.ts')).requestRedirect,
  responseHeaderModifier: async () => (await import('./header-modifier/header-modifier.ts')).responseHeaderModifier,
  URLRewrite: async () => (await import('./url-rewrite/url-rewrite.ts')).URLRewrite,
  appRoot: async () => (await import('./app-root/app-root.ts')).appRoot,
  authTLSPassCertificateToUpstream: async () =>
    (await import('./auth-tls-pass-certificate/auth-tls-pass-certificate.ts')).authTLSPassCertificateToUpstream,
  rewriteTarget: async () => (await import('./rewrite-target/rewrite-target.ts')).rewriteTarget,
  snippet: async () => (await import('./snippet/snippet.ts')).snippet,
  upstreamVHost: async () => (await import('./upstream-vhost/upstream-vhost.ts')).upstreamVHost,
} as const satisfies Record<string, () => Promise<MiddlewareKind<never>>>
