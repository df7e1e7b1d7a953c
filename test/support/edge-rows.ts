import type { CapabilityName } from '../../src/compiler/planning/portability/findings.ts'

/** A test in workerd: the name of an edge case, or a file of `test/edge` and what a test in it is called. */
export type Proof = string | { readonly file: string; readonly test: string }

const elsewhere = (file: string, test: string): Proof => ({ file: `${file}.test.ts`, test })

/**
 * What shows in workerd that a row of the table works on Workers. A row that says `yes` and is not in here, or whose
 * cases do not pass, fails the tests, and the table is not written.
 */
export const edgeRows: Partial<Readonly<Record<CapabilityName, readonly [Proof, ...Proof[]]>>> = {
  http1: [elsewhere('proxy', 'joins WebSockets'), elsewhere('proxy', 'sends content on, and 10 MB back byte for byte')],
  entryPointOptions: [
    elsewhere(
      'entry-points',
      'the install configuration holds: redirections, middlewares, trusted addresses, characters',
    ),
  ],
  schemes: [
    elsewhere(
      'entry-points',
      'https is for the first of its entry points, and for the next where none of its routers matches',
    ),
  ],
  tls: [elsewhere('dev', 'edge dev answers https beside http, and says itself who the client is')],
  http3: ['a request by HTTP/3'],
  rules: [
    'a path prefix',
    'a host',
    'a regular expression for the host',
    'method, field and query',
    'the client',
    'a rule of the older syntax',
    'priorities',
    'child routers',
  ],
  tlsRouters: ['a router with tls'],
  secrets: [
    elsewhere('secrets', 'texts of the Worker are put in by the worker, and are in nothing that is published or shown'),
  ],
  routerTimeouts: [elsewhere('router-options', 'time limits of routers, static answers and maintenance, in workerd')],
  regexps: ['a regular expression for the path', 'regular expressions for field and query'],
  loadBalancer: ['two servers in turn'],
  otherStrategies: ['the less busy of two', 'the server of an address', 'the fastest server'],
  sticky: ['sticky sessions', elsewhere('proxy', 'keeps a session on its server')],
  healthChecks: [
    'slow checks',
    elsewhere('proxy', 'check servers and write what they find where every isolate reads it'),
    elsewhere('state', 'the object checks servers without a scheduled run, and isolates hear of it'),
  ],
  passiveHealth: ['passive checks'],
  drain: [elsewhere('flags', 'edge drain, maintenance and flags: through KV to the worker')],
  slowStart: ['a slow start'],
  healthLimits: [elsewhere('state', 'thresholds hold from one scheduled run to the next, in whatever isolate')],
  stickyHash: ['the server of a field', 'the server of a client'],
  allowedUpgrades: ['no upgrades'],
  weighted: ['weights'],
  otherServices: ['another service where one is down', 'a mirror', 'always the same of two'],
  passHostHeader: ['the host of the client'],
  streaming: [
    elsewhere('proxy', 'hands server-sent events on as they come'),
    elsewhere('proxy', 'sends content on, and 10 MB back byte for byte'),
  ],
  upstreamTimeouts: ['a server that does not answer in time'],
  pathMiddlewares: ['addPrefix', 'stripPrefix', 'stripPrefixRegex', 'replacePath', 'replacePathRegex'],
  redirects: ['redirectScheme', 'redirectRegex'],
  headers: ['headers', 'security headers', 'CORS'],
  chain: ['a chain'],
  ipAllowList: ['ipAllowList', elsewhere('proxy', 'the address of a client that a caller claims passes no allow list')],
  basicAuth: ['basicAuth', elsewhere('proxy', 'passwords are checked by bcrypt')],
  limits: ['encodedCharacters', 'contentType', 'errors'],
  retry: ['retry', elsewhere('retry', 'a POST that was not sent is sent to another server')],
  retryBudget: ['a budget of retries'],
  staticAnswers: ['respond', 'maintenance'],
  rateLimit: ['rateLimit', elsewhere('state', 'isolates share a rate limit through the object')],
  inFlightReq: ['inFlightReq'],
  plugins: [
    elsewhere(
      'plugins',
      'a Worker that lacks a plugin keeps the plan before, and one that was deployed with it serves',
    ),
  ],
  wasmPlugins: [elsewhere('wasm-plugins', 'the same module serves: %s')],
  circuitBreaker: ['circuitBreaker'],
  buffering: ['buffering'],
  compress: ['compress'],
  digestAuth: ['digestAuth'],
  forwardAuth: ['forwardAuth', 'forwardAuth that refuses'],
  passTLSClientCert: ['passTLSClientCert'],
  file: [elsewhere('dev', 'edge dev serves a file, follows its changes, keeps the last good one, and stops')],
  templates: [elsewhere('dev', 'edge dev renders the templates of a file')],
  sources: [
    elsewhere(
      'entry-points',
      'the install configuration holds: redirections, middlewares, trusted addresses, characters',
    ),
  ],
  check: [elsewhere('portability', 'what check --target edge lets pass is served to requests by %s')],
  api: ['services of the management plane'],
  metrics: [elsewhere('tracing', 'what was added to numbers goes to a collector, which adds isolates up')],
  tracing: [
    elsewhere('tracing', 'spans go to a collector by HTTP once answers have gone, those of several requests together'),
  ],
  explain: ['what would become of a request'],
  dashboard: [elsewhere('dashboard', 'the dashboard comes from static assets')],
  log: [elsewhere('dev', 'edge dev shows what the worker logs')],
  accessLog: [
    elsewhere('dev', 'edge dev logs each exchange as the install configuration says, and nothing without it'),
    elsewhere(
      'access-lines',
      'are one for each of 10,000 requests, with the fields that Node gives them, and those of the network',
    ),
  ],
}
