import { describe, expect, test } from 'vitest'
import { deriveCrd } from '../../../../src/compiler/discovery/kubernetes/crd/derive.ts'
import type { CrdOptions } from '../../../../src/compiler/discovery/kubernetes/crd/options.ts'
import { worldOf } from './manifests.ts'

/** What stands beside each broken manifest, and must not suffer. */
const SHOP = `
{apiVersion: traefik.io/v1alpha1, kind: IngressRoute, metadata: {name: good, namespace: shop}, spec: {routes: [{match: Host(\`good\`), services: [{name: shop, port: 80}]}]}}
---
{apiVersion: traefik.io/v1alpha1, kind: Middleware, metadata: {name: compress, namespace: shop}, spec: {compress: {}}}
---
{apiVersion: traefik.io/v1alpha1, kind: TLSOption, metadata: {name: modern, namespace: shop}, spec: {minVersion: VersionTLS13}}
---
{apiVersion: traefik.io/v1alpha1, kind: ServersTransport, metadata: {name: inside, namespace: shop}, spec: {serverName: x}}
---
{apiVersion: traefik.io/v1alpha1, kind: TraefikService, metadata: {name: both, namespace: shop}, spec: {weighted: {services: [{name: shop, port: 80}]}}}
---
{apiVersion: v1, kind: Service, metadata: {name: shop, namespace: shop}, spec: {ports: [{name: web, port: 80}, {name: admin, port: 8081}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: asleep, namespace: shop}, spec: {clusterIP: None, ports: [{name: web, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: outside, namespace: shop}, spec: {type: ExternalName, externalName: x.test, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: nodes, namespace: shop}, spec: {type: NodePort, ports: [{port: 80, nodePort: 30000}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: billing, namespace: office}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Secret, metadata: {name: users, namespace: shop}, stringData: {users: 'a:hunter2'}}
---
{apiVersion: v1, kind: Secret, metadata: {name: two, namespace: shop}, stringData: {a: hunter2, b: hunter2}}
---
{apiVersion: v1, kind: Secret, metadata: {name: half, namespace: shop}, stringData: {tls.crt: hunter2}}
---
{apiVersion: v1, kind: Secret, metadata: {name: hollow, namespace: shop}, stringData: {tls.crt: '', tls.key: hunter2}}
---
{apiVersion: v1, kind: Secret, metadata: {name: paths, namespace: shop}, stringData: {tls.crt: /run/hunter2.pem, tls.key: /run/hunter2.key, ca.crt: ../hunter2}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: cas, namespace: shop}, data: {wrong.crt: hunter2}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: shop-1, namespace: shop, labels: {kubernetes.io/service-name: shop}}, ports: [{name: web, port: 8080}], endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]}
`

const object = (kind: string, spec: string) =>
  `{apiVersion: traefik.io/v1alpha1, kind: ${kind}, metadata: {name: bad, namespace: shop}, spec: ${spec}}`

/** An IngressRoute with one route. @param route what it has besides its rule */
const http = (route: string, more = '') => object('IngressRoute', `{routes: [{match: Host(\`bad\`), ${route}}]${more}}`)
const service = (reference: string) => http(`services: [${reference}]`)
const tcp = (route: string) => object('IngressRouteTCP', `{routes: [{match: HostSNI(\`bad\`), ${route}}]}`)
const udp = (reference: string) => object('IngressRouteUDP', `{routes: [{services: [${reference}]}]}`)
const GOOD = 'services: [{name: shop, port: 80}]'

/** Name, manifest, field, message, hint and the options of the provider. */
type Case = [string, string, string, string, string | null, CrdOptions?]

const CROSS = 'the provider’s option allowCrossNamespace permits references into other namespaces'
const S0 = 'spec.routes[0].services[0]'

