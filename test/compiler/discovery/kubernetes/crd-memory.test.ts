import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CrdDerivation, deriveCrd } from '../../../../src/compiler/discovery/kubernetes/crd/derive.ts'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { ObjectWorld, type World } from '../../../../src/compiler/discovery/kubernetes/world.ts'
import { objectsOf, worldOf } from './manifests.ts'

const NAMESPACES = ['shop', 'shop-a']
const NAMES = ['a', 'b', 'a-b']
const API = 'traefik.io/v1alpha1'

const name = fc.constantFrom(...NAMES)
const reference = fc.record({ name }, { requiredKeys: ['name'] })
const service = fc.record(
  {
    name: fc.oneof(name, fc.constant('api@internal')),
    namespace: fc.constantFrom(...NAMESPACES),
    kind: fc.constantFrom('Service', 'TraefikService'),
    port: fc.constantFrom<number | string>(80, 'web', 81),
    serversTransport: name,
    middlewares: fc.array(reference, { maxLength: 1 }),
    weight: fc.nat(3),
  },
  { requiredKeys: ['name', 'port'] },
)
const services = fc.array(service, { maxLength: 2 })
const match = fc.constantFrom('Host(`a`)', 'Host(`b`)', '')
const tls = fc.record({ secretName: name, options: reference }, { requiredKeys: [] })

/** Specs of each kind, good and bad ones. */
const SPECS: Readonly<Record<string, fc.Arbitrary<object>>> = {
  IngressRoute: fc.record(
    {
      routes: fc.array(fc.record({ match, services, middlewares: fc.array(reference, { maxLength: 2 }) }), {
        maxLength: 2,
      }),
      parentRefs: fc.array(reference, { maxLength: 1 }),
      tls,
      ingressClassName: fc.constantFrom('traefik', 'other'),
    },
    { requiredKeys: ['routes'] },
  ),
  IngressRouteTCP: fc.record({ routes: fc.array(fc.record({ match, services }), { maxLength: 2 }), tls }),
  IngressRouteUDP: fc.record({ routes: fc.array(fc.record({ services }), { maxLength: 2 }) }),
  Middleware: fc.oneof(
    fc.record({ basicAuth: fc.record({ secret: name }) }),
    fc.record({ chain: fc.record({ middlewares: fc.array(reference, { maxLength: 2 }) }) }),
    fc.record({ errors: fc.record({ service }) }),
    fc.record({ addPrefix: fc.record({ prefix: fc.constantFrom('/a', '/b') }), nonsense: fc.boolean() }),
  ),
  TraefikService: fc.oneof(
    fc.record({ weighted: fc.record({ services }) }),
    fc.record({ failover: fc.record({ service, fallback: service }) }),
  ),
  ServersTransport: fc.record({ rootCAs: fc.array(fc.record({ configMap: name }), { maxLength: 2 }) }),
  TLSOption: fc.record({ clientAuth: fc.record({ secretNames: fc.array(name, { maxLength: 2 }) }) }),
  TLSStore: fc.record({ certificates: fc.array(fc.record({ secretName: name }), { maxLength: 2 }) }),
}

const object = (kind: string, apiVersion: string, rest: fc.Arbitrary<object>): fc.Arbitrary<KubernetesObject> =>
  fc
    .tuple(fc.constantFrom(...NAMESPACES), kind.startsWith('TLS') ? fc.constantFrom(...NAMES, 'default') : name, rest)
    .map(([namespace, own, more]) => ({ apiVersion, kind, metadata: { name: own, namespace }, ...more }))

const address = fc.constantFrom('10.0.0.1', '10.0.0.2')

const anyObject = fc.oneof(
  ...Object.entries(SPECS).map(([kind, spec]) => object(kind, API, fc.record({ spec }))),
  object(
    'Service',
    'v1',
    fc.constantFrom<object>(
      { spec: { ports: [{ port: 80, name: 'web' }] } },
      { spec: { ports: [{ port: 81 }], clusterIP: 'None' } },
      { spec: { type: 'ExternalName', externalName: 'x.test' } },
    ),
  ),
  object(
    'Secret',
    'v1',
    fc.constantFrom<object>(
      { data: { users: btoa('a:b') } },
      { data: { 'tls.crt': btoa('c'), 'tls.key': btoa('k') } },
      { data: { 'ca.crt': btoa('ca') } },
    ),
  ),
  object('ConfigMap', 'v1', fc.constantFrom<object>({ data: { 'ca.crt': 'ca' } }, {})),
  fc.record({ namespace: fc.constantFrom(...NAMESPACES), of: name, own: name, address }).map(
    ({ namespace, of, own, address }): KubernetesObject => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: own, namespace, labels: { 'kubernetes.io/service-name': of } },
      ports: [{ name: 'web', port: 8080 }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    }),
  ),
)

