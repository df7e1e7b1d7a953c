import { describe, expect, test } from 'vitest'
import { deriveGateways } from '../../../../src/compiler/discovery/kubernetes/gateway/derive.ts'
import type { TcpConfig } from '../../../../src/compiler/dynamic/tcp.ts'
import { streamsIn } from '../../../support/streams.ts'
import { gatewayOptions } from './gateway-options.ts'
import { worldOf } from './manifests.ts'

const GROUP = 'gateway.networking.k8s.io'
const object = (kind: string, name: string, spec: string) =>
  `{apiVersion: ${GROUP}/v1, kind: ${kind}, metadata: {name: ${name}}, spec: ${spec}}`
const gateway = (name: string, hostname: string | null, mode = 'Passthrough') =>
  object(
    'Gateway',
    name,
    `{gatewayClassName: ours, listeners: [{name: tls, port: 1, protocol: TLS, ${hostname === null ? '' : `hostname: "${hostname}", `}tls: {mode: ${mode}, certificateRefs: [{name: pair}]}}]}`,
  )
const route = (name: string, of: string, hostname: string, to: string) =>
  object(
    'TLSRoute',
    name,
    `{parentRefs: [{name: ${of}}], hostnames: ["${hostname}"], rules: [{backendRefs: [{name: ${to}, port: 443}]}]}`,
  )
const service = (name: string, address: string) => [
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {ports: [{name: tls, port: 443}]}}`,
  `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ${name}-1, labels: {kubernetes.io/service-name: ${name}}}, ports: [{name: tls, port: 8443}], endpoints: [{addresses: [${address}], conditions: {ready: true}}]}`,
]
const BASE = [
  `{apiVersion: ${GROUP}/v1, kind: GatewayClass, metadata: {name: ours}, spec: {controllerName: traefik.io/gateway-controller}}`,
  '{apiVersion: v1, kind: Secret, metadata: {name: pair}, stringData: {tls.crt: c, tls.key: k}}',
  ...service('one', '10.0.0.1'),
  ...service('two', '10.0.0.2'),
]

const derived = (...manifests: readonly string[]) => {
  const options = gatewayOptions({ faultOf: () => null }, { e: ':1' })
  return deriveGateways(worldOf([...BASE, ...manifests].join('\n---\n')), options).config.tcp!
}

/** Where a connection by a name goes: an address, `close`, `https`. */
function towards(tcp: TcpConfig) {
  const { plan, streams } = streamsIn({ tcp })
  expect(plan.problems).toEqual([])
  return (serverName: string, protocols: readonly string[] = []): string => {
    const table = streams.tcp.get('e')!
    const decision = table.decide({ protocol: 'tls', serverName, protocols, clientAddress: '192.0.2.1' })
    return decision.kind === 'forward' ? decision.target.address : decision.kind
  }
}

const ONE = '10.0.0.1:8443'
const TWO = '10.0.0.2:8443'

describe('TLS by the server name', () => {
  test('goes to its route, and other names are refused before TLS begins', () => {
    const tcp = derived(gateway('edge', null), route('a', 'edge', 'a.test', 'one'), route('w', 'edge', '*.test', 'two'))
    const to = towards(tcp)
    expect(to('a.test')).toBe(ONE)
    expect(to('b.test')).toBe(TWO)
    expect(to('other.example')).toBe('close')
    // Who speaks HTTP may be meant by an HTTPRoute.
    expect(to('other.example', ['h2', 'http/1.1'])).toBe('https')
    expect(
      Object.values(tcp.routers!)
        .map(({ priority }) => priority)
        .sort(),
    ).toEqual([1, 5, 6])
  })

  test('a name belongs to the narrowest listener that is for it', () => {
    const to = towards(
      derived(
        ...[
          gateway('exact', 'abc.example.com'),
          gateway('narrow', '*.example.com'),
          gateway('wide', '*.com'),
          gateway('all', null),
        ],
        route('r1', 'exact', '*.example.com', 'one'),
        ...[route('r2', 'narrow', 'abc.example.com', 'one'), route('r3', 'narrow', '*.com', 'two')],
        ...[route('r4', 'wide', 'abc.example.com', 'one'), route('r5', 'wide', '*.example.com', 'two')],
        ...[route('r6', 'all', 'abc.example.com', 'one'), route('r7', 'all', '*.com', 'two')],
      ),
    )
    expect(to('abc.example.com')).toBe(ONE)
    expect(to('other.example.com')).toBe(TWO)
    // It is of the listener `*.com`, whatever the routes of the one for all names.
    expect(to('non.matching.com')).toBe('close')
    expect(to('non.matching.org')).toBe('close')
  })

  test('whichever of the routes is the oldest, and whichever listener comes first', () => {
    const to = towards(
      derived(
        ...[gateway('exact', 'abc.example.com'), gateway('all', null)],
        ...[route('a', 'all', 'abc.example.com', 'two'), route('b', 'exact', '*.example.com', 'one')],
      ),
    )
    expect(to('abc.example.com')).toBe(ONE)
    const listener = (name: string, hostname: string) =>
      `{name: ${name}, port: 1, protocol: TLS, ${hostname}tls: {mode: Passthrough}}`
    const both = object(
      'Gateway',
      'both',
      `{gatewayClassName: ours, listeners: [${listener('wide', '')}, ${listener('narrow', 'hostname: "*.example.com", ')}]}`,
    )
    expect(towards(derived(both, route('a', 'both', 'abc.example.com', 'one')))('abc.example.com')).toBe(ONE)
    const sections = object(
      'TLSRoute',
      'a',
      '{parentRefs: [{name: both, sectionName: wide}, {name: both, sectionName: narrow}], hostnames: [abc.example.com], rules: [{backendRefs: [{name: one, port: 443}]}]}',
    )
    expect(towards(derived(both, sections))('abc.example.com')).toBe(ONE)
  })

  test('so it is where the narrow listener has no route at all', () => {
    const to = towards(
      derived(gateway('narrow', '*.example.com'), gateway('wide', '*.com'), route('r', 'wide', '*.com', 'one')),
    )
    expect(to('a.com')).toBe(ONE)
    expect(to('a.example.com')).toBe('close')
  })
})

describe('TLS to servers', () => {
  const policy = object(
    'BackendTLSPolicy',
    'p',
    '{targetRefs: [{group: "", kind: Service, name: one}], validation: {hostname: one.internal, wellKnownCACertificates: System, subjectAltNames: [{type: Hostname, hostname: one.test}]}}',
  )
  const of = (mode: string) => derived(gateway('edge', null, mode), route('a', 'edge', 'a.test', 'one'), policy)

  test('is spoken where it ends here and a policy says so', () => {
    const { services, serversTransports } = of('Terminate')
    const [name] = Object.keys(serversTransports!)
    expect(serversTransports![name!]!.tls).toEqual({
      serverName: 'one.internal',
      insecureSkipVerify: true,
      peerCertSANs: [{ type: 'DNSName', value: 'one.test' }],
    })
    expect(services![name!]!.loadBalancer).toEqual({ servers: [{ address: ONE, tls: true }], serversTransport: name })
  })

  test('what passes through is TLS already', () => {
    const { services, serversTransports } = of('Passthrough')
    expect(serversTransports).toBeUndefined()
    expect(Object.values(services!).flatMap(({ loadBalancer }) => loadBalancer?.servers ?? [])).toEqual([
      { address: ONE },
    ])
  })
})