const errors: Case[] = [
  [
    'a misspelt service',
    service('{name: shoop, port: 80}'),
    `${S0}.name`,
    'kubernetes service not found: shop/shoop',
    'did you mean "shop"?',
  ],
  [
    'a service of another namespace',
    service('{name: billing, port: 80}'),
    `${S0}.name`,
    'kubernetes service not found: shop/billing',
    'there is a Service billing in namespace office',
  ],
  [
    'a reference into another namespace',
    service('{name: billing, namespace: office, port: 80}'),
    `${S0}.namespace`,
    'service office/billing not in the parent resource namespace shop',
    CROSS,
  ],
  [
    'a port that the service does not have',
    service('{name: shop, port: 8080}'),
    `${S0}.port`,
    'service port not found: 8080',
    'its ports: 80 (web), 8081 (admin)',
  ],
  [
    'a number as a text',
    service('{name: shop, port: "80"}'),
    `${S0}.port`,
    'service port not found: 80',
    'write the number without quotes: 80',
  ],
  [
    'no port',
    service('{name: shop}'),
    `${S0}.port`,
    'ingressRoute service port not defined',
    'its ports: 80 (web), 8081 (admin)',
  ],
  [
    'a port that is a list',
    service('{name: shop, port: [80]}'),
    `${S0}.port`,
    `${S0}.port must be a number or a name`,
    null,
  ],
  [
    'a service without endpoints',
    service('{name: asleep, port: 80}'),
    `${S0}.name`,
    'no servers found for shop/asleep',
    'none of its pods is ready, or its selector selects none; allowEmptyServices keeps such routes',
  ],
  [
    'a headless service by its address',
    service('{name: asleep, port: 80, nativeLB: true}'),
    `${S0}.nativeLB`,
    'getting native Kubernetes Service address: no clusterIP on headless service: shop/asleep',
    null,
  ],
  [
    'a name of another host',
    service('{name: outside, port: 80}'),
    `${S0}.name`,
    'externalName services not allowed: shop/outside',
    'the provider’s option allowExternalNameServices permits them',
  ],
  [
    'machines without any',
    service('{name: nodes, port: 80, nodePortLB: true}'),
    `${S0}.nodePortLB`,
    'nodes not found for NodePort service shop/nodes',
    null,
  ],
  [
    'machines that may not be looked at',
    service('{name: nodes, port: 80, nodePortLB: true}'),
    `${S0}.nodePortLB`,
    'nodes lookup is disabled',
    'nodePortLB does not go with the provider’s option disableClusterScopeResources',
    { disableClusterScopeResources: true },
  ],
  [
    'a check of pods',
    service('{name: shop, port: 80, healthCheck: {path: /}}'),
    `${S0}.healthCheck`,
    'healthCheck allowed only for ExternalName services: shop/shop',
    'Kubernetes knows the health of its pods: readinessProbe',
  ],
  [
    'a strategy that there is not',
    service('{name: shop, port: 80, strategy: random}'),
    `${S0}.strategy`,
    'load-balancer strategy random is not supported',
    'one of wrr, p2c, hrw, leasttime',
  ],
  [
    'a scheme that there is not',
    service('{name: shop, port: 80, scheme: htp}'),
    `${S0}.scheme`,
    'invalid scheme "htp" specified',
    'one of http, https, h2c',
  ],
  [
    'a kind of service that there is not',
    service('{name: shop, port: 80, kind: Pod}'),
    `${S0}.kind`,
    'unsupported service kind Pod',
    'Service and TraefikService are supported',
  ],
  [
    'a duration that is none',
    service('{name: shop, port: 80, responseForwarding: {flushInterval: soon}}'),
    `${S0}.responseForwarding.flushInterval`,
    'unable to parse flushInterval: time: invalid duration "soon"',
    null,
  ],
  [
    'another provider, where that is not allowed',
    service('{name: x@file, kind: TraefikService}'),
    `${S0}.name`,
    'service "x@file" reference is not allowed: namespace "shop" is not in crossProviderNamespaces',
    'the provider’s option crossProviderNamespaces lists the namespaces that may',
    { crossProviderNamespaces: ['office'] },
  ],
  [
    'a name of this provider',
    service('{name: shop-both@kubernetescrd, kind: TraefikService}'),
    `${S0}.name`,
    'invalid reference to service shop-both@kubernetescrd: namespace-name@kubernetescrd format is not allowed when crossnamespace is disallowed',
    'write the name of the object alone, without @kubernetescrd: shop-both',
  ],
  [
    'a middleware of another namespace',
    http(`middlewares: [{name: auth, namespace: office}], ${GOOD}`),
    'spec.routes[0].middlewares[0].namespace',
    'invalid reference to middleware auth: allowCrossNamespace is disabled, cross-namespace are disallowed',
    CROSS,
  ],
  [
    'a transport of this provider by its full name',
    service('{name: shop, port: 80, serversTransport: shop-inside@kubernetescrd}'),
    `${S0}.serversTransport`,
    'invalid reference to serversTransport shop-inside@kubernetescrd: namespace-name@kubernetescrd format is not allowed when crossnamespace is disallowed',
    'write the name of the object alone, without @kubernetescrd: shop-inside',
  ],
  [
    'no rule',
    object('IngressRoute', `{routes: [{kind: Rule, ${GOOD}}]}`),
    'spec.routes[0].match',
    'Empty match rule',
    'write a rule: Host(`example.com`)',
  ],
  [
    'a kind of route that there is not',
    http(`kind: Path, ${GOOD}`),
    'spec.routes[0].kind',
    'Unsupported match kind: Path. Only "Rule" is supported for now.',
    'write Rule, or leave it out',
  ],
  [
    'a parent that there is not',
    http(GOOD, ', parentRefs: [{name: goood}]'),
    'spec.parentRefs[0].name',
    'parent IngressRoute shop/goood does not exist',
    'did you mean "good"?',
  ],
  [
    'TLS options of another namespace',
    http(GOOD, ', tls: {options: {name: modern, namespace: office}}'),
    'spec.tls.options.namespace',
    'Invalid reference to TLSOption "modern": allowCrossNamespace is disabled, cross-namespace are disallowed',
    CROSS,
  ],
  [
    'a certificate that there is not',
    http(GOOD, ', tls: {secretName: hallow}'),
    'spec.tls.secretName',
    'Error configuring TLS: secret shop/hallow does not exist',
    'did you mean "hollow"?',
  ],
  [
    'a certificate without its key',
    http(GOOD, ', tls: {secretName: half}'),
    'spec.tls.secretName',
    'Error configuring TLS: secret shop/half is missing the following TLS data entries: tls.key',
    'its keys: tls.crt',
  ],
  [
    'an empty certificate',
    http(GOOD, ', tls: {secretName: hollow}'),
    'spec.tls.secretName',
    'Error configuring TLS: secret shop/hollow contains the following empty TLS data entries: tls.crt',
    null,
  ],
  [
    'a certificate that is the path of a file of the proxy',
    http(GOOD, ', tls: {secretName: paths}'),
    'spec.tls.secretName',
    'Error configuring TLS: secret shop/paths holds no PEM in tls.crt',
    'the text of a file belongs there, and not its path',
  ],
  [
    'an authority that is the path of a file of the proxy',
    object('TLSOption', '{clientAuth: {secretNames: [paths]}}'),
    'spec.clientAuth.secretNames[0]',
    'secret shop/paths holds no PEM in ca.crt',
    'the text of a file belongs there, and not its path',
  ],
  [
    'a priority that is a text',
    http(`priority: high, ${GOOD}`),
    'spec.routes[0].priority',
    'Invalid value: "string": spec.routes[0].priority in body must be of type integer',
    null,
  ],
  [
    'a text that is a number',
    service('{name: 12, port: 80}'),
    `${S0}.name`,
    `Invalid value: "integer": ${S0}.name in body must be of type string`,
    'write it in quotes',
  ],
  [
    'routes that are no list',
    object('IngressRoute', `{routes: {match: Host(\`bad\`), ${GOOD}}}`),
    'spec.routes',
    'Invalid value: "object": spec.routes in body must be of type array',
    null,
  ],
  [
    'TLS that is switched on by a boolean',
    http(GOOD, ', tls: true'),
    'spec.tls',
    'Invalid value: "boolean": spec.tls in body must be of type object',
    null,
  ],
  [
    'a TCP service that there is not',
    tcp('services: [{name: shopp, port: 80}]'),
    `${S0}.name`,
    'Cannot create service: service not found: shop/shopp',
    'did you mean "shop"?',
  ],
  [
    'a TCP route without a rule',
    object('IngressRouteTCP', `{routes: [{${GOOD}}]}`),
    'spec.routes[0].match',
    'Empty match rule',
    'write a rule: HostSNI(`*`)',
  ],
  [
    'a UDP port that there is not',
    udp('{name: shop, port: dns}'),
    `${S0}.port`,
    'Cannot create service: service port not found: dns',
    'its ports: 80 (web), 8081 (admin)',
  ],
  [
    'a middleware without users',
    object('Middleware', '{basicAuth: {secret: user}}'),
    'spec.basicAuth.secret',
    "Error while reading basic auth middleware: secret 'shop/user' not found",
    'did you mean "users"?',
  ],
  [
    'users in several keys',
    object('Middleware', '{digestAuth: {secret: two}}'),
    'spec.digestAuth.secret',
    "Error while reading digest auth middleware: failed to load digest auth credentials: found 2 elements for secret 'shop/two', must be single element exactly",
    'one key with a user a line; its keys: a, b',
  ],
  [
    'no Secret at all',
    object('Middleware', '{basicAuth: {realm: x}}'),
    'spec.basicAuth.secret',
    'Error while reading basic auth middleware: auth secret must be set',
    'name a Secret of the namespace',
  ],
  [
    'an authority that is none',
    object('Middleware', '{forwardAuth: {address: "http://a", tls: {caSecret: two}}}'),
    'spec.forwardAuth.tls.caSecret',
    "Error while reading forward auth middleware: failed to load auth ca secret: secret 'shop/two' has no CA block: secret shop/two contains neither tls.ca nor ca.crt",
    'its keys: a, b',
  ],
  [
    'no address',
    object('Middleware', '{forwardAuth: {}}'),
    'spec.forwardAuth.address',
    'Error while reading forward auth middleware: forward authentication requires an address',
    null,
  ],
  [
    'an error page of a service that there is not',
    object('Middleware', '{errors: {status: ["500"], query: /, service: {name: pages, port: 80}}}'),
    'spec.errors.service.name',
    'Error while reading error page middleware: kubernetes service not found: shop/pages',
    null,
  ],
  [
    'a key that a Secret does not have',
    object('Middleware', '{plugin: {p: {token: "urn:k8s:secret:two:c"}}}'),
    'spec.plugin.p.token',
    'Error while reading plugins middleware: key "c" not found in secret shop/two',
    'its keys: a, b',
  ],
  [
    'a time that is none',
    object('Middleware', '{retry: {attempts: 2, initialInterval: quick}}'),
    'spec.retry.initialInterval',
    'time: invalid duration "quick"',
    null,
  ],
  [
    'a TraefikService of no kind',
    object('TraefikService', '{}'),
    'spec',
    'unspecified service type',
    'one of weighted, mirroring, highestRandomWeight, failover',
  ],
  [
    'a mirror that there is not',
    object('TraefikService', '{mirroring: {name: shop, port: 80, mirrors: [{name: shp, port: 80}]}}'),
    'spec.mirroring.mirrors[0].name',
    'kubernetes service not found: shop/shp',
    'did you mean "shop"?',
  ],
  [
    'an authority in a ConfigMap under another key',
    object('ServersTransport', '{rootCAs: [{configMap: cas}]}'),
    'spec.rootCAs[0].configMap',
    "Error while loading CA: configMap 'shop/cas' has no CA block: config map shop/cas contains neither tls.ca nor ca.crt",
    'its keys: wrong.crt',
  ],
  [
    'a version that there is not',
    object('ServersTransport', '{minVersion: TLS1.3}'),
    'spec.minVersion',
    'invalid TLS minimum version: TLS1.3',
    'one of VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13',
  ],
  [
    'authorities of clients that there are not',
    object('TLSOption', '{clientAuth: {secretNames: [clients]}}'),
    'spec.clientAuth.secretNames[0]',
    'Secret shop/clients does not exist',
    null,
  ],
]

