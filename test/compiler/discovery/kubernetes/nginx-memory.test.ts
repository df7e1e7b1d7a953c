import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveNginx, NginxDerivation } from '../../../../src/compiler/discovery/kubernetes/ingress-nginx/derive.ts'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { ObjectWorld } from '../../../../src/compiler/discovery/kubernetes/world.ts'
import { expectIncremental } from './incremental.ts'
import { objectsOf, worldOf } from './manifests.ts'
import { nginxOptions } from './nginx-options.ts'

const NAMESPACES = ['shop', 'shop-a']
const name = fc.constantFrom('a', 'b', 'a-b')
const namespace = fc.constantFrom(...NAMESPACES)

const backend = fc.record({
  service: fc.record({ name, port: fc.constantFrom<object>({ number: 80 }, { name: 'web' }, { number: 81 }) }),
})
const path = fc.record({
  path: fc.constantFrom('/x', '/', '/r(.*)'),
  pathType: fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific'),
  backend,
})
const rules = fc.array(
  fc.record({
    host: fc.constantFrom('a.test', 'www.a.test', 'al.test', ''),
    http: fc.record({ paths: fc.array(path, { maxLength: 2 }) }),
  }),
  { maxLength: 2 },
)

/** Those that say something to other Ingresses, and those that read objects. */
const annotations = fc.dictionary(
  fc
    .constantFrom(
      ...[
        'canary',
        'use-regex',
        'server-alias',
        'server-snippet',
        'app-root',
        'from-to-www-redirect',
        'rewrite-target',
      ],
      ...['canary-weight', 'canary-by-header', 'auth-type', 'auth-secret', 'custom-headers', 'auth-tls-secret'],
      ...['custom-http-errors', 'default-backend', 'ssl-passthrough', 'service-upstream', 'affinity', 'unknown'],
    )
    .map((own) => `nginx.ingress.kubernetes.io/${own}`),
  fc.constantFrom('true', 'a', 'basic', 'shop/a', '/a', '5', 'al.test', 'b.test,al.test'),
  { maxKeys: 3 },
)

const object = (apiVersion: string, kind: string, notes: fc.Arbitrary<object>, rest: fc.Arbitrary<object>) =>
  fc.tuple(namespace, name, notes, rest, fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z')).map(
    ([namespace, own, annotations, more, creationTimestamp]) =>
      ({
        apiVersion,
        kind,
        metadata: { name: own, namespace, annotations, creationTimestamp },
        ...more,
      }) as KubernetesObject,
  )

const plain = fc.constant({})

const ofCluster = (kind: string, own: fc.Arbitrary<string>, rest: fc.Arbitrary<object>) =>
  fc.tuple(own, rest).map(
    ([own, more]) =>
      ({
        apiVersion: 'v1',
        kind,
        ...more,
        metadata: { name: own, ...('metadata' in more ? (more.metadata as object) : {}) },
      }) as KubernetesObject,
  )

const anyObject = fc.oneof(
  {
    weight: 4,
    arbitrary: object(
      'networking.k8s.io/v1',
      'Ingress',
      fc
        .tuple(annotations, fc.constantFrom<object>({}, { 'kubernetes.io/ingress.class': 'nginx' }))
        .map(([own, more]) => ({ ...own, ...more })),
      fc.record({
        spec: fc.record(
          {
            ingressClassName: fc.constantFrom('nginx', 'inside'),
            defaultBackend: backend,
            tls: fc.array(fc.record({ secretName: name }), { maxLength: 2 }),
            rules,
          },
          { requiredKeys: [] },
        ),
      }),
    ),
  },
  object(
    'v1',
    'Service',
    plain,
    fc.constantFrom<object>(
      { spec: { ports: [{ port: 80, name: 'web' }], clusterIP: '10.96.0.1' } },
      { spec: { ports: [{ port: 81 }], clusterIP: 'None' } },
      { spec: { type: 'ExternalName', externalName: 'x.test', ports: [{ port: 80 }] } },
    ),
  ),
  object(
    'v1',
    'Secret',
    plain,
    fc.constantFrom<object>(
      { data: { 'tls.crt': btoa('c'), 'tls.key': btoa('k') } },
      { data: { auth: btoa('jo:x') } },
      { data: { 'ca.crt': btoa('ca') } },
      { data: {} },
    ),
  ),
  object('v1', 'ConfigMap', plain, fc.constantFrom<object>({ data: { 'X-One': 'a' } }, { data: { 'X-Two': 'a' } })),
  ofCluster(
    'IngressClass',
    fc.constantFrom('nginx', 'inside'),
    fc.constantFrom('k8s.io/ingress-nginx', 'x').map((controller) => ({ spec: { controller } })),
  ),
  ofCluster(
    'Namespace',
    namespace,
    fc.constantFrom('a', 'b').map((team) => ({ metadata: { labels: { team } } })),
  ),
  fc.record({ namespace, of: name, own: name, address: fc.constantFrom('10.0.0.1', '10.0.0.2') }).map(
    ({ namespace, of, own, address }): KubernetesObject => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: own, namespace, labels: { 'kubernetes.io/service-name': of } },
      ports: [{ name: 'web', port: 8080 }],
      endpoints: [{ addresses: [address] }],
    }),
  ),
)

