import { describe, expect, test } from 'vitest'
import { deriveGateways } from '../../../../src/compiler/discovery/kubernetes/gateway/derive.ts'
import type { GatewayOptions } from '../../../../src/compiler/discovery/kubernetes/gateway/options.ts'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { mergedStatus, type StatusUpdate, stamped } from '../../../../src/compiler/discovery/kubernetes/status.ts'
import { gatewayOptions } from './gateway-options.ts'
import { worldOf } from './manifests.ts'

const GROUP = 'gateway.networking.k8s.io'
const CONTROLLER = 'traefik.io/gateway-controller'

const object = (kind: string, name: string, spec: string, more = '') =>
  `{apiVersion: ${GROUP}/v1, kind: ${kind}, metadata: {name: ${name}, generation: 3}, spec: ${spec}${more}}`
const REF = '{name: shop, port: 80}'
const SHOP = [
  `{apiVersion: ${GROUP}/v1, kind: GatewayClass, metadata: {name: ours, generation: 2}, spec: {controllerName: ${CONTROLLER}}}`,
  `{apiVersion: ${GROUP}/v1, kind: GatewayClass, metadata: {name: theirs}, spec: {controllerName: x.test/controller}}`,
  object(
    'Gateway',
    'edge',
    '{gatewayClassName: ours, listeners: [{name: web, port: 80, protocol: HTTP}, {name: bad, port: 81, protocol: HTTP}]}',
  ),
  object('Gateway', 'theirs', '{gatewayClassName: theirs, listeners: [{name: web, port: 80, protocol: HTTP}]}'),
  '{apiVersion: v1, kind: Service, metadata: {name: shop}, spec: {ports: [{name: web, port: 80}]}}',
  '{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: shop-1, labels: {kubernetes.io/service-name: shop}}, ports: [{name: web, port: 8080}], endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]}',
].join('\n---\n')

const statusesOf = (manifests: readonly string[], options: Partial<GatewayOptions> = {}) => {
  const { statuses } = deriveGateways(worldOf([SHOP, ...manifests].join('\n---\n')), gatewayOptions(options))
  const of = (kind: string, name: string) =>
    statuses.find((one) => one.object.kind === kind && one.object.metadata.name === name)
  return { statuses, of }
}

/** `Accepted True Accepted (3)` */
const said = (conditions: unknown): string[] =>
  (conditions as { type: string; status: string; reason: string; observedGeneration?: number }[]).map(
    ({ type, status, reason, observedGeneration }) => `${type} ${status} ${reason} (${observedGeneration})`,
  )

const route = (
  name: string,
  spec = `parentRefs: [{name: edge, sectionName: web}], hostnames: [${name}.test]`,
  more = '',
) => object('HTTPRoute', name, `{${spec}, rules: [{backendRefs: [${REF}]}]}`, more)

