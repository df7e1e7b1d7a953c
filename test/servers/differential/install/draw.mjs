// Random install configurations: any options of Traefik's that a proxy starts with on a machine without other servers.
import { optionsOf } from '../../../../src/compiler/decode/options.ts'
import { shapeOf } from '../../../../src/compiler/decode/shape.ts'
import { traefikInstallSchema } from '../../../../src/compiler/install/install.ts'
import { pathOf, put } from '../tree.mjs'

const everything = optionsOf(shapeOf(traefikInstallSchema))
const ours = everything.filter(({ meta }) => meta.ours === true).map(({ name }) => name)

/** What needs somebody else before it starts, or is fetched from the network. */
const ELSEWHERE =
  /^(spiffe|experimental\.(plugins|localPlugins|pluginCatalogue)|providers\.(ecs|plugin|redis\.sentinel)|tcpServersTransport\.tls\.spiffe)(\.|$)/

/** Every option of Traefik's install configuration that has a value of its own or may stand alone. */
export const installOptions = everything.filter(
  ({ name, type, meta }) =>
    !ours.some((own) => name === own || name.startsWith(`${own}.`)) &&
    !ELSEWHERE.test(name) &&
    !['map of block', 'list of block'].includes(type) &&
    (type !== 'block' || meta.mayBeEmpty === true),
)

/** Entry points of every draw; `@web@` in a text stands for the port of `web`. */
export const ENTRY_POINTS = ['web', 'alt', 'traefik']

/** A configuration as a tree: an option whose turn it is, with others beside it. */
export function drawInstall(random, turn, used) {
  const tree = { entryPoints: {} }
  for (const name of ENTRY_POINTS) {
    if (name === 'alt' && random.chance(0.2)) continue
    const suffix = name === 'alt' && random.chance(0.1) ? random.pick(['/tcp', '/TCP', '/udp', '/sctp']) : ''
    const host = random.chance(0.9) ? '127.0.0.1' : random.pick(['', '0.0.0.0', '[::]', '[::1]', 'localhost'])
    tree.entryPoints[name] = { address: `${host}:@${name}@${suffix}` }
  }
  if (random.chance(0.85)) tree.api = { insecure: true }
  if (random.chance(0.5)) tree.providers = { file: { filename: 'dynamic.yml' } }
  const add = (option) => {
    used.add(option.name)
    put(tree, pathOf(option.name, namesFor(option.name), random), optionValue(random, option))
  }
  add(installOptions[turn % installOptions.length])
  for (let extra = random.below(6); extra > 0; extra--) add(random.pick(installOptions))
  if (random.chance(0.08)) Object.assign(tree, random.pick(OLD))
  // What was picked is shared, and may be changed.
  return structuredClone(tree)
}

const namesFor = (name) => (name.startsWith('entryPoints.') ? ENTRY_POINTS : ['one', 'two'])

function optionValue(random, { name, type }) {
  if (random.chance(0.02)) return random.pick(['', 'yes', -1, 'x y', 1.5, true, [], {}])
  const short = name.slice(name.lastIndexOf('.') + 1)
  const own = Object.entries(OF_OPTION).find(([option]) => name.endsWith(option))?.[1] ?? TEXTS[short]
  // What is wrong stands behind what is right.
  if (own !== undefined) return random.chance(0.6) ? own[random.below(2)] : random.pick(own)
  switch (type) {
    case 'boolean':
      return random.pick([true, true, false, 'true', '1', 't', 'FALSE'])
    case 'integer':
      return random.pick([0, 1, 2, 7, 100, 5000, '12', '+3', '007', -1])
    case 'number':
    case 'list of number':
      return type === 'number' ? random.pick([0, 0.5, 1, '0.25']) : random.pick([[0.1, 0.3, 1.2], [5], '0.1,2'])
    case 'duration':
      return random.pick(['1s', 10, '10', '1m30s', '250ms', 0, '1h0m0s', '1.5s', '+2s', '-1s'])
    case 'block':
      return random.pick([{}, {}, true, 'true'])
    case 'map of string':
      return random.pick([{ 'X-Name': 'a' }, { a: 'b', 'c.d': 'e' }, { k: '' }, { n: 1 }])
    case 'list of string':
      return random.pick([['a'], ['a', 'b'], 'a,b', ' a , b ', 'a,,b'])
    default:
      return random.pick(['a', 'foo bar', 'a,b', '10.0.0.1', 'ünï', '/p'])
  }
}