const slice = (of: string, address: string) =>
  `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ${of}-1, labels: {kubernetes.io/service-name: ${of}}}, ports: [{name: web, port: 8080}], endpoints: [{addresses: ["${address}"]}]}`
const ingress = (own: string, of: string, notes = '', host = `${own}.test`) =>
  `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: ${own}, annotations: {kubernetes.io/ingress.class: nginx, ${notes}}}, spec: {tls: [{secretName: cert}], rules: [{host: ${host}, http: {paths: [{path: /${own}, backend: {service: {name: ${of}, port: {number: 80}}}}]}}]}}`
const service = (own: string) =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${own}}, spec: {ports: [{name: web, port: 80}]}}`
const SECRET = '{apiVersion: v1, kind: Secret, metadata: {name: cert}, stringData: {tls.crt: c, tls.key: k}}'
const SHOP = [
  ...[ingress('front', 'shop'), ingress('again', 'shop'), ingress('back', 'other'), service('shop'), service('other')],
  ...[slice('shop', '10.0.0.1'), slice('other', '10.0.0.2'), SECRET],
].join('\n---\n')

describe('a derivation with a memory', () => {
  test('says the same as one without, after any changes', () => {
    const step = fc.array(fc.tuple(anyObject, fc.boolean()), { maxLength: 8 })
    const options = fc
      .record(
        {
          allowCrossNamespaceResources: fc.boolean(),
          allowSnippetAnnotations: fc.boolean(),
          strictValidatePathType: fc.boolean(),
          watchIngressWithoutClass: fc.boolean(),
          globalAllowedResponseHeaders: fc.constant<string[]>(['X-One']),
          defaultBackendService: fc.constantFrom('shop/a', 'shop'),
          watchNamespaceSelector: fc.constantFrom('team=a', 'team in (a,b)', '!!'),
          publishStatusAddress: fc.constant<string[]>(['1.2.3.4']),
          publishService: fc.constant('shop/a'),
        },
        { requiredKeys: [] },
      )
      .map((own) => nginxOptions(own))
    expectIncremental(step, options, (given) => new NginxDerivation(given), deriveNginx)
  })

  const changed = (...manifests: readonly string[]) => {
    const world = worldOf(SHOP)
    const derivation = new NginxDerivation(nginxOptions())
    const before = derivation.derive(world)
    for (const object of objectsOf(manifests.join('\n---\n'))) world.set(object)
    return { before: before.config, after: derivation.derive(world).config }
  }

  test('what did not change is the same object', () => {
    const { before, after } = changed(slice('shop', '10.0.0.9'))
    expect(after.http!.services!['default-front-shop-80']).not.toEqual(before.http!.services!['default-front-shop-80'])
    expect(after.http!.services!['default-back-other-80']).toBe(before.http!.services!['default-back-other-80'])
    for (const [own, router] of Object.entries(before.http!.routers!)) {
      expect(after.http!.routers![own], own).toBe(router)
    }
    expect(after.tls!.certificates![0]).toBe(before.tls!.certificates![0])
  })

  test.each([
    ['an expression', 'nginx.ingress.kubernetes.io/use-regex: "true"', /rule-0-path-0/],
    ['a snippet', 'nginx.ingress.kubernetes.io/server-snippet: "set $a b;"', /snippet/],
  ])('another Ingress of the host concerns it: %s', (_, notes, touched) => {
    const world = worldOf(SHOP)
    const derivation = new NginxDerivation(nginxOptions({ allowSnippetAnnotations: true }))
    const before = derivation.derive(world).config
    for (const object of objectsOf(ingress('more', 'shop', notes, 'front.test'))) world.set(object)
    const { config } = derivation.derive(world)
    const front = 'default-front-rule-0-path-0'
    expect(config.http!.routers![front]).not.toEqual(before.http!.routers![front])
    expect(JSON.stringify(config.http!.routers![front])).toMatch(touched)
    expect(config.http!.routers!['default-again-rule-0-path-0']).toBe(
      before.http!.routers!['default-again-rule-0-path-0'],
    )
  })

  test('nothing left leaves the service that answers 503', () => {
    const { config, problems, statuses } = new NginxDerivation(nginxOptions()).derive(new ObjectWorld())
    expect(Object.keys(config.http!.services!)).toEqual(['unavailable-service'])
    expect(config.http!.routers).toEqual({})
    expect([problems, statuses]).toEqual([[], []])
  })

  test('an element says what it is made of', () => {
    const derivation = new NginxDerivation(nginxOptions())
    derivation.derive(worldOf(SHOP))
    expect(derivation.originOf('http', 'routers', 'default-front-rule-0-path-0')).toEqual({
      item: 'Ingress default/front',
      field: 'spec.rules[0].http.paths[0]',
    })
    expect(derivation.originOf('http', 'routers', 'nope')).toBeNull()
  })
})
