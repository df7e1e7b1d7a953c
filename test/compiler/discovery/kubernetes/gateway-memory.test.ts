import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveGateways, GatewayDerivation } from '../../../../src/compiler/discovery/kubernetes/gateway/derive.ts'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { ObjectWorld } from '../../../../src/compiler/discovery/kubernetes/world.ts'
import { gatewayOptions } from './gateway-options.ts'
import { expectIncremental } from './incremental.ts'
import { objectsOf, worldOf } from './manifests.ts'

const GROUP = 'gateway.networking.k8s.io'
const CONTROLLER = 'traefik.io/gateway-controller'
const namespace = fc.constantFrom('shop', 'team')
const name = fc.constantFrom('a', 'b')
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const without = (value: object): object => JSON.parse(JSON.stringify(value)) as object
const record = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>) => fc.record(fields).map(without)

const object = (apiVersion: string, kind: string, rest: fc.Arbitrary<object>) =>
  fc
    .tuple(namespace, name, maybe(fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z')), rest)
    .map(([namespace, own, creationTimestamp, more]) =>
      without({ apiVersion, kind, metadata: { name: own, namespace, creationTimestamp, generation: 1 }, ...more }),
    ) as fc.Arbitrary<KubernetesObject>

const hostname = fc.constantFrom('a.test', '*.test', 'b.test')
const listener = record({
  name: fc.constantFrom('one', 'two'),
  port: fc.constantFrom(80, 443, 9),
  protocol: fc.constantFrom('HTTP', 'HTTPS', 'TLS', 'TCP'),
  hostname: maybe(hostname),
  tls: maybe(
    record({
      mode: fc.constantFrom('Terminate', 'Passthrough'),
      certificateRefs: maybe(fc.array(record({ name, namespace: maybe(namespace) }), { maxLength: 1 })),
    }),
  ),
  allowedRoutes: maybe(
    record({
      namespaces: record({
        from: fc.constantFrom('All', 'Same', 'Selector'),
        selector: maybe(fc.constant({ matchLabels: { team: 'x' } })),
      }),
    }),
  ),
})
const ref = record({
  name: fc.constantFrom('a', 'b', 'none'),
  namespace: maybe(namespace),
  port: fc.constantFrom(80, 81),
  weight: maybe(fc.nat(2)),
})
const parentRefs = fc.array(
  record({ name, namespace: maybe(namespace), sectionName: maybe(fc.constantFrom('one', 'two')) }),
  { maxLength: 2 },
)
const filter = fc.constantFrom<object>(
  { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'X', value: '1' }] } },
  { type: 'RequestMirror', requestMirror: { backendRef: { name: 'b', port: 80 }, percent: 5 } },
  { type: 'ExtensionRef', extensionRef: { group: 'traefik.io', kind: 'Middleware', name: 'm' } },
  { type: 'Odd' },
)
const hostnames = maybe(fc.array(hostname, { maxLength: 2 }))
const status = maybe(
  fc.constantFrom<object>(
    { parents: [{ controllerName: CONTROLLER, parentRef: { name: 'a' }, conditions: [] }] },
    { parents: [{ controllerName: 'x', parentRef: { name: 'a' }, conditions: [] }] },
    { ancestors: [{ controllerName: CONTROLLER, ancestorRef: { name: 'a' }, conditions: [] }] },
  ),
)
const route = (kind: string, version: string, rule: fc.Arbitrary<object>) =>
  object(
    `${GROUP}/${version}`,
    kind,
    fc.record({ spec: record({ parentRefs, hostnames, rules: fc.array(rule, { maxLength: 2 }) }), status }),
  )

const anyObject = fc.oneof(
  fc.record({ name, controller: fc.constantFrom(CONTROLLER, 'x') }).map(
    ({ name, controller }): KubernetesObject => ({
      apiVersion: `${GROUP}/v1`,
      kind: 'GatewayClass',
      metadata: { name },
      spec: { controllerName: controller },
    }),
  ),
  fc
    .record({ name: namespace, labels: fc.constantFrom<Record<string, string>>({ team: 'x' }, {}) })
    .map((metadata): KubernetesObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata })),
  object(
    `${GROUP}/v1`,
    'Gateway',
    fc.record({ spec: record({ gatewayClassName: name, listeners: fc.array(listener, { maxLength: 3 }) }), status }),
  ),
  route(
    'HTTPRoute',
    'v1',
    record({ filters: maybe(fc.array(filter, { maxLength: 1 })), backendRefs: fc.array(ref, { maxLength: 2 }) }),
  ),
  route('GRPCRoute', 'v1', record({ backendRefs: fc.array(ref, { maxLength: 2 }) })),
  route('TLSRoute', 'v1', record({ backendRefs: fc.array(ref, { maxLength: 2 }) })),
  route('TCPRoute', 'v1alpha2', record({ backendRefs: fc.array(ref, { maxLength: 2 }) })),
  object(
    'v1',
    'Service',
    fc.constantFrom<object>(
      { spec: { ports: [{ port: 80, name: 'web' }], clusterIP: '10.96.0.1' } },
      { spec: { ports: [{ port: 81, name: 'other', appProtocol: 'odd' }] } },
      { spec: { ports: [{ port: 80, name: 'web' }] }, status: { loadBalancer: { ingress: [{ ip: '1.1.1.1' }] } } },
    ),
  ),
  object('v1', 'Secret', fc.constantFrom<object>({ data: { 'tls.crt': btoa('c'), 'tls.key': btoa('k') } }, {})),
  object(
    'v1',
    'ConfigMap',
    fc.constantFrom<object>({ data: { 'ca.crt': '-----BEGIN CERTIFICATE-----' } }, { data: {} }),
  ),
  object(
    `${GROUP}/v1beta1`,
    'ReferenceGrant',
    record({
      spec: record({
        from: fc.tuple(
          record({
            group: fc.constant(GROUP),
            kind: fc.constantFrom('HTTPRoute', 'Gateway', 'TLSRoute'),
            namespace,
          }),
        ),
        to: fc.tuple(record({ group: fc.constant(''), kind: fc.constantFrom('Service', 'Secret') })),
      }),
    }),
  ),
  object(
    `${GROUP}/v1`,
    'BackendTLSPolicy',
    fc.record({
      spec: record({
        targetRefs: fc.tuple(
          record({
            group: fc.constant(''),
            kind: fc.constant('Service'),
            name,
            sectionName: maybe(fc.constant('web')),
          }),
        ),
        validation: record({
          hostname: fc.constant('x.test'),
          caCertificateRefs: fc.tuple(record({ group: fc.constant(''), kind: fc.constant('ConfigMap'), name })),
        }),
      }),
      status,
    }),
  ),
  fc.record({ namespace, of: name, own: name, address: fc.constantFrom('10.0.0.1', '10.0.0.2') }).map(
    ({ namespace, of, own, address }): KubernetesObject => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: own, namespace, labels: { 'kubernetes.io/service-name': of } },
      ports: [{ name: 'web', port: 8080 }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    }),
  ),
)