const warnings: Case[] = [
  [
    'two routes with one rule',
    object('IngressRoute', `{routes: [{match: Host(\`bad\`), ${GOOD}}, {match: Host(\`bad\`), priority: 5, ${GOOD}}]}`),
    'spec.routes[1]',
    'Name collision: router "shop-bad-edb73c6ad14e28f58586" is defined more than once, the previous definition will be overridden',
    'spec.routes[0] makes another one; the provider’s option safeNaming keeps them apart',
  ],
  [
    'a class by the annotation of old',
    `{apiVersion: traefik.io/v1alpha1, kind: IngressRoute, metadata: {name: bad, namespace: shop, annotations: {kubernetes.io/ingress.class: traefik}}, spec: {routes: [{match: Host(\`bad\`), ${GOOD}}]}}`,
    'metadata.annotations[kubernetes.io/ingress.class]',
    "'kubernetes.io/ingress.class' is a deprecated annotation, please use spec.ingressClassName instead.",
    'write ingressClassName: traefik in its spec',
  ],
  [
    'a misspelt field',
    service('{name: shop, port: 80, passHostHeadr: false}'),
    `${S0}.passHostHeadr`,
    `unknown field "${S0}.passHostHeadr"`,
    'did you mean "passHostHeader"?',
  ],
  [
    'a field of files',
    object('Middleware', '{basicAuth: {secret: users, users: [x]}}'),
    'spec.basicAuth.users',
    'unknown field "spec.basicAuth.users"',
    null,
  ],
  [
    'a middleware that there is not',
    http(`middlewares: [{name: compres}], ${GOOD}`),
    'spec.routes[0].middlewares[0].name',
    'Middleware shop/compres does not exist',
    'did you mean "compress"?',
  ],
  [
    'TLS options that there are not',
    http(GOOD, ', tls: {options: {name: modren}}'),
    'spec.tls.options.name',
    'TLSOption shop/modren does not exist',
    'did you mean "modern"?',
  ],
  [
    'the default TLS options by name',
    http(GOOD, ', tls: {options: {name: default}}'),
    'spec.tls.options.name',
    'the default TLS options can’t be referred to',
    'they apply to every route that names none: leave the reference out',
  ],
  [
    'a transport that there is not',
    service('{name: shop, port: 80, serversTransport: insde}'),
    `${S0}.serversTransport`,
    'ServersTransport shop/insde does not exist',
    'did you mean "inside"?',
  ],
  [
    'a TraefikService that there is not',
    service('{name: bth, kind: TraefikService}'),
    `${S0}.name`,
    'TraefikService shop/bth does not exist',
    'did you mean "both"?',
  ],
]

