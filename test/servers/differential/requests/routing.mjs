// Random routing configurations: rules, middlewares, services, with names and values that the random requests meet.

const HOSTS = ['a.test', 'b.test', 'sub.a.test', 'x.y.a.test', 'A.test', '127.0.0.1']
const PATHS = ['/', '/p', '/p/', '/p/1', '/q', '/a%20b', '/é', '/p.html', '/api/v1', '/P']
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PURGE', 'get']
const FIELDS = ['X-K', 'x-k', 'X-Other', 'Host', 'Accept', 'Cookie', 'X-Forwarded-For', 'Content-Type']
const VALUES = ['v', 'w', '', 'a b', 'v,w', 'V']
const NETWORKS = ['127.0.0.0/8', '127.0.0.1', '10.0.0.0/8', '10.1.1.1', '::1', '0.0.0.0/0']
const EXPRESSIONS = ['^/p', '/p$', '^/(p|q)/?$', '[0-9]+', '(?i)^/P', '^/api/(.*)', '.*', '^/p/([0-9]+)/?(.*)$', '']

const quoted = (random, text) => (random.chance(0.85) || text.includes('"') ? `\`${text}\`` : JSON.stringify(text))

function matcher(random) {
  const one = (list) => quoted(random, random.pick(list))
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
      return `Host(${one(HOSTS)})`
    case 3:
      return `HostRegexp(${one(['^[a-z]+\\.a\\.test$', '^.+\\.test$', 'A', '^(a|b)\\.test$', 'sub'])})`
    case 4:
      return `Path(${one(PATHS)})`
    case 5:
    case 6:
    case 7:
      return `PathPrefix(${one(PATHS)})`
    case 8:
      return `PathRegexp(${one(EXPRESSIONS)})`
    case 9:
      return `Method(${one(METHODS)})`
    case 10:
      return `Header(${one(FIELDS)}, ${one(VALUES)})`
    case 11:
      return `HeaderRegexp(${one(FIELDS)}, ${one(['^v', 'v$', '.', '^$', 'w|v'])})`
    case 12:
      return random.chance(0.3)
        ? `ClientIP(${one(NETWORKS)})`
        : `Query(${one(['k', 'l', 'K', ''])}${random.chance(0.7) ? `, ${one(VALUES)}` : ''})`
    default:
      return `QueryRegexp(${one(['k', 'l'])}, ${one(['^v', '.', '^$', ' '])})`
  }
}

function oldMatcher(random) {
  const one = (list) => quoted(random, random.pick(list))
  const several = (list) => Array.from({ length: 1 + random.below(2) }, () => one(list)).join(', ')
  switch (random.below(8)) {
    case 0:
    case 1:
      return `Host(${several(HOSTS)})`
    case 2:
      return `HostRegexp(${several(['{sub:[a-z]+}.a.test', '{any:.+}', 'a.test', '{x}.test'])})`
    case 3:
      return `Path(${several(['/p', '/p/{id:[0-9]+}', '/{any}', '/p/', '/a%20b'])})`
    case 4:
      return `PathPrefix(${several(['/p', '/p/{id:[0-9]+}', '/', '/{a:p|q}'])})`
    case 5:
      return `Method(${several(METHODS)})`
    case 6:
      return `Headers${random.pick(['', 'Regexp'])}(${one(FIELDS)}, ${one(VALUES)})`
    default:
      return `Query(${several(['k=v', 'k=', 'k', 'l=w'])})`
  }
}

function rule(random, one, depth = 0) {
  const not = random.chance(0.12) ? '!' : ''
  if (depth > 2 || random.chance(0.45)) return `${not}${one(random)}`
  const operator = random.pick(['&&', '&&', '||'])
  const both = `${rule(random, one, depth + 1)} ${operator} ${rule(random, one, depth + 1)}`
  return depth > 0 || not !== '' || random.chance(0.2) ? `${not}(${both})` : both
}

const status = (random) => random.pick([['404'], ['500-599'], ['400-403', '500'], ['200'], ['418']])
/** user:password, in the notations of htpasswd. */
const USERS = [
  'user:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/',
  'user:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
  'other:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/',
]

