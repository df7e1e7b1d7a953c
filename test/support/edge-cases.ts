import { makeCertificate } from './certificates.ts'

/** A request and the answer it must get. */
export interface Exchange {
  /** The scheme by which it comes; absent: by either. */
  readonly scheme?: 'http' | 'https'
  /** Address of the client. */
  readonly client?: string
  /** What the network says of the request beside what it always says. */
  readonly cf?: Readonly<Record<string, unknown>>
  /** Default `/`. */
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly content?: string
  readonly status: number
  /** Fields of the answer; null: there is none. */
  readonly fields?: Readonly<Record<string, string | RegExp | null>>
  /** Whether it is of the server that gave the answer before. */
  readonly isSameServer?: true
  /** What the answer's text has in it; servers tell what they have seen as JSON. */
  readonly text?: string | RegExp
}

/** A configuration that passes `check --target edge`, and how it serves. Servers are URLs without a path. */
export interface EdgeCase {
  readonly name: string
  readonly http: (a: string, b: string) => object
  /** One after the other. */
  readonly exchanges: readonly Exchange[]
}

const balancer = (...urls: string[]) => ({ passHostHeader: false, servers: urls.map((url) => ({ url })) })

const everything = { rule: 'PathPrefix(`/`)', service: 's' }

/** One server behind a rule. */
const routed = (name: string, rule: string, exchanges: readonly Exchange[], options: object = {}): EdgeCase => ({
  name,
  http: (a) => ({ routers: { r: { rule, service: 's', ...options } }, services: { s: { loadBalancer: balancer(a) } } }),
  exchanges,
})

/** One server behind a middleware. */
const behind = (name: string, middleware: object, exchanges: readonly Exchange[]): EdgeCase => ({
  name,
  http: (a) => ({
    routers: { r: { ...everything, middlewares: ['m'] } },
    middlewares: { m: middleware },
    services: { s: { loadBalancer: balancer(a) } },
  }),
  exchanges,
})

/** Both servers as one service. */
const balanced = (name: string, options: object, exchanges: readonly Exchange[]): EdgeCase => ({
  name,
  http: (a, b) => ({
    routers: { r: everything },
    services: { s: { loadBalancer: { ...balancer(a, b), ...options } } },
  }),
  exchanges,
})

/** A service of services: `a` and `b`. */
const composed = (name: string, service: object, exchanges: readonly Exchange[], ofA: object = {}): EdgeCase => ({
  name,
  http: (a, b) => ({
    routers: { r: everything },
    services: { s: service, a: { loadBalancer: { ...balancer(a), ...ofA } }, b: { loadBalancer: balancer(b) } },
  }),
  exchanges,
})

const a = '"name":"a"'
const b = '"name":"b"'
const served: Exchange = { status: 200, text: a }

const certificate = makeCertificate({ subject: [['2.5.4.3', 'client.test']], dns: ['client.test'] }).cert

/** `request.cf.tlsClientAuth` as far as it is read. */
const clientAuth = (certVerified: string, certRevoked = '0') => ({
  certPresented: '1',
  certVerified,
  certRevoked,
  certRFC9440: `:${certificate.replace(/-----[A-Z ]+-----|\s/g, '')}:`,
  certChainRFC9440: '',
})