const slice = (of: string, address: string) =>
  `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ${of}-1, labels: {kubernetes.io/service-name: ${of}}}, ports: [{name: web, port: 8080}], endpoints: [{addresses: ["${address}"], conditions: {ready: true}}]}`
const service = (own: string) =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${own}}, spec: {ports: [{name: web, port: 80}]}}`
const httpRoute = (own: string, of: string) =>
  `{apiVersion: ${GROUP}/v1, kind: HTTPRoute, metadata: {name: ${own}}, spec: {parentRefs: [{name: edge}], hostnames: [${own}.test], rules: [{backendRefs: [{name: ${of}, port: 80}]}]}}`
const edge = (status = '{}') =>
  `{apiVersion: ${GROUP}/v1, kind: Gateway, metadata: {name: edge}, spec: {gatewayClassName: ours, listeners: [{name: web, port: 80, protocol: HTTP}]}, status: ${status}}`
const SHOP = [
  `{apiVersion: ${GROUP}/v1, kind: GatewayClass, metadata: {name: ours}, spec: {controllerName: ${CONTROLLER}}}`,
  ...[edge(), httpRoute('front', 'shop'), httpRoute('back', 'other'), service('shop'), service('other')],
  ...[slice('shop', '10.0.0.1'), slice('other', '10.0.0.2')],
].join('\n---\n')

describe('a derivation with a memory', () => {
  test('says the same as one without, after any changes', () => {
    const step = fc.array(fc.tuple(anyObject, fc.boolean()), { maxLength: 10 })
    const options = fc.record(
      {
        crossProviderNamespaces: fc.constant<string[]>(['shop']),
        nativeLBByDefault: fc.boolean(),
        experimentalChannel: fc.boolean(),
        gateways: fc.constant<{ name: string; namespace: string }[]>([{ name: 'a', namespace: 'shop' }]),
        namespaces: fc.constant<string[]>(['shop']),
        crd: fc.constant({}),
        faultOf: fc.constant(() => null),
        statusAddress: fc.constantFrom<object>({ ip: '1.2.3.4' }, { service: { name: 'a', namespace: 'shop' } }),
      },
      { requiredKeys: [] },
    )
    expectIncremental(
      step,
      options.map((given) => gatewayOptions(given)),
      (given) => new GatewayDerivation(given),
      deriveGateways,
    )
  })

  const changed = (...manifests: readonly string[]) => {
    const world = worldOf(SHOP)
    const derivation = new GatewayDerivation(gatewayOptions())
    const before = derivation.derive(world)
    for (const object of objectsOf(manifests.join('\n---\n'))) world.set(object)
    return { before, after: derivation.derive(world) }
  }

  test('what did not change is the same object', () => {
    const { before, after } = changed(slice('shop', '10.0.0.9'))
    const [services, others] = [before.config.http!.services!, after.config.http!.services!]
    const differing = Object.keys(services).filter((name) => services[name] !== others[name])
    expect(differing).toHaveLength(1)
    expect(differing[0]).toMatch(/-svc-default-shop-0$/)
    expect(after.config.http!.routers).toEqual(before.config.http!.routers)
    for (const [name, router] of Object.entries(before.config.http!.routers!)) {
      expect(after.config.http!.routers![name], name).toBe(router)
    }
    for (const status of before.statuses) expect(after.statuses).toContain(status)
  })

  test('a status that is written concerns no route', () => {
    const { before, after } = changed(edge('{addresses: []}'))
    for (const map of ['routers', 'services'] as const) {
      for (const [name, element] of Object.entries(before.config.http![map]!)) {
        expect(after.config.http![map]![name], name).toBe(element)
      }
    }
  })

  test('nothing left clears', () => {
    const cleared = { config: { http: { routers: {} } }, problems: [], statuses: [] }
    expect(new GatewayDerivation(gatewayOptions()).derive(new ObjectWorld())).toEqual(cleared)
  })

  test('an element says what it is made of', () => {
    const derivation = new GatewayDerivation(gatewayOptions())
    const [router] = Object.keys(derivation.derive(worldOf(SHOP)).config.http!.routers!)
    expect(derivation.originOf('http', 'routers', router!)).toEqual({
      item: expect.stringMatching(/^HTTPRoute default\/(front|back)$/),
      field: 'spec.rules[0]',
    })
    expect(derivation.originOf('http', 'routers', 'nope')).toBeNull()
  })
})
