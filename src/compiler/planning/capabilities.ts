/** One table, a line a feature: what works where. It is read as a whole, by people and by `check`. */

/** Whether something works on a runtime: as in Traefik, with a difference, not yet, or never (with the reason). */
export type Support =
  | { readonly state: 'yes' }
  | { readonly state: 'adapted'; readonly how: string }
  | { readonly state: 'later' }
  | { readonly state: 'never'; readonly why: string }

export interface Capability {
  readonly area: string
  readonly feature: string
  readonly node: Support
  readonly edge: Support
}

const yes: Support = { state: 'yes' }
const later: Support = { state: 'later' }
const adapted = (how: string): Support => ({ state: 'adapted', how })
const never = (why: string): Support => ({ state: 'never', why })

const noSockets = never('Workers take no raw connections')
const platformTls = never('the platform ends TLS')

/**
 * What works where: the one table behind the README, `signalbox check --target edge` and the report.
 * Keys are stable; portability diagnostics name them.
 */
export const capabilities = {
  http1: {
    area: 'Entry points',
    feature: 'HTTP/1.1, keep-alive, pipelining, WebSocket',
    node: yes,
    edge: adapted('by the platform'),
  },
  entryPointOptions: {
    area: 'Entry points',
    feature: 'Forwarded headers, redirections, default middlewares, path sanitising, encoded characters',
    node: yes,
    edge: adapted('of the entry points that `edge.entryPoints` names for http and https'),
  },
  schemes: {
    area: 'Entry points',
    feature: '`edge.entryPoints`: which of them answer http, and which https',
    node: never('connections say it'),
    edge: yes,
  },
  entryPointTimeouts: {
    area: 'Entry points',
    feature: 'Timeouts, header limits, graceful stop',
    node: yes,
    edge: never('limits of the platform'),
  },
  tls: { area: 'Entry points', feature: 'TLS, HTTP/2', node: yes, edge: adapted('by the platform') },
  http3: {
    area: 'Entry points',
    feature: 'HTTP/3',
    node: never('Node has no QUIC server'),
    edge: adapted('by the platform'),
  },
  proxyProtocol: { area: 'Entry points', feature: 'PROXY protocol', node: yes, edge: noSockets },
  tcp: { area: 'Entry points', feature: 'TCP and UDP routers', node: yes, edge: noSockets },
  rules: {
    area: 'Routing',
    feature: 'Rules v3 and v2, every HTTP matcher, priorities, child routers',
    node: yes,
    edge: yes,
  },
  tlsRouters: {
    area: 'Routing',
    feature: 'Routers with `tls`',
    node: yes,
    edge: adapted('for requests by https, which others answer too'),
  },
  routerTimeouts: { area: 'Routing', feature: 'Time limits of routers (`timeouts`)', node: yes, edge: yes },
  regexps: { area: 'Routing', feature: "Go's regular expressions in linear time", node: yes, edge: yes },
  loadBalancer: { area: 'Services', feature: 'Weighted round robin', node: yes, edge: adapted('rotation per isolate') },
  otherStrategies: {
    area: 'Services',
    feature: 'p2c, hrw, leasttime',
    node: yes,
    edge: adapted('load and speed known per isolate; hrw by CF-Connecting-IP'),
  },
  sticky: { area: 'Services', feature: 'Sticky cookies', node: yes, edge: yes },
  healthChecks: {
    area: 'Services',
    feature: 'Active health checks',
    node: yes,
    edge: adapted(
      "from the scheduled handler, once a minute; from a Durable Object's alarm, every few seconds, where SIGNALBOX_STATE is bound",
    ),
  },
  grpcHealthChecks: {
    area: 'Services',
    feature: 'Active health checks by gRPC',
    node: yes,
    edge: never('`fetch` gives no HTTP/2 to speak gRPC over: servers count as up'),
  },
  passiveHealth: { area: 'Services', feature: 'Passive health checks', node: yes, edge: adapted('per isolate') },
  drain: {
    area: 'Services',
    feature: 'Draining servers by command',
    node: yes,
    edge: adapted('by a flag in KV; HTTP services'),
  },
  slowStart: { area: 'Services', feature: '`slowStart`', node: yes, edge: adapted('per isolate') },
  healthLimits: { area: 'Services', feature: '`fails`, `passes`, `maxEjectionPercent`', node: yes, edge: yes },
  stickyHash: {
    area: 'Services',
    feature: '`sticky.header`, `sticky.clientAddress`',
    node: yes,
    edge: adapted('address by CF-Connecting-IP'),
  },
  allowedUpgrades: { area: 'Services', feature: '`allowedUpgrades`', node: yes, edge: yes },
  weighted: { area: 'Services', feature: 'Weighted services', node: yes, edge: adapted('rotation per isolate') },
  otherServices: {
    area: 'Services',
    feature: 'Mirroring, failover, highest random weight',
    node: yes,
    edge: adapted('shares per isolate; mirrored within the time of `waitUntil`'),
  },
  passHostHeader: {
    area: 'Services',
    feature: '`passHostHeader`',
    node: yes,
    edge: adapted("Workers send the URL's host; the client's is in X-Forwarded-Host"),
  },
  streaming: {
    area: 'Services',
    feature: 'Streaming, server-sent events, bodies on any method',
    node: yes,
    edge: adapted('no body on GET'),
  },
  trailers: {
    area: 'Services',
    feature: '1xx answers and trailers',
    node: yes,
    edge: never('the platform drops them'),
  },
  upstreamTls: { area: 'Services', feature: 'HTTPS to servers: root CAs, server name', node: yes, edge: platformTls },
  h2Upstream: {
    area: 'Services',
    feature: 'HTTP/2 to servers, h2c',
    node: yes,
    edge: never('`fetch` chooses the protocol; no h2c'),
  },
  clientCertificates: {
    area: 'Services',
    feature: 'Client certificates to servers',
    node: yes,
    edge: never('only by an mTLS binding'),
  },
  upstreamTimeouts: {
    area: 'Services',
    feature: 'Timeouts and idle connections to servers',
    node: yes,
    edge: adapted('`responseHeaderTimeout` only'),
  },
  outboundProxy: {
    area: 'Services',
    feature: 'Servers behind `HTTP_PROXY`; connections that NTLM or Negotiate authenticate',
    node: yes,
    edge: never('connections are the platform’s'),
  },
  ipServers: {
    area: 'Services',
    feature: 'Servers given as an IP address',
    node: yes,
    edge: never('Workers refuse them in production'),
  },
  pathMiddlewares: {
    area: 'Middlewares',
    feature: 'addPrefix, stripPrefix, stripPrefixRegex, replacePath, replacePathRegex',
    node: yes,
    edge: yes,
  },
  redirects: { area: 'Middlewares', feature: 'redirectScheme, redirectRegex', node: yes, edge: yes },
  headers: { area: 'Middlewares', feature: 'headers (custom, CORS, security)', node: yes, edge: yes },
  chain: { area: 'Middlewares', feature: 'chain', node: yes, edge: yes },
  ipAllowList: { area: 'Middlewares', feature: 'ipAllowList', node: yes, edge: adapted('by CF-Connecting-IP') },
  basicAuth: {
    area: 'Middlewares',
    feature: 'basicAuth',
    node: yes,
    edge: adapted('`usersFile` is read when the plan is made'),
  },
  limits: {
    area: 'Middlewares',
    feature: 'encodedCharacters, contentType, errors',
    node: yes,
    edge: yes,
  },
  retry: {
    area: 'Middlewares',
    feature: 'retry',
    node: yes,
    edge: adapted('what is not idempotent only where nothing was sent; content up to `maxRequestBodyBytes`'),
  },
  retryBudget: { area: 'Middlewares', feature: '`budget` of retry', node: yes, edge: adapted('per isolate') },
  staticAnswers: { area: 'Middlewares', feature: 'respond, maintenance', node: yes, edge: yes },
  rateLimit: {
    area: 'Middlewares',
    feature: 'rateLimit',
    node: yes,
    edge: adapted('per isolate; for all together where the Durable Object SIGNALBOX_STATE is bound'),
  },
  rateLimitRedis: { area: 'Middlewares', feature: 'rateLimit in Redis', node: yes, edge: never('no Redis protocol') },
  inFlightReq: { area: 'Middlewares', feature: 'inFlightReq', node: yes, edge: adapted('per isolate') },
  circuitBreaker: { area: 'Middlewares', feature: 'circuitBreaker', node: yes, edge: adapted('per isolate') },
  buffering: { area: 'Middlewares', feature: 'buffering', node: yes, edge: adapted('within the memory of an isolate') },
  compress: { area: 'Middlewares', feature: 'compress', node: yes, edge: adapted('gzip and br, by the platform') },
  digestAuth: { area: 'Middlewares', feature: 'digestAuth', node: yes, edge: adapted('nonces per isolate') },
  forwardAuth: {
    area: 'Middlewares',
    feature: 'forwardAuth',
    node: yes,
    edge: adapted('without TLS options of its own'),
  },
  grpcWeb: { area: 'Middlewares', feature: 'grpcWeb', node: yes, edge: never('the platform drops trailers') },
  passTLSClientCert: {
    area: 'Middlewares',
    feature: 'passTLSClientCert',
    node: yes,
    edge: adapted('by mTLS of the zone; certificates that it has verified'),
  },
  nginxSnippets: {
    area: 'Middlewares',
    feature: 'Annotations of ingress-nginx: `auth-url`, directives in snippets',
    node: yes,
    edge: later,
  },
  plugins: {
    area: 'Middlewares',
    feature: 'Plugins in TypeScript and JavaScript (`experimental.localPlugins.NAME.module`)',
    node: yes,
    edge: adapted('bundled by `signalbox edge build`'),
  },
  wasmPlugins: {
    area: 'Middlewares',
    feature: "Plugins in WebAssembly (http-wasm), from Traefik's catalogue and of one's own",
    node: yes,
    edge: adapted('bundled by `signalbox edge build`; without folders and trailers'),
  },
  goPlugins: {
    area: 'Middlewares',
    feature: "Plugins in Go for Traefik's interpreter",
    node: never('there is no Go interpreter; docs/plugins.md says what does the same'),
    edge: never('there is no Go interpreter'),
  },
  file: {
    area: 'Configuration',
    feature: 'File provider: YAML, TOML, JSON, watched',
    node: yes,
    edge: adapted('the plan in KV, signed'),
  },
  templates: {
    area: 'Configuration',
    feature: '[Go templates](docs/templates.md) in routing files',
    node: yes,
    edge: adapted('rendered when the plan is made'),
  },
  docker: {
    area: 'Configuration',
    feature: 'Docker: labels, several engines, Swarm',
    node: yes,
    edge: later,
  },
  keyValueStores: {
    area: 'Configuration',
    feature: 'Consul, etcd, Redis, ZooKeeper: keys',
    node: yes,
    edge: later,
  },
  catalogs: {
    area: 'Configuration',
    feature: 'Consul Catalog, Nomad, ECS: tags and labels',
    node: yes,
    edge: later,
  },
  httpProvider: { area: 'Configuration', feature: 'HTTP, REST', node: yes, edge: later },
  providerCache: {
    area: 'Configuration',
    feature: '`providers.cache`, `/api/provider-states`, `signalbox providers`',
    node: yes,
    edge: never('a plan is kept whole, in KV'),
  },
  kubernetes: {
    area: 'Configuration',
    feature: 'Kubernetes: custom resources, Ingress, annotations of ingress-nginx, Gateway API, Knative',
    node: yes,
    edge: later,
  },
  otherProviders: {
    area: 'Configuration',
    feature: 'Providers in TypeScript and JavaScript (`providers.plugin`)',
    node: yes,
    edge: later,
  },
  sources: {
    area: 'Configuration',
    feature: 'Install configuration by file, flags, environment',
    node: yes,
    edge: adapted('used when the plan is made'),
  },
  secrets: {
    area: 'Configuration',
    feature: `\`\${secret:NAME}\` in the options of middlewares and services (an option of ours)`,
    node: adapted(`with \`\${env:NAME}\` and \`\${file:PATH}\`, in files of the operator`),
    edge: adapted('secrets of the Worker and of the Secrets Store'),
  },
  check: { area: 'Configuration', feature: '`signalbox check` with line and column', node: yes, edge: yes },
  api: { area: 'Operations', feature: 'Read API, ping', node: yes, edge: yes },
  explain: {
    area: 'Operations',
    feature: '`/api/explain`: what would become of a request; `/api/problems`',
    node: yes,
    edge: yes,
  },
  liveApi: {
    area: 'Operations',
    feature: '`/api/events`, `/api/history`, `/api/support-dump`, `api.debug`',
    node: yes,
    edge: never('an isolate knows of itself alone'),
  },
  dashboard: {
    area: 'Operations',
    feature: 'Dashboard',
    node: yes,
    edge: adapted('from static assets; without traffic, history and commands'),
  },
  ready: {
    area: 'Operations',
    feature: '`ready`: 200 once what every provider says is in force',
    node: yes,
    edge: never('an isolate has its plan before it answers'),
  },
  image: {
    area: 'Operations',
    feature: 'Container image: unprivileged, read-only root',
    node: yes,
    edge: never('there is no machine'),
  },
  log: { area: 'Operations', feature: 'Application log', node: yes, edge: adapted('to the console') },
  accessLog: {
    area: 'Operations',
    feature: 'Access log (common, genericCLF, JSON)',
    node: yes,
    edge: adapted('a line of the console for each exchange, with what the network knows of it'),
  },
  metrics: {
    area: 'Operations',
    feature: 'Metrics: Prometheus, OpenTelemetry, StatsD, Datadog, InfluxDB',
    node: yes,
    edge: adapted(
      'by OpenTelemetry over HTTP, what was added since the last time; for the others nobody adds isolates up',
    ),
  },
  tracing: {
    area: 'Operations',
    feature: 'Tracing by OpenTelemetry: all spans and formats of propagation of Traefik',
    node: yes,
    edge: adapted('sent by HTTP once the answer has gone; spans end with its head'),
  },
  otlpLogs: {
    area: 'Operations',
    feature: 'Log and access log by OpenTelemetry',
    node: yes,
    edge: never('both go to the console'),
  },
  cnameFlattening: {
    area: 'Routing',
    feature: 'Aliases of hosts (`hostResolver.cnameFlattening`)',
    node: yes,
    edge: never('nobody asks name servers there'),
  },
  acme: {
    area: 'Operations',
    feature: 'Certificates by ACME: HTTP-01, TLS-ALPN-01, DNS-01, on demand, shared storages; by Tailscale',
    node: yes,
    edge: platformTls,
  },
  ocsp: {
    area: 'Operations',
    feature: 'OCSP stapling (`ocsp`)',
    node: yes,
    edge: platformTls,
  },
  spiffe: {
    area: 'Operations',
    feature: "Identities of servers, and one's own, by the workload API of SPIFFE (`spiffe`)",
    node: yes,
    edge: platformTls,
  },
} as const satisfies Record<string, Capability>

/** How a state is said in one cell of a table. */
export function describeSupport(support: Support): string {
  switch (support.state) {
    case 'yes':
      return 'yes'
    case 'later':
      return 'not yet'
    case 'adapted':
      return `yes, ${support.how}`
    case 'never':
      return `no: ${support.why}`
  }
}