/** Name of a kind to its options. */
const KINDS = {
  addPrefix: (r) => ({ prefix: r.pick(['/x', '/x/', 'x', '/é', '/a%20b', '/']) }),
  stripPrefix: (r) => ({
    prefixes: r.pick([['/p'], ['/p/', '/q'], ['/'], ['p'], ['/a%20b', '/a b'], ['/é'], ['/p', '/p/1']]),
    ...(r.chance(0.2) ? { forceSlash: r.chance(0.5) } : {}),
  }),
  stripPrefixRegex: (r) => ({ regex: r.pick([['/p'], ['^/[a-z]'], ['/[0-9]+'], ['/.*/'], ['p/']]) }),
  replacePath: (r) => ({ path: r.pick(['/new', '/new/é', '/n?k=z', '/a%20b', '/a b', '/']) }),
  replacePathRegex: (r) => ({
    regex: r.pick(['^/p/?(.*)', '(.*)', '/([0-9]+)', '^/(?P<n>p|q)', 'p']),
    replacement: r.pick(['/n/$1', `/n/\${1}x`, `/\${n}/y`, '/n?z=$1', '/$$/$2', '/n%20m']),
  }),
  redirectRegex: (r) => ({
    regex: r.pick(['^http://a\\.test/(.*)', '^https?://([^/]+)/p(.*)', '(.*)', 'test(:[0-9]+)?/', '^http://(.+)/$']),
    replacement: r.pick(['https://b.test/$1', `http://\${1}/n$2`, '/local/$1', 'https://a.test', '//b.test/$1', '$1x']),
    ...(r.chance(0.4) ? { permanent: r.chance(0.6) } : {}),
  }),
  redirectScheme: (r) => ({
    scheme: r.pick(['https', 'http', 'HTTPS', 'ws']),
    ...(r.chance(0.4) ? { port: r.pick(['443', '80', '8443', '']) } : {}),
    ...(r.chance(0.4) ? { permanent: r.chance(0.6) } : {}),
  }),
  headers: (r) => headers(r),
  basicAuth: (r) => ({
    users: r.some(USERS, 0.7),
    ...(r.chance(0.3) ? { realm: r.pick(['r', 'a "b"', '']) } : {}),
    ...(r.chance(0.3) ? { removeHeader: r.chance(0.6) } : {}),
    ...(r.chance(0.3) ? { headerField: r.pick(['X-User', 'x-user']) } : {}),
  }),
  ipAllowList: (r) => ({
    sourceRange: r.some(NETWORKS, 0.4),
    ...(r.chance(0.4)
      ? {
          ipStrategy: r.pick([
            { depth: 1 },
            { depth: 2 },
            { excludedIPs: ['10.1.1.1'] },
            { depth: 0 },
            { ipv6Subnet: 64 },
          ]),
        }
      : {}),
    ...(r.chance(0.3) ? { rejectStatusCode: r.pick([404, 403, 429, 503]) } : {}),
  }),
  buffering: (r) => ({
    maxRequestBodyBytes: r.pick([0, 3, 1000]),
    ...(r.chance(0.5) ? { maxResponseBodyBytes: r.pick([0, 20, 100_000]) } : {}),
    ...(r.chance(0.3) ? { memRequestBodyBytes: 2 } : {}),
    ...(r.chance(0.3) ? { retryExpression: r.pick(['IsNetworkError() && Attempts() < 2', 'Attempts() < 2']) } : {}),
  }),
  compress: (r) => ({
    ...(r.chance(0.4) ? { minResponseBodyBytes: r.pick([1, 10, 5000]) } : {}),
    ...(r.chance(0.3) ? { excludedContentTypes: r.pick([['text/html'], ['application/json']]) } : {}),
    ...(r.chance(0.2) ? { includedContentTypes: ['text/plain', 'application/json'] } : {}),
    ...(r.chance(0.4)
      ? { encodings: r.pick([['gzip'], ['br', 'gzip'], ['zstd', 'gzip'], ['gzip', 'br', 'zstd']]) }
      : {}),
    ...(r.chance(0.3) ? { defaultEncoding: r.pick(['gzip', 'br']) } : {}),
  }),
  contentType: (r) => (r.chance(0.5) ? {} : { autoDetect: r.chance(0.5) }),
  errors: (r) => ({
    status: status(r),
    service: r.pick(['pages', 'pages', 's0']),
    query: r.pick(['/{status}.html', '/e?s={status}&u={url}', '{status}', '/{originalStatus}/é', '/']),
    ...(r.chance(0.3) ? { statusRewrites: r.pick([{ 404: 200 }, { '500-599': 502, 418: 400 }]) } : {}),
  }),
  forwardAuth: (r, ports) => ({
    address: `http://127.0.0.1:${ports.auth}${r.pick(['/', '/deny', '/x?y=z', '/redirect'])}`,
    ...(r.chance(0.3) ? { trustForwardHeader: r.chance(0.5) } : {}),
    ...(r.chance(0.4)
      ? { authResponseHeaders: r.pick([['X-User'], ['x-user', 'X-Absent'], ['X-Forwarded-User']]) }
      : {}),
    ...(r.chance(0.3) ? { authResponseHeadersRegex: r.pick(['^X-', 'User$', '(?i)x-']) } : {}),
    ...(r.chance(0.3) ? { authRequestHeaders: r.pick([['X-K'], ['Accept', 'Cookie'], ['x-forwarded-for']]) } : {}),
    ...(r.chance(0.3) ? { addAuthCookiesToResponse: r.pick([['sid'], ['other']]) } : {}),
    ...(r.chance(0.3) ? { headerField: 'X-Auth-User' } : {}),
    ...(r.chance(0.3) ? { forwardBody: true } : {}),
    ...(r.chance(0.2) ? { maxBodySize: r.pick([-1, 3, 100]) } : {}),
    ...(r.chance(0.2) ? { preserveLocationHeader: r.chance(0.5) } : {}),
    ...(r.chance(0.2) ? { preserveRequestMethod: r.chance(0.5) } : {}),
  }),
  inFlightReq: (r) => ({ amount: r.pick([10, 100]), ...source(r) }),
  rateLimit: (r) => ({ average: 10_000, burst: 10_000, ...source(r) }),
  retry: (r) => ({ attempts: r.pick([1, 2, 3]), ...(r.chance(0.3) ? { initialInterval: '10ms' } : {}) }),
  circuitBreaker: () => ({ expression: 'NetworkErrorRatio() > 2' }),
  grpcWeb: (r) => ({ allowOrigins: r.pick([['*'], ['https://o.test']]) }),
  passTLSClientCert: () => ({ pem: true }),
  ipWhiteList: (r) => ({ sourceRange: r.some(NETWORKS, 0.6) }),
  encodedCharacters: (r) => ({
    allowEncodedSlash: r.chance(0.5),
    allowEncodedPercent: r.chance(0.5),
    ...(r.chance(0.3) ? { allowEncodedQuestionMark: true, allowEncodedHash: true } : {}),
  }),
}