const problemsOf = (manifest: string, options: CrdOptions = {}) => {
  const { config, problems } = deriveCrd(worldOf(`${SHOP}\n---\n${manifest}`), options)
  // Nothing else suffers, and nothing that is secret is told.
  expect(Object.values(config.http!.routers!).map(({ rule }) => rule)).toContain('Host(`good`)')
  expect(JSON.stringify(problems)).not.toContain('hunter2')
  const kind = /kind: (\w+)/.exec(manifest)![1]
  return problems.filter(({ origin }) => origin?.item === `${kind} shop/bad`)
}

describe('broken custom resources', () => {
  test.each(errors)('%s', (_name, manifest, field, message, hint, options) => {
    expect(problemsOf(manifest, options)[0]).toMatchObject({ severity: 'error', message, hint, origin: { field } })
  })

  test.each(warnings)('%s is told, and the object counts', (_name, manifest, field, message, hint) => {
    expect(problemsOf(manifest)).toMatchObject([{ severity: 'warning', message, hint, origin: { field } }])
  })
})

describe('what a broken object still says', () => {
  const bad = (manifest: string) => {
    const { http, tcp, udp, tls } = deriveCrd(worldOf(`${SHOP}\n---\n${manifest}`), {}).config
    return { http, tcp, udp, tls, routers: Object.keys(http!.routers!).filter((name) => name.startsWith('shop-bad')) }
  }

  test('other routes of the object', () => {
    const { routers } = bad(
      object(
        'IngressRoute',
        `{routes: [{match: Host(\`x\`), services: [{name: nope, port: 80}]}, {match: Host(\`y\`), ${GOOD}}]}`,
      ),
    )
    expect(routers).toHaveLength(1)
  })

  test('other routes than the one with a value of the wrong type', () => {
    const { routers } = bad(
      object('IngressRoute', `{routes: [{match: 5, ${GOOD}}, null, {match: Host(\`y\`), ${GOOD}}]}`),
    )
    expect(routers).toHaveLength(1)
  })

  test('no route without TLS where the block can not be read', () => {
    expect(bad(http(GOOD, ', tls: {options: 5}')).routers).toEqual([])
  })

  test('a route without its certificate', () => {
    expect(bad(http(GOOD, ', tls: {secretName: nope}')).routers).toHaveLength(1)
  })

  test('a TCP router without its service', () => {
    const derived = bad(tcp('services: [{name: nope, port: 80}]')).tcp!
    expect(Object.values(derived.routers!)).toMatchObject([{ rule: 'HostSNI(`bad`)' }])
    expect(derived.services).toBeUndefined()
  })

  test('no clients without certificates where authorities were asked for', () => {
    const { tls } = bad(object('TLSOption', '{clientAuth: {secretNames: [nope]}}'))
    expect(tls!.options!['shop-bad']!.clientAuth).toEqual({ clientAuthType: 'RequireAndVerifyClientCert' })
  })

  test('no transport that trusts more than was asked for', () => {
    const { http } = bad(object('ServersTransport', '{rootCAs: [{secret: nope}]}'))
    expect(Object.keys(http!.serversTransports!)).toEqual(['shop-inside'])
  })

  test('a transport with the default for a time that is none', () => {
    const { http } = bad(object('ServersTransport', '{forwardingTimeouts: {dialTimeout: x, pingTimeout: 3}}'))
    expect(http!.serversTransports!['shop-bad']!.forwardingTimeouts).toEqual({
      dialTimeout: '30s',
      idleConnTimeout: '1m30s',
      pingTimeout: '3s',
    })
  })
})