describe('a derivation with a memory', () => {
  test('says the same as one without, after any changes', () => {
    const step = fc.record({ changes: fc.array(fc.tuple(anyObject, fc.boolean()), { maxLength: 8 }) })
    const options = fc.record({ allowCrossNamespace: fc.boolean(), safeNaming: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10 }), options, (steps, options) => {
        const world = new ObjectWorld()
        const derivation = new CrdDerivation(options)
        for (const { changes } of steps) {
          for (const [object, isThere] of changes) {
            if (isThere) world.set(object)
            else world.delete(object)
          }
          expect(derivation.derive(world)).toEqual(deriveCrd(world, options))
        }
      }),
      { numRuns: 300 },
    )
  })

  const SHOP = `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: front}
spec:
  routes:
    - {match: Host(\`a\`), services: [{name: shop, port: 80}], middlewares: [{name: auth}]}
    - {match: Host(\`b\`), services: [{name: other, port: 80}]}
---
{apiVersion: traefik.io/v1alpha1, kind: Middleware, metadata: {name: auth}, spec: {basicAuth: {secret: users}}}
---
{apiVersion: v1, kind: Secret, metadata: {name: users}, stringData: {users: 'a:b'}}
---
{apiVersion: v1, kind: Service, metadata: {name: shop}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: other}, spec: {ports: [{port: 80}]}}
---
${slice('shop', '10.0.0.1')}
---
${slice('other', '10.0.0.2')}
`
  function slice(of: string, address: string): string {
    return `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ${of}-1, labels: {kubernetes.io/service-name: ${of}}}, ports: [{port: 8080}], endpoints: [{addresses: ["${address}"], conditions: {ready: true}}]}`
  }

  test('what did not change is the same object', () => {
    const world = worldOf(SHOP)
    const derivation = new CrdDerivation({})
    const before = derivation.derive(world).config.http!
    for (const object of objectsOf(slice('shop', '10.0.0.9'))) world.set(object)
    const after = derivation.derive(world).config.http!
    const [first, second] = Object.keys(before.routers!) as [string, string]
    expect(after.services![first]).not.toEqual(before.services![first])
    expect(after.services![second]).toBe(before.services![second])
    expect(after.routers![first]).toBe(before.routers![first])
    expect(after.middlewares!['default-auth']).toBe(before.middlewares!['default-auth'])
  })

  test('a Secret that changes changes the middleware alone', () => {
    const world = worldOf(SHOP)
    const derivation = new CrdDerivation({})
    const before = derivation.derive(world).config.http!
    const [secret] = objectsOf("{apiVersion: v1, kind: Secret, metadata: {name: users}, stringData: {users: 'c:d'}}")
    world.set(secret!)
    const after = derivation.derive(world).config.http!
    expect(after.middlewares!['default-auth']).toMatchObject({ basicAuth: { users: ['c:d'] } })
    for (const router of Object.keys(before.routers!)) expect(after.routers![router]).toBe(before.routers![router])
  })

  test('a world that makes its lists anew is asked for each object again', () => {
    const world = worldOf(SHOP)
    const asked: string[] = []
    const asking: World = {
      list: (kind) => [...world.list(kind)],
      get(kind, namespace, name) {
        asked.push(`${kind} ${namespace}/${name}`)
        return world.get(kind, namespace, name)
      },
      slicesOf: (namespace, service) => world.slicesOf(namespace, service),
    }
    const derivation = new CrdDerivation({})
    const first = derivation.derive(asking)
    for (let round = 0; round < 3; round++) {
      asked.length = 0
      expect(derivation.derive(asking).config.http!.middlewares!['default-auth']).toBe(
        first.config.http!.middlewares!['default-auth'],
      )
      expect(asked).toContain('Secret default/users')
    }
  })

  test('nothing left clears', () => {
    expect(new CrdDerivation({}).derive(new ObjectWorld())).toEqual({ config: { http: { routers: {} } }, problems: [] })
  })
})