const source = (r) =>
  r.chance(0.4)
    ? { sourceCriterion: r.pick([{ requestHost: true }, { requestHeaderName: 'X-K' }, { ipStrategy: { depth: 1 } }]) }
    : {}

function headers(r) {
  const options = {}
  if (r.chance(0.5))
    options.customRequestHeaders = r.pick([
      { 'X-K': 'set' },
      { 'x-new': 'a, b', 'X-K': '' },
      { Host: 'set.test' },
      { 'X-Forwarded-Proto': 'https', Accept: '' },
      { 'X-Forwarded-For': '' },
      { 'User-Agent': '' },
      { Cookie: 'c=1' },
    ])
  if (r.chance(0.5))
    options.customResponseHeaders = r.pick([
      { 'X-R': 'set' },
      { 'x-r': '', Server: '' },
      { 'Content-Type': 'text/x' },
      { 'Set-Cookie': 'z=1' },
      { Location: '/elsewhere' },
      { Vary: 'X-R' },
    ])
  if (r.chance(0.35)) {
    options.accessControlAllowOriginList = r.pick([['https://o.test'], ['*'], ['https://o.test', 'https://p.test'], []])
    if (r.chance(0.3)) options.accessControlAllowOriginListRegex = r.pick([['^https://.*\\.test$'], ['o.test']])
    if (r.chance(0.5)) options.accessControlAllowMethods = r.pick([['GET', 'PUT'], ['*']])
    if (r.chance(0.5)) options.accessControlAllowHeaders = r.pick([['*'], ['X-K', 'x-other']])
    if (r.chance(0.3)) options.accessControlAllowCredentials = r.chance(0.7)
    if (r.chance(0.3)) options.accessControlExposeHeaders = ['X-R', 'x-s']
    if (r.chance(0.3)) options.accessControlMaxAge = r.pick([0, 5, -1])
    if (r.chance(0.4)) options.addVaryHeader = r.chance(0.7)
  }
  if (r.chance(0.3)) {
    if (r.chance(0.4)) options.stsSeconds = r.pick([0, 31536000])
    if (r.chance(0.3)) options.stsIncludeSubdomains = true
    if (r.chance(0.3)) options.stsPreload = true
    if (r.chance(0.3)) options.forceSTSHeader = r.chance(0.7)
    if (r.chance(0.3)) options.frameDeny = r.chance(0.7)
    if (r.chance(0.3)) options.customFrameOptionsValue = r.pick(['SAMEORIGIN', ''])
    if (r.chance(0.3)) options.contentTypeNosniff = r.chance(0.7)
    if (r.chance(0.3)) options.browserXssFilter = r.chance(0.7)
    if (r.chance(0.2)) options.customBrowserXSSValue = '1; report=x'
    if (r.chance(0.3)) options.contentSecurityPolicy = "default-src 'self'"
    if (r.chance(0.2)) options.contentSecurityPolicyReportOnly = 'default-src *'
    if (r.chance(0.3)) options.referrerPolicy = 'no-referrer'
    if (r.chance(0.3)) options.permissionsPolicy = 'camera=()'
    if (r.chance(0.2)) options.isDevelopment = r.chance(0.5)
  }
  if (r.chance(0.2)) {
    options.allowedHosts = r.pick([['a.test'], ['A.test', 'b.test'], ['x.test']])
    if (r.chance(0.5)) options.hostsProxyHeaders = ['X-Forwarded-Host']
  }
  if (r.chance(0.15)) {
    options.sslProxyHeaders = { 'X-Forwarded-Proto': 'https' }
    if (r.chance(0.5)) options.sslRedirect = true
    if (r.chance(0.3)) options.sslHost = 'secure.test'
    if (r.chance(0.3)) options.sslForceHost = true
  }
  return Object.keys(options).length === 0 ? { frameDeny: true } : options
}