describe('what the status should be', () => {
  test('a GatewayClass of ours is accepted and says what is supported', () => {
    const { of } = statusesOf([])
    const { conditions, supportedFeatures } = of('GatewayClass', 'ours')!.status
    expect(said(conditions)).toEqual(['Accepted True Accepted (2)', 'SupportedVersion True SupportedVersion (2)'])
    const names = (supportedFeatures as { name: string }[]).map(({ name }) => name)
    expect(names).toEqual([...names].sort())
    expect(names).toEqual(
      expect.arrayContaining(['HTTPRouteRequestMirror', 'HTTPRouteCORS', 'HTTPRouteRequestTimeout']),
    )
    expect(of('GatewayClass', 'theirs')).toBeUndefined()
    expect(of('Gateway', 'theirs')).toBeUndefined()
  })

  test('a Gateway counts the routes of its listeners, each once, and says which are not served', () => {
    const { of } = statusesOf(
      [route('a'), route('b', 'parentRefs: [{name: edge}, {name: edge, port: 80}], hostnames: [b.test]')],
      { statusAddress: { ip: '192.0.2.1' } },
    )
    const { addresses, conditions, listeners } = of('Gateway', 'edge')!.status as Record<string, never[]>
    expect(addresses).toEqual([{ type: 'IPAddress', value: '192.0.2.1' }])
    expect(said(conditions)).toEqual(['Accepted True ListenersNotValid (3)', 'Programmed True Programmed (3)'])
    const [web, bad] = listeners as unknown as { attachedRoutes: number; conditions: never; supportedKinds: object[] }[]
    expect(web).toMatchObject({
      name: 'web',
      attachedRoutes: 2,
      supportedKinds: [{ kind: 'HTTPRoute' }, { kind: 'GRPCRoute' }],
    })
    expect(said(web!.conditions)).toEqual([
      'Accepted True Accepted (3)',
      'ResolvedRefs True ResolvedRefs (3)',
      'Programmed True Programmed (3)',
      'Conflicted False NoConflicts (3)',
    ])
    expect(bad).toMatchObject({ name: 'bad', attachedRoutes: 0, supportedKinds: [] })
    expect(said(bad!.conditions)).toEqual([
      'Accepted False PortUnavailable (3)',
      'ResolvedRefs True ResolvedRefs (3)',
      'Programmed False Invalid (3)',
      'Conflicted False NoConflicts (3)',
    ])
  })

  test('a Gateway of which nothing is served is not accepted', () => {
    const { of } = statusesOf([
      object('Gateway', 'none', '{gatewayClassName: ours, listeners: [{name: a, port: 9, protocol: HTTP}]}'),
    ])
    expect(said(of('Gateway', 'none')!.status.conditions)).toEqual([
      'Accepted False ListenersNotValid (3)',
      'Programmed False Invalid (3)',
    ])
  })

  test('the option gateways leaves the others to somebody else', () => {
    const { statuses } = statusesOf([route('a')], { gateways: [{ name: 'edge', namespace: 'elsewhere' }] })
    expect(statuses.map((one) => one.object.kind)).toEqual(['GatewayClass'])
  })

  test('a route says it for each of its parents that is ours', () => {
    const { of } = statusesOf([
      route('a', 'parentRefs: [{name: edge, sectionName: web}, {name: theirs}, {name: edge, sectionName: bad}]'),
      route('other', 'parentRefs: [{name: theirs}]'),
    ])
    const { parents } = of('HTTPRoute', 'a')!.status as { parents: { parentRef: object; conditions: never }[] }
    expect(parents.map(({ parentRef }) => parentRef)).toEqual([
      { name: 'edge', sectionName: 'web' },
      { name: 'edge', sectionName: 'bad' },
    ])
    expect(parents.map(({ conditions }) => said(conditions)[0])).toEqual([
      'Accepted True Accepted (3)',
      'Accepted False NotAllowedByListeners (3)',
    ])
    expect(of('HTTPRoute', 'other')).toBeUndefined()
  })

  test('a policy says it for the Gateways that use it, and a younger one that it has no effect', () => {
    const policy = (name: string) =>
      object(
        'BackendTLSPolicy',
        name,
        '{targetRefs: [{group: "", kind: Service, name: shop}], validation: {hostname: x.test, wellKnownCACertificates: System}}',
      )
    const { of } = statusesOf([route('a'), policy('p1'), policy('p2')])
    const ancestorsOf = (name: string) =>
      (of('BackendTLSPolicy', name)!.status.ancestors as { ancestorRef: object; conditions: never }[]).map(
        ({ ancestorRef, conditions }) => [ancestorRef, said(conditions)[0]],
      )
    const edge = { group: GROUP, kind: 'Gateway', namespace: 'default', name: 'edge' }
    expect(ancestorsOf('p1')).toEqual([[edge, 'Accepted True Accepted (3)']])
    expect(ancestorsOf('p2')).toEqual([[edge, 'Accepted False Conflicted (3)']])
  })
})

