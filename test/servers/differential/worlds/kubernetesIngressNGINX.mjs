import { ANNOTATIONS } from '../../../../src/compiler/discovery/kubernetes/ingress-nginx/annotation-table.ts'
import { kubernetesWorlds, NAMESPACES, SECRETS, SERVICES, surroundings } from './kubernetes.mjs'

const PREFIX = 'nginx.ingress.kubernetes.io/'
const FLAGS = ['true', 'true', 'TRUE', 'false', 'yes', '']
const NUMBERS = ['0', '1', '5', '120', '-1', 'x', '1.5', '+7']
const SIZES = ['8k', '1m', '0', '16', ' 2K ', '1g', '8kb', 'x']
const LISTS = ['a', 'a,b', ' a , b ', 'X-One,X-Two', '']
const URLS = ['https://x.test/a', 'http://y.test', '/z', '$scheme://$host/login', 'https://x.test/a?b=$arg_c']

/** Values by annotation; others by their type. */
const VALUES = {
  'auth-type': ['basic', 'basic', 'digest', 'odd'],
  'auth-secret': ['users', 'users', 'users', 'one/users', 'two/users', 'missing', '', 'a/b/c', 'basic'],
  'auth-secret-type': ['auth-file', 'auth-map', 'odd'],
  'auth-realm': ['Here', '', 'A b'],
  'auth-url': [...URLS, 'http://auth.test/$http_x', ''],
  'auth-signin': [...URLS, ''],
  'auth-method': ['POST', 'GET', ''],
  'auth-response-headers': LISTS,
  'auth-snippet': ['proxy_set_header X-A b;', 'set $a b;', ''],
  'auth-tls-secret': [
    'one/authority',
    'one/authority',
    'two/authority',
    'one/ca',
    'two/ca',
    'one/tls',
    'ca',
    'one/missing',
    '',
  ],
  'auth-tls-verify-client': ['on', 'off', 'optional', 'optional_no_ca', 'odd'],
  'rewrite-target': ['/', '/$1', '/a', '/x/$2', 'https://z.test/$1', ''],
  'app-root': ['/app', 'app', '/a/$host', ''],
  'permanent-redirect': URLS,
  'permanent-redirect-code': ['301', '308', '299', '309', 'x'],
  'temporal-redirect': URLS,
  'temporal-redirect-code': ['302', '307', '200', 'x'],
  'server-alias': ['al.test', 'AL.test,bl.test', 'a.test', 'b.test,cl.test', '*.wild.test'],
  affinity: ['cookie', 'cookie', 'ip'],
  'affinity-canary-behavior': ['sticky', 'legacy'],
  'session-cookie-name': ['c', 'c d', ''],
  'session-cookie-path': ['/p', ''],
  'session-cookie-domain': ['a.test', ''],
  'session-cookie-samesite': ['Lax', 'None', 'odd', ''],
  'upstream-hash-by': ['$request_uri', '$http_x', 'text', ''],
  'backend-protocol': ['HTTP', 'HTTPS', 'https', 'GRPC', 'GRPCS', 'FCGI', 'AUTO_HTTP'],
  'proxy-ssl-secret': ['one/tls', 'one/ca', 'two/tls', 'tls', 'one/missing'],
  'proxy-ssl-verify': ['on', 'off', 'ON'],
  'proxy-ssl-name': ['n.test', ''],
  'proxy-ssl-server-name': ['on', 'm.test'],
  'proxy-next-upstream': [
    'error',
    'off',
    'error timeout http_502',
    'http_503 http_504',
    'non_idempotent timeout',
    '',
    'odd',
  ],
  'proxy-http-version': ['1.1', '1.0', '2'],
  'cors-allow-origin': ['*', 'https://a.test', 'https://a.test, https://*.b.test', 'https://*.b.test:80,*.c.test', ''],
  'whitelist-source-range': ['10.0.0.0/8', '10.0.0.0/8, 127.0.0.1', 'x', ''],
  'allowlist-source-range': ['10.0.0.0/8', '::1/128,127.0.0.1', 'x', ''],
  'custom-headers': ['one/headers', 'two/headers', 'one/bad', 'headers', 'one/missing', 'one/empty'],
  'upstream-vhost': ['v.test', '$service_name.test', '$host', ''],
  'x-forwarded-prefix': ['/p', '/$1', 'a b', ''],
  'custom-http-errors': ['404', '404,503', '500-599', 'x', ''],
  'default-backend': ['s1', 's2', 'ext', 'missing', ''],
  'proxy-request-buffering': ['on', 'off', 'odd'],
  'proxy-buffering': ['on', 'off', 'odd'],
  'client-body-buffer-size': SIZES,
  'proxy-body-size': SIZES,
  'proxy-buffer-size': SIZES,
  'proxy-max-temp-file-size': SIZES,
  'configuration-snippet': ['add_header X-A b;', 'more_set_headers "X-B: c";', 'proxy_pass http://x;', ''],
  'server-snippet': ['set $a b;', 'return 403;', 'listen 80;', ''],
  'canary-by-cookie': ['cc', 'c.d', ''],
  'canary-by-header': ['X-Canary', ''],
  'canary-by-header-value': ['yes', ''],
  'canary-by-header-pattern': ['^v[0-9]$', '('],
  'canary-weight': ['0', '30', '100', '150', '-5', 'x'],
  'canary-weight-total': ['100', '200', '50'],
}
const BY_TYPE = { flag: FLAGS, integer: NUMBERS, texts: LISTS, text: ['a'] }
/** What refuses the whole Ingress, or makes another thing of it, is seldom. */
const RARE = new Set([
  'canary',
  'ssl-passthrough',
  'server-snippet',
  'configuration-snippet',
  'auth-snippet',
  'custom-headers',
])