/** The kinds of middlewares that occur. */
export const kinds = Object.keys(KINDS)

/**
 * A configuration of HTTP.
 * @param {import('../random.mjs').Random} random
 * @param {Record<string, number>} ports of the servers
 */
export function routing(random, ports) {
  const middlewares = {}
  for (let i = 0; i < 6; i++) {
    const kind = random.pick(kinds)
    middlewares[`m${i}`] = { [kind]: KINDS[kind](random, ports) }
  }
  middlewares.chain = { chain: { middlewares: random.some(Object.keys(middlewares), 0.3) } }
  const names = Object.keys(middlewares)
  const routers = {}
  const count = 1 + random.below(10)
  const priorities = new Set()
  for (let i = 0; i < count; i++) {
    const isOld = random.chance(0.1)
    const text = rule(random, isOld ? oldMatcher : matcher)
    const priority = random.chance(0.3) ? random.pick([1, 2, 50, 1000, -1, -5]) : 0
    // Of several with one priority Traefik takes any.
    const effective = priority === 0 ? text.length : priority
    if (priorities.has(effective)) continue
    priorities.add(effective)
    routers[`r${i}`] = {
      entryPoints: random.pick([['front', 'secure'], ['front', 'trusting'], ['secure', 'trusting'], ['trusting']]),
      rule: text,
      service: random.pick(Object.keys(SERVICES)),
      ...(isOld ? { ruleSyntax: 'v2' } : {}),
      ...(priority === 0 ? {} : { priority }),
      middlewares: someMiddlewares(random, names),
    }
    if (random.chance(0.15)) giveChildren(random, routers, `r${i}`, names)
  }
  const services = Object.fromEntries(Object.entries(SERVICES).map(([name, service]) => [name, service(random, ports)]))
  return { http: { routers, middlewares, services } }
}

