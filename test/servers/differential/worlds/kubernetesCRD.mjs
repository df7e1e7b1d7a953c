import { leavesOf, randomValue, valueByName } from '../from-schema.mjs'
import { definitions, kubernetesWorlds, NAMESPACES, SECRETS, SERVICES, surroundings } from './kubernetes.mjs'

const MIDDLEWARES = ['m1', 'm2', 'm3']
const OPTIONS = [
  'allowCrossNamespace',
  'allowEmptyServices',
  'nativeLBByDefault',
  'disableClusterScopeResources',
  'safeNaming',
]

const kinds = definitions.map(({ spec }) => ({
  kind: spec.names.kind,
  schema: spec.versions[0].schema.openAPIV3Schema.properties.spec,
}))
const options = kinds.flatMap(({ kind, schema }) => leavesOf(schema).map((path) => ({ kind, schema, path })))
const nameOf = ({ kind, path }) => `${kind} ${path.join('.')}`

/** Names that objects of a kind have: few, so that references meet them. */
const NAMES = {
  Middleware: MIDDLEWARES,
  MiddlewareTCP: MIDDLEWARES,
  TraefikService: ['t1', 't2', 's1'],
  ServersTransport: ['tr'],
  ServersTransportTCP: ['tr'],
  TLSOption: ['opt', 'default'],
  TLSStore: ['default'],
}

const HTTP_RULES = ['Host(`a.test`)', 'Host(`b.test`) && PathPrefix(`/x`)', 'PathPrefix(`/`)', 'Nonsense(`a`)']
const TCP_RULES = ['HostSNI(`*`)', 'HostSNI(`a.test`)', 'HostSNI(`a.test`) || HostSNI(`b.test`)', 'Host(`a.test`)']

const TEXTS = {
  'services.name': [...SERVICES, ...SERVICES, 't1', 't2', 'api@internal', 'x@file', 'missing'],
  'mirrors.name': [...SERVICES, 't1'],
  'mirroring.name': [...SERVICES, 't1'],
  'service.name': [...SERVICES, 't1', 'missing'],
  'fallback.name': [...SERVICES, 't1', 'missing'],
  'middlewares.name': [...MIDDLEWARES, ...MIDDLEWARES, 'm@file', 'one-m1@kubernetescrd', 'missing'],
  'options.name': ['opt', 'default', 'o@file', 'missing'],
  'parentRefs.name': ['r1', 'r2', 'missing'],
  namespace: [...NAMESPACES, 'missing'],
  port: [80, 80, 'web', 443, 'https', 9000, 81, 'missing'],
  serversTransport: ['tr', 'tr@file', 'one-tr@kubernetescrd', 'missing'],
  secretName: [...SECRETS, 'missing'],
  secret: [...SECRETS, 'missing'],
  caSecret: [...SECRETS, 'missing'],
  certSecret: [...SECRETS, 'missing'],
  configMap: ['ca', 'missing'],
  entryPoints: ['web', 'alt', 'missing'],
  ingressClassName: ['traefik', 'traefik', 'other', ''],
  scheme: ['http', 'https', 'h2c', 'odd'],
  strategy: ['wrr', 'p2c', 'hrw', 'leasttime', 'RoundRobin'],
  sourceRange: ['10.0.0.0/8', '127.0.0.1', 'nonsense'],
  regex: ['^/a/(.*)', '('],
  status: ['200', '500-599'],
  expression: ['NetworkErrorRatio() > 0.30', 'nonsense'],
  syntax: ['v3', 'v2'],
  query: ['/{status}.html'],
  minVersion: ['VersionTLS12', 'VersionTLS13', 'odd'],
  flushInterval: ['100ms'],
  prefix: ['/p', '/a/b'],
  traceVerbosity: ['minimal', 'detailed'],
}
const valueFor = valueByName(TEXTS)
const valueOfKind = {
  IngressRoute: valueByName({ ...TEXTS, match: HTTP_RULES }),
  IngressRouteTCP: valueByName({ ...TEXTS, match: TCP_RULES }),
}

/** What makes a route one that works is there most of the time. */
const LIKELY = new Map([
  ['services', 0.9],
  ['port', 0.85],
  ['match', 0.95],
  ['namespace', 0.05],
  ['healthCheck', 0.03],
  ['passiveHealthCheck', 0.03],
  ['parentRefs', 0.05],
])
const likely = (path) => LIKELY.get(path.at(-1)) ?? 0.12
const rarely = () => 0.03

/** An authority that names nothing ends Traefik's provider (a nil pointer): it is not asked about that. */
function named(manifest) {
  for (const { rootCAs = [] } of [manifest.spec, manifest.spec.tls ?? {}]) {
    for (const authority of rootCAs) if (authority.configMap === undefined) authority.secret ??= 'ca'
  }
  return manifest
}

/** Custom resources in a real API server. */
export async function createWorlds(random) {
  const used = new Set()
  let turn = 0
  const object = (kind, schema, forced) =>
    named({
      apiVersion: 'traefik.io/v1alpha1',
      kind,
      metadata: {
        name: random.pick(NAMES[kind] ?? ['r1', 'r2', 'r.3']),
        namespace: random.pick(NAMESPACES),
        ...(random.chance(0.05)
          ? { annotations: { 'kubernetes.io/ingress.class': random.pick(['traefik', 'other']) } }
          : {}),
      },
      spec: randomValue(random, schema, valueOfKind[kind] ?? valueFor, {
        forced,
        likely: kind.startsWith('IngressRoute') ? likely : rarely,
      }),
    })

  function* manifestsOf() {
    yield* surroundings(random)
    for (let count = 0; count < 6; count++) {
      const option = options[turn++ % options.length]
      yield {
        manifest: object(option.kind, option.schema, option.path),
        taken: () => used.add(nameOf(option)),
      }
    }
    for (let count = random.below(4); count > 0; count--) {
      const { kind, schema } = random.pick(kinds)
      yield { manifest: object(kind, schema, null) }
    }
  }

  return kubernetesWorlds({
    provider: 'kubernetesCRD',
    flags: [
      '--providers.kubernetesCRD.allowExternalNameServices=true',
      ...OPTIONS.filter(() => random.chance(0.4)).map((name) => `--providers.kubernetesCRD.${name}=true`),
    ],
    manifestsOf,
    marker: (at) => ({
      apiVersion: 'traefik.io/v1alpha1',
      kind: 'Middleware',
      metadata: { name: `marker${at}`, namespace: 'one' },
      spec: { addPrefix: { prefix: `/${at}` } },
    }),
    isMarker: (key, at) => key === `http/middlewares/one-marker${at}`,
    /** Worlds after which every option must have occurred. */
    enough: 300,
    missing: () => options.map(nameOf).filter((name) => !used.has(name)),
  })
}