describe('what is written', () => {
  const object = (status: object): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'HTTPRoute',
    metadata: { name: 'a', namespace: 'shop' },
    status,
  })
  const accepted = (status: string, more: object = {}) => ({
    type: 'Accepted',
    status,
    reason: 'R',
    message: '',
    ...more,
  })
  const parent = (name: string, conditions: object[], controllerName = CONTROLLER) => ({
    parentRef: { name },
    controllerName,
    conditions,
  })
  const update = (status: StatusUpdate['status'], more: Partial<StatusUpdate> = {}): StatusUpdate => ({
    object: object({}),
    status,
    shared: { controllerName: CONTROLLER, strangers: ['shop/strange'], namespaces: [] },
    ...more,
  })
  const THEN = '2026-01-01T00:00:00Z'
  const NOW = '2026-01-02T00:00:00Z'

  test('the time of a condition stays while its status does', () => {
    const current = { conditions: [accepted('True', { lastTransitionTime: THEN, reason: 'Old' })] }
    expect(mergedStatus(current, update({ conditions: [accepted('True')] }))).toEqual({
      conditions: [accepted('True', { lastTransitionTime: THEN })],
    })
    const changed = mergedStatus(current, update({ conditions: [accepted('False')] }))
    expect(changed).toEqual({ conditions: [accepted('False')] })
    expect(stamped(changed, NOW)).toEqual({ conditions: [accepted('False', { lastTransitionTime: NOW })] })
  })

  test('so it is in listeners and parents', () => {
    const timed = [accepted('True', { lastTransitionTime: THEN })]
    const listeners = [
      { name: 'a', conditions: [accepted('True')] },
      { name: 'b', conditions: [accepted('True')] },
    ]
    const merged = mergedStatus(
      { listeners: [{ name: 'b', conditions: timed }] },
      { object: object({}), status: { listeners } },
    )
    expect(stamped(merged, NOW)).toEqual({
      listeners: [
        { name: 'a', conditions: [accepted('True', { lastTransitionTime: NOW })] },
        { name: 'b', conditions: timed },
      ],
    })
    const parents = mergedStatus(
      { parents: [parent('edge', timed)] },
      update({ parents: [parent('edge', [accepted('True')])] }),
    )
    expect(parents).toEqual({ parents: [parent('edge', timed)] })
  })

  test('conditions and parents of others stay where they are', () => {
    const others = [{ type: 'Odd', status: 'True' }]
    expect(mergedStatus({ conditions: others }, update({ conditions: [accepted('True')] }))).toEqual({
      conditions: [...others, accepted('True')],
    })
    const current = {
      parents: [
        parent('gone', []),
        parent('edge', [accepted('False')]),
        parent('edge', [], 'x.test/other'),
        parent('strange', []),
      ],
    }
    expect(mergedStatus(current, update({ parents: [parent('edge', [accepted('True')]), parent('new', [])] }))).toEqual(
      {
        parents: [
          parent('edge', [accepted('True')]),
          parent('edge', [], 'x.test/other'),
          parent('strange', []),
          parent('new', []),
        ],
      },
    )
  })

  test('Gateways of namespaces that are not read are somebody else’s', () => {
    const shared = { controllerName: CONTROLLER, strangers: [], namespaces: ['shop'] }
    const far = { ...parent('far', []), parentRef: { name: 'far', namespace: 'away' } }
    const current = { parents: [far, parent('near', [])] }
    expect(mergedStatus(current, update({ parents: [] }, { shared }))).toEqual({ parents: [far] })
  })

  test('a route that no Gateway of ours is meant by any more loses what was said of it', () => {
    const status = `, status: {parents: [{controllerName: ${CONTROLLER}, parentRef: {name: edge}, conditions: []}]}`
    const { of } = statusesOf([route('a', 'parentRefs: [{name: theirs}]', status)])
    const one = of('HTTPRoute', 'a')!
    expect(mergedStatus(one.object.status as object as Record<string, unknown>, one)).toEqual({ parents: [] })
  })
})
