import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveIngresses, IngressDerivation } from '../../../../src/compiler/discovery/kubernetes/ingress/derive.ts'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { ObjectWorld } from '../../../../src/compiler/discovery/kubernetes/world.ts'
import { expectIncremental } from './incremental.ts'
import { objectsOf, worldOf } from './manifests.ts'

const NAMESPACES = ['shop', 'shop-a']
const name = fc.constantFrom('a', 'b', 'a-b')
const namespace = fc.constantFrom(...NAMESPACES)

const backend = fc.oneof(
  fc.record({
    service: fc.record({ name, port: fc.constantFrom<object>({ number: 80 }, { name: 'web' }, { number: 81 }) }),
  }),
  fc.constant({ resource: { kind: 'Bucket', name: 'x' } }),
)
const path = fc.record({ path: fc.constantFrom('/x', '/y', ''), pathType: fc.constantFrom('Exact', 'Prefix'), backend })
const rules = fc.array(
  fc.record({
    host: fc.constantFrom('a.test', '*.a.test', ''),
    http: fc.record({ paths: fc.array(path, { maxLength: 2 }) }),
  }),
  { maxLength: 2 },
)

const annotated = (...names: string[]) =>
  fc.dictionary(
    fc.constantFrom(...names.map((one) => `traefik.ingress.kubernetes.io/${one}`)),
    fc.constantFrom('true', 'a', 'a@file', '5'),
    { maxKeys: 2 },
  )

const object = (apiVersion: string, kind: string, annotations: fc.Arbitrary<object>, rest: fc.Arbitrary<object>) =>
  fc
    .tuple(namespace, name, annotations, rest)
    .map(
      ([namespace, own, annotations, more]) =>
        ({ apiVersion, kind, metadata: { name: own, namespace, annotations }, ...more }) as KubernetesObject,
    )

const plain = fc.constant({})

const anyObject = fc.oneof(
  object(
    'networking.k8s.io/v1',
    'Ingress',
    fc
      .tuple(
        annotated('router.middlewares', 'router.priority', 'router.tls', 'router.nonsense', 'router.pathmatcher'),
        fc.constantFrom<object>({}, { 'kubernetes.io/ingress.class': 'other' }),
      )
      .map(([one, other]) => ({ ...one, ...other })),
    fc.record({
      spec: fc.record(
        {
          ingressClassName: fc.constantFrom('edge', 'inside'),
          defaultBackend: backend,
          tls: fc.array(fc.record({ secretName: name }), { maxLength: 2 }),
          rules,
        },
        { requiredKeys: [] },
      ),
    }),
  ),
  object(
    'v1',
    'Service',
    annotated('service.nativelb', 'service.serverstransport', 'service.nonsense', 'service.sticky.cookie'),
    fc.constantFrom<object>(
      { spec: { ports: [{ port: 80, name: 'web' }], clusterIP: '10.96.0.1' } },
      { spec: { ports: [{ port: 81 }], clusterIP: 'None' } },
      {
        spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
        status: { loadBalancer: { ingress: [{ ip: '1.1.1.1' }] } },
      },
      { spec: { type: 'ExternalName', externalName: 'x.test', ports: [{ port: 80 }] } },
    ),
  ),
  object(
    'v1',
    'Secret',
    plain,
    fc.constantFrom<object>({ data: { 'tls.crt': btoa('c'), 'tls.key': btoa('k') } }, { data: {} }),
  ),
  fc
    .record({
      name: fc.constantFrom('edge', 'inside'),
      controller: fc.constantFrom('traefik.io/ingress-controller', 'x'),
    })
    .map(
      ({ name, controller }): KubernetesObject => ({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'IngressClass',
        metadata: { name },
        spec: { controller },
      }),
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
const ingress = (own: string, of: string) =>
  `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: ${own}}, spec: {tls: [{secretName: cert}], rules: [{http: {paths: [{path: /${own}, backend: {service: {name: ${of}, port: {number: 80}}}}]}}]}}`
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
    const options = fc.record(
      {
        crossProviderNamespaces: fc.constant<string[]>(['shop']),
        allowEmptyServices: fc.boolean(),
        allowExternalNameServices: fc.boolean(),
        ingressClass: fc.constant('edge'),
        ingressEndpoint: fc.constantFrom<object>({ ip: '1.2.3.4' }, { publishedService: 'shop/a' }),
      },
      { requiredKeys: [] },
    )
    expectIncremental(step, options, (given) => new IngressDerivation(given), deriveIngresses)
  })

  const changed = (...manifests: readonly string[]) => {
    const world = worldOf(SHOP)
    const derivation = new IngressDerivation({ ingressEndpoint: { ip: '1.2.3.4' } })
    const before = derivation.derive(world)
    for (const object of objectsOf(manifests.join('\n---\n'))) world.set(object)
    return { before: before.config, after: derivation.derive(world).config }
  }

  test('what did not change is the same object', () => {
    const { before, after } = changed(slice('shop', '10.0.0.9'))
    expect(after.http!.services!['default-shop-80']).not.toEqual(before.http!.services!['default-shop-80'])
    expect(after.http!.services!['default-other-80']).toBe(before.http!.services!['default-other-80'])
    for (const [name, router] of Object.entries(before.http!.routers!)) {
      expect(after.http!.routers![name], name).toBe(router)
    }
    expect(after.tls!.certificates![0]).toBe(before.tls!.certificates![0])
  })

  test.each(['aaa', 'zzz'])('one more Ingress of a service leaves the service as it is: %s', (own) => {
    const { before, after } = changed(ingress(own, 'shop'))
    expect(Object.keys(after.http!.routers!)).toHaveLength(4)
    expect(after.http!.services!['default-shop-80']).toBe(before.http!.services!['default-shop-80'])
  })

  test('nothing left clears', () => {
    const cleared = { config: { http: { routers: {} } }, problems: [], statuses: [] }
    expect(new IngressDerivation({}).derive(new ObjectWorld())).toEqual(cleared)
  })

  test('an element says what it is made of', () => {
    const derivation = new IngressDerivation({})
    derivation.derive(worldOf(SHOP))
    expect(derivation.originOf('http', 'routers', 'default-front-front')).toEqual({
      item: 'Ingress default/front',
      field: 'spec.rules[0].http.paths[0]',
    })
    expect(derivation.originOf('http', 'routers', 'nope')).toBeNull()
  })
})
