import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveGateways } from '../../../../src/compiler/discovery/kubernetes/gateway/derive.ts'
import type { GatewayOptions } from '../../../../src/compiler/discovery/kubernetes/gateway/options.ts'
import { gatewayOptions } from './gateway-options.ts'
import { objectsOf, worldOf } from './manifests.ts'

const GROUP = 'gateway.networking.k8s.io'

const object = (kind: string, name: string, spec: string, version = 'v1') =>
  `{apiVersion: ${GROUP}/${version}, kind: ${kind}, metadata: {name: ${name}, namespace: shop}, spec: ${spec}}`
const service = (name: string, spec: string, namespace = 'shop', annotations = '') =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${namespace}, annotations: {${annotations}}}, spec: ${spec}}`
const slice = (of: string) =>
  `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ${of}-1, namespace: shop, labels: {kubernetes.io/service-name: ${of}}}, ports: [{name: web, port: 8080}], endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]}`
const WEB = '{ports: [{name: web, port: 80}]}'
const REF = '{name: shop, port: 80}'

/** What stands beside each broken object, and must not suffer. */
const SHOP = [
  `{apiVersion: ${GROUP}/v1, kind: GatewayClass, metadata: {name: ours}, spec: {controllerName: traefik.io/gateway-controller}}`,
  object(
    'Gateway',
    'edge',
    '{gatewayClassName: ours, listeners: [{name: web, port: 80, protocol: HTTP, hostname: "*.test"}]}',
  ),
  object('HTTPRoute', 'good', `{parentRefs: [{name: edge}], hostnames: [good.test], rules: [{backendRefs: [${REF}]}]}`),
  service('shop', '{ports: [{name: web, port: 80}, {name: admin, port: 8081}]}'),
  service('asleep', WEB),
  service('outside', '{type: ExternalName, externalName: x.test, ports: [{port: 80}]}'),
  service('odd', '{ports: [{name: web, port: 80, appProtocol: smtp}]}'),
  service('datagrams', '{ports: [{name: web, port: 80, protocol: UDP}]}'),
  service('native', '{clusterIP: None, ports: [{name: web, port: 80}]}', 'shop', 'traefik.io/service.nativelb: "true"'),
  service('wrong', WEB, 'shop', 'traefik.io/service.nativelb: hunter'),
  service('billing', WEB, 'office'),
  ...['shop', 'odd', 'datagrams', 'wrong'].map(slice),
  '{apiVersion: v1, kind: Secret, metadata: {name: half, namespace: shop}, stringData: {tls.crt: hunter2}}',
  '{apiVersion: v1, kind: Secret, metadata: {name: words, namespace: shop}, stringData: {tls.crt: hunter2, tls.key: hunter2}}',
  '{apiVersion: v1, kind: Secret, metadata: {name: theirs, namespace: office}, stringData: {tls.crt: x, tls.key: y}}',
  '{apiVersion: v1, kind: ConfigMap, metadata: {name: empty, namespace: shop}, data: {other: x}}',
].join('\n---\n')

interface Case {
  readonly manifest: string
  readonly item: string
  readonly field: string
  readonly message: string
  readonly hint: string | null
  readonly severity?: 'warning'
  readonly options?: Partial<GatewayOptions>
}

const listener = (of: string, more: Omit<Case, 'manifest' | 'item'>): Case => ({
  manifest: object('Gateway', 'bad', `{gatewayClassName: ours, listeners: [${of}]}`),
  item: 'Gateway shop/bad',
  ...more,
})
const L0 = 'spec.listeners[0]'
const secured = (ref: string) => `{name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [${ref}]}}`
const C0 = `${L0}.tls.certificateRefs[0]`

const gateways: Readonly<Record<string, Case>> = {
  'a port without an entry point': listener('{name: a, port: 8123, protocol: HTTP}', {
    field: `${L0}.port`,
    message: 'Cannot find entryPoint for Gateway: no matching entryPoint for port 8123 and protocol "HTTP"',
    hint: 'the port of a listener is that of an entry point: web (:80), websecure (:443)',
  }),
  'a protocol that there is not': listener('{name: a, port: 80, protocol: SCTP}', {
    field: `${L0}.protocol`,
    message: 'Unsupported listener protocol "SCTP"',
    hint: 'one of HTTP, HTTPS, TLS, TCP',
  }),
  'TCP without the channel': listener('{name: a, port: 80, protocol: TCP}', {
    field: `${L0}.protocol`,
    message: 'Protocol "TCP" requires the experimental channel support to be enabled',
    hint: 'the provider’s option experimentalChannel enables it',
  }),
  'routes of another protocol': listener(
    '{name: a, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: TLSRoute}]}}',
    {
      field: `${L0}.allowedRoutes.kinds[0]`,
      message: `Listener protocol "HTTP" does not support RouteGroupKind ${GROUP}/TLSRoute`,
      hint: 'it supports HTTPRoute, GRPCRoute',
    },
  ),
  'a selector that selects nothing': listener(
    '{name: a, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {matchExpressions: [{key: x, operator: Like}]}}}}',
    {
      field: `${L0}.allowedRoutes.namespaces.selector`,
      message: 'Invalid route namespaces selector: malformed selector: "Like" is not a valid label selector operator',
      hint: null,
    },
  ),
  'the same twice': listener('{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}', {
    field: 'spec.listeners[1]',
    message: 'A listener with same protocol, port and hostname already exists',
    hint: 'it is spec.listeners[0]',
  }),
  'HTTP with TLS': listener('{name: a, port: 80, protocol: HTTP, tls: {}}', {
    field: `${L0}.tls`,
    message: 'TLS configuration must no be defined when using HTTP or TCP protocol',
    hint: 'protocol: HTTPS, or TLS, ends it',
  }),
  'HTTPS without TLS': listener('{name: a, port: 443, protocol: HTTPS}', {
    field: L0,
    message: 'No TLS configuration for Gateway Listener a:443 and protocol "HTTPS"',
    hint: 'name a Secret: tls.certificateRefs',
  }),
  'HTTPS that passes through': listener('{name: a, port: 443, protocol: HTTPS, tls: {mode: Passthrough}}', {
    field: `${L0}.tls.mode`,
    message: 'HTTPS protocol is not supported with TLS mode Passthrough',
    hint: 'protocol: TLS goes with Passthrough',
  }),
  'no certificate': listener('{name: a, port: 443, protocol: HTTPS, tls: {}}', {
    field: `${L0}.tls.certificateRefs`,
    message: 'One TLS CertificateRef is required in Terminate mode',
    hint: null,
  }),
  'a misspelt Secret': listener(secured('{name: haff}'), {
    field: `${C0}.name`,
    message: 'Cannot load CertificateRef shop/haff: getting secret: secret "haff" not found',
    hint: 'did you mean "half"?',
  }),
  'half a certificate': listener(secured('{name: half}'), {
    field: `${C0}.name`,
    message:
      'Cannot load CertificateRef shop/half: getting certificate blocks: secret shop/half is missing the following TLS data entries: tls.key',
    hint: 'its keys: tls.crt',
  }),
  'a certificate that is none': listener(secured('{name: words}'), {
    field: `${C0}.name`,
    message: 'Cannot load CertificateRef shop/words: validating certificate: no PEM',
    hint: null,
  }),
  'a Secret of another namespace': listener(secured('{name: theirs, namespace: office}'), {
    field: `${C0}.namespace`,
    message: 'Cannot reference CertificateRef office/theirs: missing ReferenceGrant',
    hint: `a ReferenceGrant in namespace office permits it: from {group: ${GROUP}, kind: Gateway, namespace: shop}, to {group: "", kind: Secret}`,
  }),
  'a certificate that is no Secret': listener(secured('{name: empty, kind: ConfigMap}'), {
    field: C0,
    message: 'Unsupported TLS CertificateRef group/kind: /ConfigMap',
    hint: 'a Secret holds certificates',
  }),
  'a misspelt field': listener('{name: a, port: 80, protocol: HTTP, hostnam: x.test}', {
    severity: 'warning',
    field: `${L0}.hostnam`,
    message: `unknown field "${L0}.hostnam"`,
    hint: 'did you mean "hostname"?',
  }),
  'a port in quotes': listener('{name: a, port: "80", protocol: HTTP}', {
    field: `${L0}.port`,
    message: `Invalid value: "string": ${L0}.port in body must be of type integer`,
    hint: null,
  }),
  'addresses that are asked for': {
    manifest: object(
      'Gateway',
      'bad',
      '{gatewayClassName: ours, addresses: [{value: 1.2.3.4}], listeners: [{name: a, port: 80, protocol: HTTP}]}',
    ),
    item: 'Gateway shop/bad',
    severity: 'warning',
    field: 'spec.addresses',
    message: 'addresses can’t be chosen',
    hint: 'the provider’s option statusAddress says what they are',
  },
}

const route = (spec: string, more: Omit<Case, 'manifest' | 'item'>): Case => ({
  manifest: object('HTTPRoute', 'bad', `{parentRefs: [{name: edge}], hostnames: [bad.test], ${spec}}`),
  item: 'HTTPRoute shop/bad',
  ...more,
})
const to = (ref: string, more: Omit<Case, 'manifest' | 'item'>): Case => route(`rules: [{backendRefs: [${ref}]}]`, more)
const B0 = 'spec.rules[0].backendRefs[0]'
const filtered = (filter: string, more: Omit<Case, 'manifest' | 'item'>): Case =>
  route(`rules: [{filters: [${filter}], backendRefs: [${REF}]}]`, more)
const F0 = 'spec.rules[0].filters[0]'
const LISTED = 'the provider’s option crossProviderNamespaces lists the namespaces that may'
const ELSEWHERE = { crossProviderNamespaces: ['other'] }
const missing = (name: string) =>
  `Cannot load HTTPBackendRef shop/${name}: getting service: service "${name}" not found`

const routes: Readonly<Record<string, Case>> = {
  'a misspelt service': to('{name: shpo, port: 80}', {
    field: `${B0}.name`,
    message: missing('shpo'),
    hint: 'did you mean "shop"?',
  }),
  'a port that there is not': to('{name: shop, port: 81}', {
    field: `${B0}.port`,
    message: 'Cannot load HTTPBackendRef shop/shop: service port 81 not found',
    hint: 'its ports: 80 (web), 8081 (admin)',
  }),
  'no port': to('{name: shop}', {
    field: `${B0}.port`,
    message: 'Cannot load HTTPBackendRef core/Service/shop/shop: port is required',
    hint: 'its ports: 80 (web), 8081 (admin)',
  }),
  'a service without slices': to('{name: asleep, port: 80}', {
    field: `${B0}.name`,
    message: 'Cannot load HTTPBackendRef shop/asleep: endpointslices not found',
    hint: 'none of its pods was ever there, or its selector selects none',
  }),
  'a name of another host': to('{name: outside, port: 80}', {
    field: `${B0}.name`,
    message:
      'Cannot load HTTPBackendRef shop/outside: type ExternalName is not supported for Kubernetes Service reference',
    hint: null,
  }),
  'a headless service by its address': to('{name: native, port: 80}', {
    field: `${B0}.name`,
    message: 'Cannot load HTTPBackendRef shop/native: no clusterIP on headless service: shop/native',
    hint: null,
  }),
  'an annotation that can not be read': to('{name: wrong, port: 80}', {
    field: `${B0}.name`,
    message: expect.stringMatching(
      /^Cannot load HTTPBackendRef shop\/wrong: parsing service annotations config: /,
    ) as string,
    hint: 'see annotations traefik.io/service.…',
  }),
  'a protocol of the application that there is not': to('{name: odd, port: 80}', {
    field: `${B0}.port`,
    message: 'Cannot load HTTPBackendRef shop/odd: unsupported application protocol smtp',
    hint: 'appProtocol of the port: one of kubernetes.io/h2c, http, kubernetes.io/ws, https, kubernetes.io/wss',
  }),
  datagrams: to('{name: datagrams, port: 80}', {
    field: `${B0}.port`,
    message: 'Cannot load HTTPBackendRef shop/datagrams: only TCP protocol is supported',
    hint: null,
  }),
  'a service of another namespace': to('{name: billing, namespace: office, port: 80}', {
    field: `${B0}.namespace`,
    message: 'Cannot load HTTPBackendRef core/Service/office/billing: missing ReferenceGrant',
    hint: `a ReferenceGrant in namespace office permits it: from {group: ${GROUP}, kind: HTTPRoute, namespace: shop}, to {group: "", kind: Service}`,
  }),
  'a kind that there is not': to('{group: x.test, kind: Bucket, name: b}', {
    field: `${B0}.kind`,
    message: 'Cannot load HTTPBackendRef x.test/Bucket/shop/b: unsupported HTTPBackendRef x.test/Bucket/b',
    hint: 'a Service can be referred to',
  }),
  'a TraefikService without their provider': to('{group: traefik.io, kind: TraefikService, name: b}', {
    field: `${B0}.kind`,
    message:
      'Cannot load HTTPBackendRef traefik.io/TraefikService/shop/b: unsupported HTTPBackendRef traefik.io/TraefikService/b',
    hint: 'the provider kubernetesCRD reads custom resources of Traefik',
  }),
  'a service of the proxy from a namespace that may not': to(
    '{group: traefik.io, kind: TraefikService, name: api@internal}',
    {
      field: `${B0}.name`,
      message:
        'Cannot load HTTPRoute BackendRef api@internal: internal service reference is not allowed: HTTPRoute namespace "shop" is not in crossProviderNamespaces',
      hint: LISTED,
      options: ELSEWHERE,
    },
  ),
  'a service of another provider with a namespace': to(
    '{group: traefik.io, kind: TraefikService, name: x@file, namespace: shop}',
    {
      field: `${B0}.namespace`,
      message:
        'Cannot load HTTPBackendRef traefik.io/TraefikService/shop/x@file: namespace is not allowed with a cross-provider reference',
      hint: 'leave it out',
    },
  ),
  'a filter that there is not': filtered('{type: Sing}', {
    field: `${F0}.type`,
    message: 'unsupported filter Sing',
    hint: 'one of RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect, URLRewrite, RequestMirror, CORS, ExtensionRef',
  }),
  'a filter without its options': filtered('{type: RequestRedirect}', {
    field: `${F0}.requestRedirect`,
    message: `${F0}.requestRedirect is missing`,
    hint: null,
  }),
  'a middleware without their provider': filtered(
    '{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: m}}',
    {
      field: `${F0}.extensionRef`,
      message: 'loading ExtensionRef filter ExtensionRef: unsupported filter extension ref traefik.io/Middleware/m',
      hint: 'the provider kubernetesCRD reads custom resources of Traefik',
    },
  ),
  'a mirror that is not there': filtered('{type: RequestMirror, requestMirror: {backendRef: {name: nope, port: 80}}}', {
    field: `${F0}.requestMirror.backendRef.name`,
    message: missing('nope'),
    hint: null,
  }),
  'a mirror of more than all': filtered(`{type: RequestMirror, requestMirror: {backendRef: ${REF}, percent: 101}}`, {
    field: `${F0}.requestMirror.percent`,
    message: 'the share of requests must be between 0 and all',
    hint: null,
  }),
  'a mirror of streams': {
    manifest: object(
      'GRPCRoute',
      'bad',
      `{parentRefs: [{name: edge}], hostnames: [bad.test], rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: ${REF}}}], backendRefs: [${REF}]}]}`,
    ),
    item: 'GRPCRoute shop/bad',
    field: `${F0}.type`,
    message: 'unsupported filter RequestMirror',
    hint: 'one of RequestHeaderModifier, ResponseHeaderModifier, ExtensionRef',
  },
  'a time that is none': route(`rules: [{timeouts: {request: soon}, backendRefs: [${REF}]}]`, {
    field: 'spec.rules[0].timeouts.request',
    message: 'time: invalid duration "soon"',
    hint: null,
  }),
  'a weight in words': to('{name: shop, port: 80, weight: many}', {
    field: `${B0}.weight`,
    message: `Invalid value: "string": ${B0}.weight in body must be of type integer`,
    hint: null,
  }),
  'tries that are not made': route(`rules: [{retry: {attempts: 3}, backendRefs: [${REF}]}]`, {
    severity: 'warning',
    field: 'spec.rules[0].retry',
    message: 'retry is not supported: the rule is served without it',
    hint: null,
  }),
  'a misspelt Gateway': {
    manifest: object('HTTPRoute', 'bad', '{parentRefs: [{name: egde}]}'),
    item: 'HTTPRoute shop/bad',
    severity: 'warning',
    field: 'spec.parentRefs[0].name',
    message: 'Gateway shop/egde does not exist',
    hint: 'did you mean "edge"?',
  },
  'a listener that there is not': {
    manifest: object('HTTPRoute', 'bad', '{parentRefs: [{name: edge, sectionName: wbe}]}'),
    item: 'HTTPRoute shop/bad',
    severity: 'warning',
    field: 'spec.parentRefs[0]',
    message: 'the route is not attached: no listener of Gateway shop/edge is meant',
    hint: 'its listeners: web (80)',
  },
  'a host name that no listener has': {
    manifest: object('HTTPRoute', 'bad', '{parentRefs: [{name: edge}], hostnames: [a.example]}'),
    item: 'HTTPRoute shop/bad',
    severity: 'warning',
    field: 'spec.parentRefs[0]',
    message:
      'the route is not attached: listener web of Gateway shop/edge is for *.test, and no host name of the route is',
    hint: 'the route is for a.example',
  },
  'a route that the listener does not take': {
    manifest: object(
      'TLSRoute',
      'bad',
      `{parentRefs: [{name: edge}], hostnames: [bad.test], rules: [{backendRefs: [${REF}]}]}`,
    ),
    item: 'TLSRoute shop/bad',
    severity: 'warning',
    field: 'spec.parentRefs[0]',
    message: 'the route is not attached: listener web of Gateway shop/edge takes no TLSRoute of namespace shop',
    hint: 'see allowedRoutes of the listener',
  },
  'a rule that an older route has': {
    manifest: object(
      'HTTPRoute',
      'bad',
      `{parentRefs: [{name: edge}], hostnames: [good.test], rules: [{matches: [{path: {value: /x}}], backendRefs: [${REF}]}, {matches: [{path: {value: /x}}], backendRefs: [${REF}]}]}`,
    ),
    item: 'HTTPRoute shop/bad',
    severity: 'warning',
    field: 'spec.rules[1]',
    message:
      'no router is made for the rule Host("good.test") && (Path("/x") || PathPrefix("/x/")): it is taken on the same entry point',
    hint: 'HTTPRoute shop/bad, spec.rules[0], is older and has it',
  },
  'a host name of an HTTPRoute': {
    manifest: object(
      'GRPCRoute',
      'later',
      `{parentRefs: [{name: edge}], hostnames: [good.test], rules: [{backendRefs: [${REF}]}]}`,
    ),
    item: 'GRPCRoute shop/later',
    severity: 'warning',
    field: 'spec.parentRefs[0]',
    message:
      'the route is not attached: HTTPRoute shop/good is older and has host names of this route at listener shop/edge/web',
    hint: 'give one of them another host name, or another listener',
  },
}

const policy = (validation: string, more: Omit<Case, 'manifest' | 'item'>): Case => ({
  manifest: object(
    'BackendTLSPolicy',
    'bad',
    `{targetRefs: [{group: "", kind: Service, name: native}], validation: {hostname: x.test, ${validation}}}`,
  ),
  item: 'BackendTLSPolicy shop/bad',
  ...more,
})
const V = 'spec.validation'

const policies: Readonly<Record<string, Case>> = {
  'authorities that are not there': policy('caCertificateRefs: [{group: "", kind: ConfigMap, name: emty}]', {
    field: `${V}.caCertificateRefs[0].name`,
    message: 'getting configmap shop/emty: configmap "emty" not found',
    hint: 'did you mean "empty"?',
  }),
  'authorities without a certificate': policy('caCertificateRefs: [{group: "", kind: ConfigMap, name: empty}]', {
    field: `${V}.caCertificateRefs[0].name`,
    message: 'ConfigMap shop/empty does not have a ca.crt',
    hint: 'its keys: other',
  }),
  'authorities of a kind that there is not': policy('caCertificateRefs: [{group: x.test, kind: Bundle, name: a}]', {
    field: `${V}.caCertificateRefs[0].kind`,
    message: 'Only ConfigMaps and Secrets are supported',
    hint: null,
  }),
  'no authorities': policy('', {
    field: V,
    message: 'neither caCertificateRefs nor wellKnownCACertificates',
    hint: null,
  }),
  'a name of a kind that there is not': policy('wellKnownCACertificates: System, subjectAltNames: [{type: Mail}]', {
    field: `${V}.subjectAltNames[0].type`,
    message: 'Unsupported SubjectAltName type "Mail"; only URI and Hostname types are supported',
    hint: 'URI or Hostname',
  }),
}

const all = [...Object.entries(gateways), ...Object.entries(routes), ...Object.entries(policies)]

describe('broken objects of the Gateway API', () => {
  test.each(all)('%s', (_name, { manifest, options = {}, item, severity = 'error', message, hint, field }) => {
    const { config, problems } = deriveGateways(worldOf(`${SHOP}\n---\n${manifest}`), gatewayOptions(options))
    // Nothing else suffers, and nothing that is secret is told.
    const kept = Object.values(config.http!.routers!).filter(({ rule }) =>
      rule?.startsWith('Host("good.test") && PathPrefix("/")'),
    )
    expect(kept).toHaveLength(1)
    expect(JSON.stringify(problems)).not.toContain('hunter2')
    const told = problems.filter(({ origin }) => origin?.item === item)
    expect(told).toMatchObject([{ severity, message, hint, origin: { field } }])
  })

  test('the option of the address', () => {
    const problemsOf = (statusAddress: NonNullable<GatewayOptions['statusAddress']>) =>
      deriveGateways(worldOf(SHOP), gatewayOptions({ statusAddress })).problems
    const origin = { item: 'providers.kubernetesGateway.statusAddress' }
    expect(problemsOf({})).toMatchObject([
      {
        message: 'empty Gateway status address configuration',
        origin,
        hint: 'ip, hostname, or service.name and service.namespace',
      },
    ])
    expect(problemsOf({ service: { name: 'shpo', namespace: 'shop' } })).toMatchObject([
      { message: 'getting service: service "shpo" not found', origin, hint: 'did you mean "shop"?' },
    ])
  })
})

describe('what a broken route still says', () => {
  const derived = (spec: string) => {
    const manifest = object('HTTPRoute', 'bad', `{parentRefs: [{name: edge}], hostnames: [bad.test], ${spec}}`)
    const { config, statuses } = deriveGateways(worldOf(`${SHOP}\n---\n${manifest}`), gatewayOptions())
    const { parents } = statuses.find((one) => one.object.metadata.name === 'bad')!.status as {
      parents: { conditions: { type: string; status: string; reason: string }[] }[]
    }
    const { routers, services } = config.http!
    const paths = Object.values(routers!).flatMap(
      ({ rule }) => /^Host\("bad.test"\).*PathPrefix\("(.*?)\/?"\)/.exec(rule!)?.[1] ?? [],
    )
    return {
      paths,
      conditions: parents[0]!.conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
      services: Object.values(services!).flatMap(({ weighted }) => weighted?.services ?? []),
    }
  }
  const at = (path: string, more: string) => `{matches: [{path: {value: ${path}}}], ${more}}`

  test('other rules, and requests of the broken one are refused', () => {
    const { paths, conditions, services } = derived(
      `rules: [${at('/a', `filters: [{type: Sing}], backendRefs: [${REF}]`)}, ${at('/b', `backendRefs: [${REF}]`)}]`,
    )
    expect(paths).toEqual(['/a', '/b'])
    expect(services).toContainEqual({ name: 'invalid-httproute-filter', weight: 1, status: 500 })
    expect(conditions).toEqual([
      'Accepted True Accepted',
      'ResolvedRefs True ResolvedRefs',
      'PartiallyInvalid True UnsupportedValue',
    ])
  })

  test('it is not accepted where every rule is broken', () => {
    const { conditions } = derived(`rules: [${at('/a', 'filters: [{type: Sing}]')}]`)
    expect(conditions).toEqual(['Accepted False UnsupportedValue', 'ResolvedRefs True ResolvedRefs'])
  })

  test('other backends, and a share of the requests is refused', () => {
    const { conditions, services } = derived(`rules: [{backendRefs: [{name: nope, port: 80}, ${REF}]}]`)
    expect(services.filter(({ status }) => status === 500)).toHaveLength(1)
    expect(conditions).toEqual(['Accepted True Accepted', 'ResolvedRefs False BackendNotFound'])
  })

  test('no rule that can not be read', () => {
    const { paths, conditions } = derived(`rules: [null, 5, ${at('5', '')}, ${at('/b', `backendRefs: [${REF}]`)}]`)
    expect(paths).toEqual(['/b'])
    expect(conditions).toContain('PartiallyInvalid True UnsupportedValue')
  })

  test('nothing where its host names can not be read', () => {
    const manifest = object(
      'HTTPRoute',
      'bad',
      `{parentRefs: [{name: edge}], hostnames: [5], rules: [{backendRefs: [${REF}]}]}`,
    )
    const { config } = deriveGateways(worldOf(`${SHOP}\n---\n${manifest}`), gatewayOptions())
    expect(Object.keys(config.http!.routers!).filter((name) => name.includes('-bad-'))).toEqual([])
  })
})

/** Places of values in an object. */
function* pathsIn(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  if (path.length > 0) yield path
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) yield* pathsIn(inner, [...path, key])
}

const replaced = (value: unknown, [first, ...rest]: readonly string[], by: unknown): unknown => {
  if (first === undefined) return by
  const inner = (value as Record<string, unknown>)[first]
  if (Array.isArray(value)) return value.map((one, at) => (String(at) === first ? replaced(one, rest, by) : one))
  return { ...(value as object), [first]: replaced(inner, rest, by) }
}

test('whatever stands in a field is no exception', () => {
  const more = [
    object(
      'BackendTLSPolicy',
      'p',
      '{targetRefs: [{group: "", kind: Service, name: shop, sectionName: web}], validation: {hostname: x.test, wellKnownCACertificates: System, subjectAltNames: [{type: URI, uri: "a:b"}]}}',
    ),
    object(
      'ReferenceGrant',
      'g',
      `{from: [{group: ${GROUP}, kind: HTTPRoute, namespace: office}], to: [{group: "", kind: Service}]}`,
    ),
    object(
      'HTTPRoute',
      'all',
      `{parentRefs: [{name: edge, sectionName: web, port: 80}], hostnames: [all.test], rules: [{name: r, matches: [{path: {type: Exact, value: /a}, method: GET, headers: [{name: a, value: b}], queryParams: [{name: a, value: b}]}], timeouts: {request: 1s}, filters: [{type: RequestMirror, requestMirror: {backendRef: ${REF}, fraction: {numerator: 1}}}, {type: CORS, cors: {allowOrigins: ["*"]}}], backendRefs: [${REF}]}]}`,
    ),
    object(
      'GRPCRoute',
      'grpc',
      `{parentRefs: [{name: edge}], hostnames: [grpc.test], rules: [{matches: [{method: {service: a, method: b}}], backendRefs: [${REF}]}]}`,
    ),
    object(
      'Gateway',
      'tls',
      '{gatewayClassName: ours, listeners: [{name: a, port: 443, protocol: TLS, tls: {mode: Terminate, certificateRefs: [{name: words}]}, allowedRoutes: {kinds: [{kind: TLSRoute}], namespaces: {from: Selector, selector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: In, values: [b]}]}}}}]}',
    ),
    object('TLSRoute', 'tls', `{parentRefs: [{name: tls}], hostnames: [tls.test], rules: [{backendRefs: [${REF}]}]}`),
    object('TCPRoute', 'tcp', `{parentRefs: [{name: tls}], rules: [{backendRefs: [${REF}]}]}`, 'v1alpha2'),
  ]
  const objects = objectsOf([SHOP, ...more].join('\n---\n'))
  const places = objects.flatMap((one, at) =>
    one.apiVersion.startsWith(GROUP) ? [...pathsIn(one.spec)].map((path) => ({ at, path })) : [],
  )
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 2 })), { maxLength: 3 }),
      (changes) => {
        const world = worldOf('')
        objects.forEach((one, index) => {
          let { spec } = one
          for (const [{ at, path }, by] of changes) {
            if (at !== index) continue
            try {
              spec = replaced(spec, path, by)
            } catch {
              // Another change has taken the place away.
            }
          }
          world.set({ ...one, spec })
        })
        deriveGateways(world, gatewayOptions({ experimentalChannel: true }))
      },
    ),
    { numRuns: 1000 },
  )
})