test('names of different objects that are the same are told', () => {
  const route = (namespace: string, name: string, entryPoint: string) =>
    `{apiVersion: traefik.io/v1alpha1, kind: IngressRoute, metadata: {name: ${name}, namespace: ${namespace}}, spec: {entryPoints: [${entryPoint}], routes: [{match: Host(\`x\`), services: [{name: api@internal, kind: TraefikService}]}]}}`
  const manifests = [SHOP, route('a', 'b-c', 'one'), route('a-b', 'c', 'two')].join('\n---\n')
  const { config, problems } = deriveCrd(worldOf(manifests), {})
  expect(Object.values(config.http!.routers!).map(({ entryPoints }) => entryPoints)).toContainEqual(['one'])
  expect(problems).toMatchObject([
    {
      severity: 'warning',
      message: expect.stringMatching(/^Name collision: router "a-b-c-[0-9a-f]{20}" is defined more than once/),
      hint: 'IngressRoute a-b/c has the same name; the provider’s option safeNaming keeps them apart',
      origin: { item: 'IngressRoute a/b-c' },
    },
  ])
  expect(deriveCrd(worldOf(manifests), { safeNaming: true }).problems).toEqual([])
})

test.each([
  ['TLSOption', 'Options'],
  ['TLSStore', 'Stores'],
])('of two default objects of kind %s none counts', (kind, word) => {
  const one = (namespace: string, spec: string) =>
    `{apiVersion: traefik.io/v1alpha1, kind: ${kind}, metadata: {name: default, namespace: ${namespace}}, spec: ${spec}}`
  const spec = kind === 'TLSOption' ? '{sniStrict: true}' : '{defaultGeneratedCert: {resolver: le}}'
  const manifests = [SHOP, one('a', spec), one('b', '{}')].join('\n---\n')
  const { config, problems } = deriveCrd(worldOf(manifests), {})
  expect(Object.keys({ ...config.tls?.options, ...config.tls?.stores })).toEqual(['shop-modern'])
  expect(problems).toEqual([
    {
      severity: 'error',
      message: `Default TLS ${word} defined in multiple namespaces: [a b]`,
      hint: 'keep one of them, or say whose counts: the provider’s option defaultTLSResourcesNamespace',
      provider: null,
      path: [],
      position: null,
      origin: { item: `${kind} b/default`, field: 'metadata.name' },
    },
  ])
  const chosen = deriveCrd(worldOf(manifests), { defaultTLSResourcesNamespace: 'a' })
  expect(Object.keys({ ...chosen.config.tls?.options, ...chosen.config.tls?.stores })).toContain('default')
  expect(chosen.problems).toMatchObject([{ severity: 'warning', origin: { item: `${kind} b/default` } }])
})

test('a route of thousands is as quick to be told as it is to be read', () => {
  const routes = Array.from({ length: 5_000 }, () => '{match: 5}').join(', ')
  const [first] = deriveCrd(worldOf(`${SHOP}\n---\n${object('IngressRoute', `{routes: [${routes}]}`)}`), {}).problems
  expect(first!.origin!.field).toBe('spec.routes[0].match')
})

test('a thousand broken objects are told in a hundred lines, errors first', () => {
  const manifests = Array.from({ length: 1000 }, (_, i) =>
    service(`{name: sho${i % 2 === 0 ? 'p' : ''}, port: 80, x: 1}`).replace('name: bad', `name: bad${i}`),
  )
  const { problems } = deriveCrd(worldOf([SHOP, ...manifests].join('\n---\n')), {})
  expect(problems).toHaveLength(101)
  expect(problems[0]).toMatchObject({ severity: 'error', hint: 'did you mean "shop"?' })
  expect(problems.at(-1)!.message).toBe('and 1400 more problems')
})