const HOSTS = ['a.test', 'b.test', 'www.a.test', '*.w.test', undefined]
const PATHS = ['/', '/a', '/a/b', '/a/', '/x.y', '/r/(.*)', '/s(/|$)(.*)', undefined]
const CLASSES = ['nginx', 'nginx', 'nginx', 'other', 'missing']

/** Options of the provider, with values. */
const OPTIONS = {
  allowSnippetAnnotations: ['true'],
  allowCrossNamespaceResources: ['true'],
  strictValidatePathType: ['false'],
  watchIngressWithoutClass: ['true'],
  ingressClassByName: ['true'],
  disableSvcExternalName: ['true'],
  defaultBackendService: ['one/s1', 'one/missing'],
  globalAuthURL: ['http://auth.test/all'],
  httpEntryPoint: ['web', 'missing'],
  httpsEntryPoint: ['alt', 'missing'],
  proxyRequestBuffering: ['true'],
  proxyBuffering: ['true'],
  clientBodyBufferSize: ['1000'],
  proxyBodySize: ['0', '5000'],
  proxyBufferSize: ['100'],
  proxyBuffersNumber: ['2'],
  proxyConnectTimeout: ['5'],
  proxyReadTimeout: ['6'],
  proxySendTimeout: ['7'],
  proxyNextUpstream: ['off', 'error http_503'],
  proxyNextUpstreamTries: ['0', '2'],
  proxyNextUpstreamTimeout: ['9'],
  customHTTPErrors: ['404,503'],
  upstreamKeepaliveTimeout: ['8'],
  globalAllowedResponseHeaders: ['X-One,X-Two,bad name'],
  'ipAllowListStrategy.depth': ['1'],
  publishStatusAddress: ['1.2.3.4,x.test'],
  watchNamespace: ['one'],
  ingressClass: ['other'],
  controllerClass: ['x.test/controller'],
}