/** By the end of the name of an option. */
const OF_OPTION = {
  'entryPoints.<name>.address': ['127.0.0.1:@alt@', '', '127.0.0.1', ':x', '127.0.0.1:99999', '@web@', ':http'],
  'redirections.entryPoint.to': ['alt', 'web', ':443', ':@alt@', 'missing', '443', 'Alt'],
  'redirections.entryPoint.scheme': ['https', 'http', 'HTTPS', 'ws'],
  'redirections.entryPoint.priority': [1, 10, '9223372036854775806', '9223372036854775807', -5],
  'http.middlewares': [['a@file'], ['missing@file', 'a'], 'a@file,b@file'],
  'http.tls.options': ['default', 'modern@file', 'missing'],
  'providers.file.filename': ['dynamic.yml', 'missing.yml', 'broken.yml', 'wrong.txt'],
  'providers.file.directory': ['folder', 'missing', 'dynamic.yml', '.'],
  'providers.http.endpoint': ['http://127.0.0.1:1/x', 'nonsense', ''],
  'providers.precedence': [['file', 'docker'], ['File', 'REST'], ['nonsense'], 'file,http', []],
  'docker.endpoint': ['unix:///nowhere.sock', 'tcp://127.0.0.1:1', 'nonsense'],
  'swarm.endpoint': ['unix:///nowhere.sock', 'tcp://127.0.0.1:1'],
  'api.basePath': ['/', '/base', 'base', '/a b', '/base/', '/a/b', ''],
  'metrics.prometheus.entryPoint': ['web', 'traefik', 'missing'],
  'ping.entryPoint': ['web', 'traefik', 'missing', 'alt'],
  'httpChallenge.entryPoint': ['web', 'missing', 'alt'],
  'log.format': ['common', 'json', 'nonsense', 'JSON'],
  'accessLog.format': ['common', 'json', 'genericCLF', 'nonsense'],
  'accessLog.fields.names': [{ ClientHost: 'drop' }, { ClientHost: 'nonsense' }, { a: 'keep', b: 'redact' }],
  'acme.caServer': ['https://127.0.0.1:1/directory', '', 'nonsense'],
  'acme.storage': ['acme.json', '', 'folder/acme.json', 'missing/acme.json'],
  'eab.hmacEncoded': ['YWJj', 'not base64!'],
  'dnsChallenge.provider': ['manual', 'cloudflare', 'nonsense', 'exec'],
}

const TEXTS = {
  level: ['INFO', 'debug', 'Warn', 'nonsense', 'ERROR', 'trace', 'PANIC'],
  filePath: ['some.log', 'folder/some.log', 'missing/some.log'],
  statusCodes: [['200'], ['200', '300-302'], ['x'], '400-404', ['599-500']],
  defaultMode: ['keep', 'drop', 'redact', 'nonsense', 'KEEP'],
  traceVerbosity: ['minimal', 'detailed', 'nonsense'],
  underscoreHeadersStrategy: ['keep', 'delete', 'reject', 'nonsense'],
  aliasHeadersStrategy: ['keep', 'delete', 'reject', 'nonsense'],
  trustedIPs: [['127.0.0.1'], ['10.0.0.0/8', '::1'], '127.0.0.0/8', ['nonsense'], ['10.0.0.0/33']],
  resolvers: [['1.1.1.1:53'], '1.1.1.1:53,8.8.8.8', ['nonsense']],
  rootCAs: [['missing.pem'], ['nonsense']],
  ca: ['missing.pem', ''],
  keyType: ['EC256', 'RSA2048', 'nonsense', 'rsa4096'],
  certificatesDuration: [2160, 1, 0, -1],
  terminatingStatusCode: [200, 503, 0, 99, 1000],
  sampleRate: [0, 0.5, 1, 2, -1],
  defaultRule: ['Host(`{{ .Name }}`)', '{{', 'nonsense'],
  defaultRuleSyntax: ['v3', 'v2', 'v1', ''],
  constraints: ['Label(`a`,`b`)', 'nonsense', 'Tag(`a`)'],
  namespaces: [['a'], ['a', 'b']],
  advertisedPort: [443, 0, 70000, -1],
  maxConcurrentStreams: [0, 100, '2147483647', '2147483648', -1],
  maxHeaderBytes: [0, 100, 1048576, -1],
  timeout: ['3s', 0, '-1s', 10],
  endpoint: ['localhost:1', 'http://127.0.0.1:1', 'nonsense'],
  address: ['127.0.0.1:1', 'nonsense'],
  labelSelector: ['a=b', '!!'],
  labelselector: ['a=b', '!!'],
  resolvConfig: ['/etc/resolv.conf', 'missing'],
}

/** Options that version 2 had, and sections without a place. */
const OLD = [
  { pilot: { token: 'x' } },
  { providers: { marathon: {} } },
  { providers: { rancher: { a: 'b' } } },
  { providers: { docker: { swarmMode: true } } },
  { providers: { docker: { tls: { caOptional: true } } } },
  { providers: { consul: { namespace: 'a' } } },
  { providers: { consulCatalog: { endpoint: { tls: { caOptional: false } } } } },
  { experimental: { http3: true } },
  { experimental: { kubernetesGateway: true } },
  { tracing: { spanNameLimit: 3 } },
  { tracing: { jaeger: {} } },
  { tracing: { zipkin: { httpEndpoint: 'x' } } },
  { tracing: { globalAttributes: { a: 'b' } } },
  { core: { defaultRuleSyntax: 'v2' } },
  { http: { routers: {} } },
  { tls: { options: { default: { minVersion: 'VersionTLS12' } } } },
  { providers: {} },
  { log: {} },
  { metrics: {} },
  { metrics: { prometheus: {} } },
  { serversTransport: {} },
  { entryPoints: { web: { http: {} } } },
  { experimental: {} },
  { global: {} },
  { certificatesResolvers: { a: {} } },
  { certificatesResolvers: { a: { acme: {} } } },
  { certificatesResolvers: { a: { acme: { tlsChallenge: {} }, tailscale: {} } } },
  { accessLog: { filters: {} } },
  { accessLog: { otlp: {} } },
  { log: { otlp: {} } },
  { providers: { knative: {} } },
]
