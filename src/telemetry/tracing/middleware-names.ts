/**
 * What spans of middlewares are called, by option: the names of Traefik's types (`GetTracingInformation`). A middleware
 * that is missing has no span: `chain` is its middlewares, `retry` has one for each try, of `redirectScheme` the type has no
 * name.
 */
const NAMES: Readonly<Record<string, string>> = {
  addPrefix: 'AddPrefix',
  appRoot: 'AppRoot',
  authTLSPassCertificateToUpstream: 'AuthTLSPassCertificateToUpstream',
  basicAuth: 'BasicAuth',
  buffering: 'Buffer',
  circuitBreaker: 'CircuitBreaker',
  compress: 'Compress',
  digestAuth: 'digestAuth',
  encodedCharacters: 'EncodedCharacters',
  errors: 'CustomError',
  forwardAuth: 'ForwardAuth',
  headers: 'Headers',
  inFlightReq: 'InFlightReq',
  ipAllowList: 'IPAllowLister',
  ipWhiteList: 'IPWhiteLister',
  maintenance: 'Maintenance',
  passTLSClientCert: 'PassClientTLSCert',
  plugin: 'Plugin',
  rateLimit: 'RateLimiter',
  redirectRegex: 'Redirect',
  replacePath: 'ReplacePath',
  replacePathRegex: 'ReplacePathRegex',
  requestHeaderModifier: 'RequestHeaderModifier',
  cors: 'CORS',
  requestRedirect: 'RequestRedirect',
  respond: 'Respond',
  responseHeaderModifier: 'ResponseHeaderModifier',
  rewriteTarget: 'RewriteTarget',
  snippet: 'Snippet',
  stripPrefix: 'StripPrefix',
  stripPrefixRegex: 'StripPrefixRegex',
  upstreamVHost: 'UpstreamVHost',
  URLRewrite: 'URLRewrite',
}

/** Null: it has no span. Middlewares of the program that a proxy runs in are plug-ins. */
export function spanNameOf(kind: string): string | null {
  if (kind.endsWith('@program')) return NAMES.plugin!
  return Object.hasOwn(NAMES, kind) ? NAMES[kind]! : null
}