export const edgeCases: readonly EdgeCase[] = [
  routed('a path prefix', 'PathPrefix(`/shop`)', [
    { path: '/shop/x?q=1', status: 200, text: '"url":"/shop/x?q=1"' },
    { path: '/other', status: 404, text: '404 page not found' },
  ]),
  routed('a host', 'Host(`shop.test`) && !Path(`/no`)', [
    { headers: { Host: 'SHOP.test:8080' }, status: 200, text: a },
    { headers: { Host: 'other.test' }, status: 404 },
    { path: '/no', headers: { Host: 'shop.test' }, status: 404 },
  ]),
  routed('a regular expression for the host', 'HostRegexp(`^[a-z]+\\.shop\\.test$`)', [
    { headers: { Host: 'eu.shop.test' }, status: 200 },
    { headers: { Host: 'eu1.shop.test' }, status: 404 },
  ]),
  routed('a regular expression for the path', 'PathRegexp(`^/(a|ab)(c|bcd)*$`)', [
    { path: '/abcd', status: 200 },
    { path: '/abce', status: 404 },
  ]),
  routed('method, field and query', 'Method(`POST`) && Header(`X-A`, `1`) && Query(`q`, `2`)', [
    { path: '/?q=2', method: 'POST', headers: { 'X-A': '1' }, content: 'hi', status: 200, text: '"body":"hi"' },
    { path: '/?q=2', method: 'POST', headers: { 'X-A': '2' }, content: 'hi', status: 404 },
  ]),
  routed('regular expressions for field and query', 'HeaderRegexp(`X-A`, `^v[0-9]+$`) || QueryRegexp(`q`, `^x+$`)', [
    { headers: { 'X-A': 'v12' }, status: 200 },
    { path: '/?q=xx', status: 200 },
    { path: '/?q=xy', status: 404 },
  ]),
  routed('the client', 'ClientIP(`203.0.113.0/24`)', [
    { client: '203.0.113.7', status: 200, text: '"x-forwarded-for":"203.0.113.7"' },
    { client: '198.51.100.7', status: 404 },
  ]),
  routed('a request by HTTP/3', 'PathPrefix(`/`)', [
    { scheme: 'https', cf: { httpProtocol: 'HTTP/3' }, status: 200, text: a },
  ]),
  routed(
    'a rule of the older syntax',
    'Host(`a.test`, `b.test`) && Path(`/x/{id:[0-9]+}`)',
    [
      { path: '/x/12', headers: { Host: 'b.test' }, status: 200 },
      { path: '/x/y', headers: { Host: 'b.test' }, status: 404 },
    ],
    { ruleSyntax: 'v2' },
  ),
  routed(
    'a router with tls',
    'PathPrefix(`/`)',
    [
      { scheme: 'http', status: 404 },
      { scheme: 'https', status: 200, text: '"x-forwarded-proto":"https"' },
    ],
    { tls: {} },
  ),
  {
    name: 'priorities',
    http: (one, other) => ({
      routers: {
        long: { rule: 'PathPrefix(`/x`) && Method(`GET`)', service: 'a' },
        first: { rule: 'PathPrefix(`/x`)', service: 'b', priority: 1000 },
      },
      services: { a: { loadBalancer: balancer(one) }, b: { loadBalancer: balancer(other) } },
    }),
    exchanges: [{ path: '/x', status: 200, text: b }],
  },
  {
    name: 'child routers',
    http: (one, other) => ({
      routers: {
        parent: { rule: 'PathPrefix(`/`)', middlewares: ['m'] },
        x: { rule: 'Path(`/x`)', service: 'a', parentRefs: ['parent'] },
        y: { rule: 'Path(`/y`)', service: 'b', parentRefs: ['parent'] },
      },
      middlewares: { m: { headers: { customRequestHeaders: { 'X-Parent': 'yes' } } } },
      services: { a: { loadBalancer: balancer(one) }, b: { loadBalancer: balancer(other) } },
    }),
    exchanges: [
      { path: '/x', status: 200, text: /"name":"a".*"x-parent":"yes"/ },
      { path: '/y', status: 200, text: b },
      { path: '/z', status: 404 },
    ],
  },
  {
    name: 'services of the management plane',
    http: () => ({
      routers: {
        ping: { rule: 'Path(`/ping`)', service: 'ping@internal' },
        api: { rule: 'PathPrefix(`/api`)', service: 'api@internal' },
      },
    }),
    exchanges: [
      { path: '/ping', status: 200, text: /^OK$/ },
      { path: '/api/http/routers/ping@file', status: 200, text: '"status":"enabled"' },
    ],
  },
  {
    name: 'what would become of a request',
    http: (one) => ({
      routers: {
        api: { rule: 'PathPrefix(`/api`)', service: 'api@internal' },
        shop: { rule: 'Host(`shop.test`) && PathPrefix(`/cart`)', service: 'a', middlewares: ['strip', 'limit'] },
        bad: { rule: 'Path(`/bad`)', service: 'a', middlewares: ['nosuch'] },
      },
      middlewares: {
        strip: { stripPrefix: { prefixes: ['/cart'] } },
        limit: { rateLimit: { average: 5, burst: 10 } },
      },
      services: { a: { loadBalancer: balancer(one) } },
    }),
    exchanges: [
      {
        path: '/api/explain?url=http://shop.test/cart/1',
        status: 200,
        text: /"router":"shop@file".*"effect":"path \/cart\/1 .* \/1, sets.*"effect":"takes a token.*"chosen":true.*"forwarded":\{/,
      },
      { path: '/api/explain?url=http://shop.test/', status: 200, text: '"answer":{"status":404' },
      { path: '/api/explain?url=nonsense', status: 400 },
      { path: '/api/problems', status: 200, text: /"element":"http.routers.bad"/ },
      { path: '/api/history', status: 200, text: /^\[\]\n$/ },
      { path: '/api/certificates', status: 200, text: /^\[\]\n$/ },
      ...['events', 'support-dump', 'traffic'].map((name): Exchange => ({ path: `/api/${name}`, status: 404 })),
    ],
  },

  balanced('two servers in turn', {}, [{ status: 200, text: /"name":"[ab]"/ }]),
  balanced('the less busy of two', { strategy: 'p2c' }, [{ status: 200, text: /"name":"[ab]"/ }]),
  balanced('the server of an address', { strategy: 'hrw' }, [{ client: '203.0.113.7', status: 200, text: '"name":"' }]),
  balanced('the fastest server', { strategy: 'leasttime' }, [{ status: 200, text: '"name":"' }]),
  balanced('sticky sessions', { sticky: { cookie: { name: 'lb', httpOnly: true } } }, [
    { status: 200, fields: { 'set-cookie': /^lb=[0-9a-f]+; Path=\/; HttpOnly$/ } },
  ]),
  balanced('the server of a field', { sticky: { header: { name: 'X-User' } } }, [
    { headers: { 'X-User': 'joe' }, status: 200 },
    ...Array.from({ length: 3 }, (): Exchange => ({ headers: { 'X-User': 'joe' }, status: 200, isSameServer: true })),
  ]),
  balanced('the server of a client', { sticky: { clientAddress: {} } }, [
    { client: '203.0.113.7', status: 200 },
    ...Array.from({ length: 3 }, (): Exchange => ({ client: '203.0.113.7', status: 200, isSameServer: true })),
  ]),
  balanced('a slow start', { slowStart: '10m' }, [{ status: 200, text: /"name":"[ab]"/ }]),
  balanced('no upgrades', { allowedUpgrades: [] }, [
    {
      headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'x', 'Sec-WebSocket-Version': '13' },
      status: 200,
      text: /^(?!.*upgrade)/s,
    },
  ]),
  balanced('the host of the client', { passHostHeader: true }, [
    { headers: { Host: 'shop.test' }, status: 200, text: '"x-forwarded-host":"shop.test"' },
  ]),
  balanced('slow checks', { healthCheck: { path: '/', interval: '2m' } }, [{ status: 200 }]),
  balanced('passive checks', { passiveHealthCheck: { failureWindow: '10s', maxFailedAttempts: 3 } }, [{ status: 200 }]),
  composed(
    'weights',
    {
      weighted: {
        services: [
          { name: 'a', weight: 2 },
          { name: 'b', weight: 1 },
        ],
      },
    },
    [
      { status: 200, text: a },
      { status: 200, text: b },
      { status: 200, text: a },
    ],
  ),
  composed('another service where one is down', { failover: { service: 'a', fallback: 'b' } }, [served], {
    healthCheck: { path: '/', interval: '2m' },
  }),
  composed('a mirror', { mirroring: { service: 'a', mirrors: [{ name: 'b', percent: 100 }] } }, [
    { method: 'POST', content: 'both', status: 200, text: /"name":"a".*"body":"both"/ },
  ]),
  composed('always the same of two', { highestRandomWeight: { services: [{ name: 'a', weight: 1 }] } }, [served]),
  {
    name: 'a server that does not answer in time',
    http: (one) => ({
      routers: { r: everything },
      services: { s: { loadBalancer: { ...balancer(one), serversTransport: 't' } } },
      serversTransports: { t: { forwardingTimeouts: { responseHeaderTimeout: '100ms' } } },
    }),
    exchanges: [
      { path: '/silent', status: 504, text: 'Gateway Timeout' },
      { path: '/', status: 200 },
    ],
  },

  behind('addPrefix', { addPrefix: { prefix: '/in' } }, [{ path: '/x', status: 200, text: '"url":"/in/x"' }]),
  behind('stripPrefix', { stripPrefix: { prefixes: ['/api'] } }, [
    { path: '/api/x', status: 200, text: /"url":"\/x".*"x-forwarded-prefix":"\/api"/ },
  ]),
  behind('stripPrefixRegex', { stripPrefixRegex: { regex: ['^/v[0-9]+'] } }, [
    { path: '/v12/x', status: 200, text: '"url":"/x"' },
  ]),
  behind('replacePath', { replacePath: { path: '/one' } }, [
    { path: '/x?q=1', status: 200, text: /"url":"\/one\?q=1".*"x-replaced-path":"\/x"/ },
  ]),
  behind('replacePathRegex', { replacePathRegex: { regex: '^/a/(.*)', replacement: '/b/$1' } }, [
    { path: '/a/x', status: 200, text: '"url":"/b/x"' },
  ]),
  behind('redirectScheme', { redirectScheme: { scheme: 'https', permanent: true } }, [
    {
      scheme: 'http',
      path: '/x?q=1',
      headers: { Host: 'a.test' },
      status: 301,
      fields: { location: 'https://a.test/x?q=1' },
    },
    { scheme: 'https', path: '/x?q=1', headers: { Host: 'a.test' }, status: 200 },
  ]),
  behind('redirectRegex', { redirectRegex: { regex: '^https?://a\\.test/(.*)', replacement: 'http://b.test/$1' } }, [
    { path: '/x', headers: { Host: 'a.test' }, status: 302, fields: { location: 'http://b.test/x' } },
    { path: '/x', headers: { Host: 'c.test' }, status: 200 },
  ]),
  behind(
    'headers',
    { headers: { customRequestHeaders: { 'X-In': '1' }, customResponseHeaders: { 'X-Out': '2', 'X-Origin': '' } } },
    [{ status: 200, text: '"x-in":"1"', fields: { 'x-out': '2', 'x-origin': null } }],
  ),
  behind('security headers', { headers: { frameDeny: true, contentTypeNosniff: true } }, [
    { status: 200, fields: { 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' } },
  ]),
  behind(
    'CORS',
    { headers: { accessControlAllowOriginList: ['https://a.test'], accessControlAllowMethods: ['PUT'] } },
    [
      {
        method: 'OPTIONS',
        headers: { Origin: 'https://a.test', 'Access-Control-Request-Method': 'PUT' },
        status: 200,
        fields: { 'access-control-allow-origin': 'https://a.test', 'access-control-allow-methods': 'PUT' },
        text: /^$/,
      },
    ],
  ),
  behind('ipAllowList', { ipAllowList: { sourceRange: ['203.0.113.0/24'] } }, [
    { client: '203.0.113.7', status: 200 },
    { client: '198.51.100.7', status: 403 },
  ]),
  // The password is "secret".
  behind('basicAuth', { basicAuth: { users: ['joe:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='], headerField: 'X-User' } }, [
    { status: 401, fields: { 'www-authenticate': 'Basic realm="traefik"' } },
    { headers: { Authorization: `Basic ${btoa('joe:secret')}` }, status: 200, text: '"x-user":"joe"' },
    { headers: { Authorization: `Basic ${btoa('joe:wrong')}` }, status: 401 },
  ]),
  behind('digestAuth', { digestAuth: { users: ['joe:traefik:a1b2c3d4e5f60718293a4b5c6d7e8f90'] } }, [
    { status: 401, fields: { 'www-authenticate': /^Digest realm="traefik", nonce="/ } },
  ]),
  behind('rateLimit', { rateLimit: { average: 1, period: '1h', burst: 2 } }, [
    served,
    served,
    { status: 429, text: 'Too Many Requests' },
  ]),
  behind('inFlightReq', { inFlightReq: { amount: 1 } }, [served, served]),
  behind('circuitBreaker', { circuitBreaker: { expression: 'ResponseCodeRatio(500, 600, 0, 600) > 0.5' } }, [served]),
  behind('buffering', { buffering: { maxRequestBodyBytes: 4, maxResponseBodyBytes: 100_000 } }, [
    { method: 'POST', content: 'four', status: 200, text: '"body":"four"' },
    { method: 'POST', content: 'fiver', status: 413 },
  ]),
  behind('errors', { errors: { status: ['500-599'], service: 's', query: '/page/{status}' } }, [
    { path: '/status/503', status: 503, text: '"url":"/page/503"' },
  ]),
  behind('retry', { retry: { attempts: 2 } }, [{ method: 'POST', content: 'x', status: 200, text: '"body":"x"' }]),
  behind('a budget of retries', { retry: { attempts: 3, budget: {} } }, [served]),
  behind('compress', { compress: { minResponseBodyBytes: 1 } }, [
    { path: '/text', headers: { 'Accept-Encoding': 'gzip' }, status: 200, fields: { 'content-encoding': 'gzip' } },
    { path: '/text', headers: { 'Accept-Encoding': 'br' }, status: 200, fields: { 'content-encoding': 'br' } },
    { path: '/text', status: 200, fields: { 'content-encoding': null }, text: 'words words' },
  ]),
  behind('contentType', { contentType: {} }, [
    { path: '/untyped', status: 200, fields: { 'content-type': /^text\/html/ } },
  ]),
  behind('encodedCharacters', { encodedCharacters: { allowEncodedSlash: false } }, [
    { path: '/a%2Fb', status: 400 },
    { path: '/a/b', status: 200 },
  ]),
  behind(
    'passTLSClientCert',
    { passTLSClientCert: { pem: true, info: { sans: true, subject: { commonName: true } } } },
    [
      {
        scheme: 'https',
        cf: { tlsClientAuth: clientAuth('SUCCESS') },
        status: 200,
        text: /"x-forwarded-tls-client-cert":"MII[^"]+".*cert-info":"Subject%3D%22CN%3Dclient.test%22%3BSAN%3D%22client.test%22"/,
      },
      ...[
        clientAuth('FAILED:self signed certificate'),
        clientAuth('NONE'),
        clientAuth('SUCCESS', '1'),
        'odd',
        { ...clientAuth('SUCCESS'), certRFC9440: 5 },
        { ...clientAuth('SUCCESS'), certRFC9440: ':%%%:' },
        { ...clientAuth('SUCCESS'), certRFC9440: `${clientAuth('SUCCESS').certRFC9440.slice(0, 101)}:` },
        { ...clientAuth('SUCCESS'), certRFC9440: ':AAA:' },
      ].map(
        (tlsClientAuth): Exchange => ({
          scheme: 'https',
          cf: { tlsClientAuth },
          // What a client says in its place never gets there.
          headers: { 'X-Forwarded-Tls-Client-Cert': 'forged' },
          status: 200,
          text: /^(?!.*tls-client-cert)/s,
        }),
      ),
      { scheme: 'http', cf: { tlsClientAuth: clientAuth('SUCCESS') }, status: 200, text: /^(?!.*tls-client-cert)/s },
    ],
  ),
  behind('respond', { respond: { status: 410, body: 'gone for good' } }, [{ status: 410, text: /^gone for good$/ }]),
  behind('maintenance', { maintenance: { retryAfter: '2m' } }, [{ status: 503, fields: { 'retry-after': '120' } }]),
  {
    name: 'a chain',
    http: (one) => ({
      routers: { r: { ...everything, middlewares: ['both'] } },
      middlewares: {
        both: { chain: { middlewares: ['strip', 'add'] } },
        strip: { stripPrefix: { prefixes: ['/x'] } },
        add: { addPrefix: { prefix: '/y' } },
      },
      services: { s: { loadBalancer: balancer(one) } },
    }),
    exchanges: [{ path: '/x/z', status: 200, text: '"url":"/y/z"' }],
  },
  {
    name: 'forwardAuth',
    http: (one, other) => ({
      routers: { r: { ...everything, middlewares: ['m'] } },
      middlewares: { m: { forwardAuth: { address: `${other}/status/200`, authResponseHeaders: ['X-Origin'] } } },
      services: { s: { loadBalancer: balancer(one) } },
    }),
    exchanges: [{ status: 200, text: /"name":"a".*"x-origin":"b"/ }],
  },
  {
    name: 'forwardAuth that refuses',
    http: (one, other) => ({
      routers: { r: { ...everything, middlewares: ['m'] } },
      middlewares: { m: { forwardAuth: { address: `${other}/status/403` } } },
      services: { s: { loadBalancer: balancer(one) } },
    }),
    exchanges: [{ status: 403 }],
  },
]