const someMiddlewares = (random, names) =>
  random.chance(0.75) ? Array.from({ length: 1 + random.below(2) }, () => random.pick(names)) : []

/** Makes a router one that hands on to others: those decide once it has matched, and see what its middlewares made. */
function giveChildren(random, routers, name, names) {
  delete routers[name].service
  const lengths = new Set()
  for (let i = 0; i <= random.below(3); i++) {
    const text = rule(random, matcher, 1)
    if (lengths.has(text.length)) continue
    lengths.add(text.length)
    routers[`${name}-${i}`] = {
      parentRefs: [name],
      rule: text,
      service: random.pick(Object.keys(SERVICES)),
      middlewares: someMiddlewares(random, names),
    }
  }
}

/**
 * Options of an entry point.
 * @param {import('../random.mjs').Random} random
 */
export function entryPointFlags(random) {
  const encoded = ['Slash', 'BackSlash', 'NullCharacter', 'Semicolon', 'Percent', 'QuestionMark', 'Hash']
  return random.some(
    [
      'http.encodeQuerySemicolons=true',
      'http.sanitizePath=false',
      `http.redirections.entryPoint.to=${random.pick([':8443', ':443'])}`,
      `http.aliasHeadersStrategy=${random.pick(['keep', 'delete', 'reject'])}`,
      'http.middlewares=m0@file',
      `forwardedHeaders.connection=${random.pick(['X-K', 'x-other', 'X-Forwarded-For'])}`,
      'forwardedHeaders.notAppendXForwardedFor=true',
      'http.maxHeaderBytes=8192',
      ...encoded.map((name) => `http.encodedCharacters.allowEncoded${name}=${random.chance(0.5)}`),
    ],
    0.22,
  )
}

const SERVICES = {
  s0: (_, { main }) => balanced(main),
  s1: (r, { main }) => balanced(main, { passHostHeader: r.chance(0.4) }),
  sticky: (r, { main }) =>
    balanced(main, {
      sticky: {
        cookie: {
          name: 'lb',
          ...(r.chance(0.3) ? { secure: true } : {}),
          ...(r.chance(0.3) ? { httpOnly: true } : {}),
          ...(r.chance(0.3) ? { sameSite: r.pick(['none', 'lax', 'strict']) } : {}),
          ...(r.chance(0.3) ? { maxAge: r.pick([0, 60, -1]) } : {}),
          ...(r.chance(0.3) ? { path: '/p' } : {}),
          ...(r.chance(0.3) ? { domain: 'a.test' } : {}),
        },
      },
    }),
  pages: (_, { pages }) => balanced(pages),
  deep: (r, { main }) => ({
    loadBalancer: { servers: [{ url: `http://127.0.0.1:${main}${r.pick(['/base', '/base/', '/', '/b%20c'])}` }] },
  }),
  gone: (_, { gone }) => balanced(gone),
  empty: () => ({ loadBalancer: { servers: [] } }),
  weighted: (r) => ({
    weighted: {
      services: [
        { name: 's0', weight: r.pick([1, 3]) },
        { name: 'deep', weight: 0 },
      ],
      ...(r.chance(0.3) ? { sticky: { cookie: { name: 'w' } } } : {}),
    },
  }),
  failover: () => ({ failover: { service: 's0', fallback: 'pages' } }),
  mirroring: () => ({ mirroring: { service: 's0', mirrors: [] } }),
}

const balanced = (port, more = {}) => ({
  loadBalancer: { servers: [{ url: `http://127.0.0.1:${port}` }], ...more },
})