/** Ingresses with the annotations of ingress-nginx in a real API server. */
export async function createWorlds(random) {
  const used = new Set()
  const usedOptions = new Set()
  const names = Object.keys(ANNOTATIONS)
  const valueFor = (name) => random.pick(VALUES[name] ?? BY_TYPE[ANNOTATIONS[name]])
  const annotations = (likely) => {
    const chosen = names.filter((name) => random.chance(RARE.has(name) ? likely / 3 : likely))
    // What belongs together has to meet now and then.
    for (const [first, others] of [
      ['auth-type', ['auth-secret']],
      ['enable-cors', ['cors-allow-origin', 'cors-max-age', 'cors-allow-credentials']],
      ['backend-protocol', ['proxy-ssl-secret', 'proxy-ssl-verify', 'proxy-ssl-name']],
      ['auth-tls-secret', ['auth-tls-verify-client', 'auth-tls-pass-certificate-to-upstream']],
      ['affinity', ['session-cookie-name', 'session-cookie-samesite', 'session-cookie-max-age']],
      ['custom-http-errors', ['default-backend']],
      ['rewrite-target', ['x-forwarded-prefix', 'use-regex']],
      ['limit-rps', ['limit-burst-multiplier']],
      ['proxy-buffering', ['proxy-buffer-size', 'proxy-buffers-number', 'proxy-max-temp-file-size']],
    ]) {
      if (chosen.includes(first)) chosen.push(...random.some(others, 0.6))
    }
    for (const name of chosen) used.add(name)
    const all = Object.fromEntries(chosen.map((name) => [PREFIX + name, valueFor(name)]))
    return random.chance(0.05) ? { ...all, [`${PREFIX}unknown`]: 'x', [`${PREFIX}enable-modsecurity`]: 'true' } : all
  }
  const service = () => ({
    name: random.pick([...SERVICES, ...SERVICES, 'missing']),
    port: random.pick([
      { number: 80 },
      { number: 80 },
      { name: 'web' },
      { number: 443 },
      { name: 'https' },
      { number: 81 },
    ]),
  })
  const backend = () =>
    random.chance(0.03) ? { resource: { apiGroup: 'x.test', kind: 'Bucket', name: 'b' } } : { service: service() }
  const path = () => {
    const where = random.pick(PATHS)
    const pathType =
      where === undefined ? 'ImplementationSpecific' : random.pick(['Prefix', 'Exact', 'ImplementationSpecific'])
    return { pathType, backend: backend(), ...(where === undefined ? {} : { path: where }) }
  }
  const rule = () => {
    const host = random.pick(HOSTS)
    return {
      ...(host === undefined ? {} : { host }),
      ...(random.chance(0.05) ? {} : { http: { paths: Array.from({ length: 1 + random.below(3) }, path) } }),
    }
  }
  const chosen = Object.fromEntries(
    Object.keys(OPTIONS)
      .filter((name) =>
        random.chance(['watchNamespace', 'ingressClass', 'controllerClass'].includes(name) ? 0.06 : 0.2),
      )
      .map((name) => [name, random.pick(OPTIONS[name])]),
  )
  for (const name of Object.keys(chosen)) usedOptions.add(name)
  const ownClass = chosen.ingressClass ?? 'nginx'
  const metaOf = (name, namespace, extra) => {
    const isByAnnotation = random.chance(0.5)
    const className = random.pick(CLASSES)
    return {
      metadata: {
        name,
        namespace,
        annotations: {
          ...extra,
          ...(isByAnnotation ? { 'kubernetes.io/ingress.class': className === 'nginx' ? ownClass : className } : {}),
        },
      },
      className: isByAnnotation || random.chance(0.1) ? {} : { ingressClassName: className },
    }
  }
  const ingress = (name) => {
    const { metadata, className } = metaOf(name, random.pick(NAMESPACES), annotations(0.05))
    const isDefault = random.chance(0.1)
    const hasDefault = isDefault || random.chance(0.1)
    const rules = Array.from({ length: 1 + random.below(2) }, rule)
    // Of several hosts any one gets the default backend of an Ingress in Traefik.
    if (hasDefault) for (const one of rules) if (rules[0].host !== undefined) one.host = rules[0].host
    if (hasDefault && rules[0].host === undefined) for (const one of rules) delete one.host
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata,
      spec: {
        ...className,
        ...(hasDefault ? { defaultBackend: backend() } : {}),
        ...(isDefault ? {} : { rules }),
        ...(random.chance(0.3)
          ? {
              tls: [
                {
                  hosts: ['a.test'],
                  ...(random.chance(0.8) ? { secretName: random.pick([...SECRETS, 'missing']) } : {}),
                },
              ],
            }
          : {}),
      },
    }
  }
  /** The same routes as another Ingress, for a part of its requests. */
  const canaryOf = ({ metadata, spec }) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: `${metadata.name}-canary`,
      namespace: metadata.namespace,
      annotations: {
        ...annotations(0.02),
        ...Object.fromEntries(
          names
            .filter((name) => name.startsWith('canary-') && random.chance(0.5))
            .map((name) => {
              used.add(name)
              return [PREFIX + name, valueFor(name)]
            }),
        ),
        [`${PREFIX}canary`]: 'true',
        'kubernetes.io/ingress.class': ownClass,
      },
    },
    spec: {
      ...spec,
      ingressClassName: undefined,
      tls: undefined,
      rules: spec.rules.map((one) => ({
        ...one,
        ...(one.http === undefined
          ? {}
          : { http: { paths: one.http.paths.map((own) => ({ ...own, backend: backend() })) } }),
      })),
    },
  })
  const configMap = (namespace, name, data) => ({
    manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data },
  })
  const ingressClass = (name, controller) => ({
    manifest: { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name }, spec: { controller } },
  })

  function* manifestsOf() {
    // Of several classes with a name among what counts, Traefik takes any, another set with each change.
    const isByName = chosen.ingressClassByName === 'true'
    if (random.chance(0.8)) yield ingressClass(isByName ? ownClass : 'nginx', 'k8s.io/ingress-nginx')
    if (!isByName && random.chance(0.5))
      yield ingressClass('other', random.pick(['k8s.io/ingress-nginx', 'x.test/controller']))
    // Where the cluster's own address of a service without one is asked for, Traefik connects to "None".
    yield* surroundings(random, undefined, false)
    for (const namespace of NAMESPACES) {
      const data = { 'ca.crt': btoa('AUTHORITY') }
      yield { manifest: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'authority', namespace }, data } }
      if (random.chance(0.8))
        yield configMap(namespace, 'headers', { 'X-One': 'a b', ...(random.chance(0.5) ? { 'X-Two': 'c' } : {}) })
      yield configMap(namespace, 'bad', random.pick([{ 'X-Other': 'a' }, { 'X-One': 'ünï' }]))
      yield configMap(namespace, 'empty', {})
    }
    for (const name of random.some(['i1', 'i2', 'i.3', 'i4'], 0.7)) {
      const own = ingress(name)
      yield { manifest: own }
      if (own.spec.rules !== undefined && random.chance(0.4)) yield { manifest: canaryOf(own) }
    }
  }

  return kubernetesWorlds({
    provider: 'kubernetesIngressNGINX',
    flags: Object.entries(chosen).map(([name, value]) => `--providers.kubernetesIngressNGINX.${name}=${value}`),
    manifestsOf,
    marker: (at) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: `marker${at}`, namespace: 'one', annotations: { 'kubernetes.io/ingress.class': ownClass } },
      spec: {
        rules: [
          {
            host: `marker${at}.test`,
            http: {
              paths: [
                { path: '/', pathType: 'Prefix', backend: { service: { name: 'marker', port: { number: 80 } } } },
              ],
            },
          },
        ],
      },
    }),
    isMarker: (key, at) => key.includes(`marker${at}-rule`),
    enough: 100,
    missing: () => names.filter((name) => !used.has(name)),
  })
}
