import { cn, makeCertificate } from '../../../support/certificates.ts'
import { freePort } from '../../../support/free-port.ts'
import { definitionsOfGateways } from '../../support/gateway-api.ts'
import { FILTER_FIELDS, filtersOf, headersOf, queryOf } from './gateway-fields.mjs'
import { kubernetesWorlds, NAMESPACES, SERVICES, surroundings } from './kubernetes.mjs'

const GROUP = 'gateway.networking.k8s.io'
const HOSTS = ['a.test', 'b.test', '*.test', 'x.a.test', '*.a.test']
const KINDS = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute']

/** Objects of the Gateway API in a real API server. */
export async function createWorlds(random) {
  const used = new Set()
  const all = new Set(FILTER_FIELDS)
  /** A value of a field that must occur in some world. */
  const field = (name, likely, value) => {
    all.add(name)
    if (!random.chance(likely)) return {}
    used.add(name)
    return { [name.slice(name.lastIndexOf('.') + 1)]: value() }
  }
  const ports = { HTTP: await freePort(), HTTPS: await freePort(), TLS: await freePort(), TCP: await freePort() }
  const { cert, key } = makeCertificate({ subject: cn('a.test'), dns: ['a.test'] })
  const hasExperimental = random.chance(0.8)
  const chosen = random.chance(0.2) ? [{ name: 'g1', namespace: 'one' }] : []

  const object = (kind, name, spec, namespace, version = 'v1') => ({
    apiVersion: `${GROUP}/${version}`,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec,
  })
  const certificateRef = () => ({
    name: random.chance(0.85) ? 'pair' : random.pick(['tls', 'missing']),
    ...field('listener.certificateRefs.kind', 0.05, () => random.pick(['Secret', 'Odd'])),
    ...field('listener.certificateRefs.group', 0.05, () => random.pick(['', 'odd.test'])),
    ...field('listener.certificateRefs.namespace', 0.1, () => random.pick(NAMESPACES)),
  })
  const listener = (at) => {
    const protocol = random.pick(['HTTP', 'HTTP', 'HTTPS', 'HTTPS', 'TLS', 'TCP', random.chance(0.2) ? 'UDP' : 'HTTP'])
    const isSecure = protocol === 'HTTPS' || protocol === 'TLS'
    const mode = () => (protocol === 'TLS' ? random.pick(['Terminate', 'Passthrough', 'Passthrough']) : 'Terminate')
    const tls = () => ({
      ...field('listener.tls.mode', 0.8, mode),
      ...field('listener.certificateRefs', 0.95, () => [
        certificateRef(),
        ...(random.chance(0.1) ? [certificateRef()] : []),
      ]),
    })
    const isNamed = protocol !== 'TCP' && protocol !== 'UDP'
    return {
      name: `l${at}`,
      protocol,
      port: random.chance(0.93) ? (ports[protocol] ?? 9) : 9,
      ...(isNamed ? field('listener.hostname', 0.3, () => random.pick(HOSTS)) : {}),
      ...(isSecure ? { tls: tls() } : {}),
      ...field('listener.allowedRoutes', 0.7, () => ({
        ...field('listener.allowedRoutes.namespaces', 0.8, () => ({
          from: random.pick(['All', 'All', 'All', 'All', 'Same', 'Selector']),
          selector: {
            ...field('listener.selector.matchLabels', 0.5, () => ({
              'kubernetes.io/metadata.name': random.pick(NAMESPACES),
            })),
            ...field('listener.selector.matchExpressions', 0.3, () => [
              random.pick([
                { key: 'kubernetes.io/metadata.name', operator: 'In', values: ['two'] },
                { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['two'] },
                { key: 'kubernetes.io/metadata.name', operator: 'Exists' },
                { key: 'odd', operator: 'DoesNotExist' },
              ]),
            ]),
          },
        })),
        ...field('listener.allowedRoutes.kinds', 0.2, () => [
          { kind: random.pick(KINDS), ...(random.chance(0.1) ? { group: 'odd.test' } : {}) },
        ]),
      })),
    }
  }
  const gateway = (name, namespace) =>
    object(
      'Gateway',
      name,
      {
        gatewayClassName: random.chance(0.93) ? 'ours' : random.pick(['theirs', 'missing']),
        listeners: Array.from({ length: 2 + random.below(4) }, (_, at) => listener(at)),
      },
      namespace,
    )
  const parentRef = () => ({
    name: random.chance(0.95) ? random.pick(['g1', 'g1', 'g2']) : 'missing',
    namespace: 'one',
    ...field('parentRef.sectionName', 0.15, () => `l${random.below(3)}`),
    ...field('parentRef.port', 0.05, () => random.pick(Object.values(ports))),
    ...field('parentRef.kind', 0.03, () => random.pick(['Gateway', 'Service'])),
    ...field('parentRef.group', 0.03, () => random.pick([GROUP, ''])),
  })
  const parentRefs = () => {
    const refs = Array.from({ length: 1 + (random.chance(0.3) ? 1 : 0) }, parentRef)
    return refs.filter((ref, at) => refs.findIndex((other) => JSON.stringify(other) === JSON.stringify(ref)) === at)
  }
  const backendRef = (more = {}) => {
    const isOther = random.chance(0.08)
    const other = () => ({
      group: 'traefik.io',
      kind: 'TraefikService',
      name: random.pick(['api@internal', 'x@file', 'own']),
    })
    return {
      name: random.pick([...SERVICES, 'missing']),
      ...field('backendRef.port', 0.95, () => random.pick([80, 80, 80, 443, 9000, 81])),
      ...field('backendRef.weight', 0.4, () => random.below(5)),
      ...field('backendRef.namespace', 0.2, () => random.pick(NAMESPACES)),
      ...(isOther ? field('backendRef.kind', 1, () => 'TraefikService') : {}),
      ...(isOther ? other() : {}),
      ...more,
    }
  }
  const backendRefs = (most, more = () => ({})) =>
    Array.from({ length: random.chance(0.05) ? 0 : 1 + random.below(most) }, () => backendRef(more()))
  const httpMatch = () => {
    const type = random.pick(['PathPrefix', 'PathPrefix', 'Exact', 'RegularExpression'])
    return {
      ...field('http.match.path', 0.8, () => ({ type, value: random.pick(['/', '/a', '/a/', '/a/b', '/x.y']) })),
      ...field('http.match.method', 0.2, () => random.pick(['GET', 'POST'])),
      ...field('http.match.headers', 0.2, () => headersOf(random)),
      ...field('http.match.queryParams', 0.2, () => queryOf(random)),
    }
  }
  const httpRule = (isExtra) => ({
    ...field('http.rule.name', 0.1, () => `r${random.below(1000)}`),
    ...field('http.rule.matches', 0.7, () => Array.from({ length: 1 + random.below(2) }, httpMatch)),
    ...field('http.rule.filters', 0.3, () => filtersOf(random, field, isExtra)),
    ...field('http.rule.backendRefs', 0.95, () =>
      backendRefs(2, () => field('http.backendRef.filters', 0.1, () => filtersOf(random, field, false, true))),
    ),
    ...(isExtra ? field('http.rule.timeouts', 0.5, () => ({ request: '2s', backendRequest: '1s' })) : {}),
  })
  const grpcMatch = () => ({
    ...field('grpc.match.method', 0.8, () => ({
      ...field('grpc.match.method.type', 0.3, () => random.pick(['Exact', 'RegularExpression'])),
      service: random.pick(['a.B', 'c']),
      ...field('grpc.match.method.method', 0.5, () => random.pick(['Get', 'Put'])),
    })),
    ...field('grpc.match.headers', 0.2, () => headersOf(random)),
  })
  const grpcFilter = () => ({
    type: 'RequestHeaderModifier',
    requestHeaderModifier: { set: [{ name: 'X-A', value: '1' }] },
  })
  const grpcRule = () => ({
    ...field('grpc.rule.matches', 0.8, () => Array.from({ length: 1 + random.below(2) }, grpcMatch)),
    ...field('grpc.rule.filters', 0.2, () => [grpcFilter()]),
    backendRefs: backendRefs(2),
  })
  const hostnames = (likely) => field('hostnames', likely, () => [...new Set([random.pick(HOSTS), random.pick(HOSTS)])])
  const rules = (most, rule) => Array.from({ length: 1 + random.below(most) }, rule)
  const stream = () => ({ backendRefs: [backendRef(), ...(random.chance(0.4) ? [backendRef()] : [])] })
  const grant = (name, namespace) =>
    object(
      'ReferenceGrant',
      name,
      {
        from: [{ group: GROUP, kind: random.pick(['Gateway', ...KINDS]), namespace: random.pick(NAMESPACES) }],
        to: [
          random.pick([
            { group: '', kind: 'Secret' },
            { group: '', kind: 'Service' },
            { group: '', kind: 'Service', name: random.pick(SERVICES) },
          ]),
        ],
      },
      namespace,
      'v1beta1',
    )
  const policy = (name, namespace) =>
    object(
      'BackendTLSPolicy',
      name,
      {
        targetRefs: [
          {
            group: '',
            kind: 'Service',
            name: 's3',
            ...field('policy.sectionName', 0.3, () => random.pick(['web', 'https'])),
          },
        ],
        validation: {
          hostname: 'a.test',
          ...random.pick([
            field('policy.wellKnownCACertificates', 1, () => 'System'),
            field('policy.caCertificateRefs', 1, () => [
              { group: '', kind: 'ConfigMap', name: random.pick(['roots', 'missing']) },
            ]),
          ]),
        },
      },
      namespace,
    )

  function* manifestsOf() {
    yield { manifest: object('GatewayClass', 'ours', { controllerName: 'traefik.io/gateway-controller' }) }
    yield { manifest: object('GatewayClass', 'theirs', { controllerName: 'x.test/controller' }) }
    const annotations = () =>
      random.chance(0.1) ? { 'traefik.io/service.nativelb': random.pick(['true', 'false', 'x']) } : {}
    yield* surroundings(random, annotations)
    for (const namespace of NAMESPACES) {
      yield {
        manifest: {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'pair', namespace },
          type: 'kubernetes.io/tls',
          data: { 'tls.crt': btoa(cert), 'tls.key': btoa(key) },
        },
      }
      yield {
        manifest: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'roots', namespace },
          data: { 'ca.crt': cert },
        },
      }
      for (const name of random.some(['r1', 'r2', 'r3'], 0.6)) yield { manifest: grant(name, namespace) }
    }
    for (const name of ['g1', 'g2']) yield { manifest: gateway(name, 'one') }
    if (random.chance(0.3)) yield { manifest: policy('p1', random.pick(NAMESPACES)) }
    for (const name of random.some(['h1', 'h2', 'h.3', 'extra'], 0.7)) {
      const spec = { parentRefs: parentRefs(), ...hostnames(0.6), rules: rules(3, () => httpRule(name === 'extra')) }
      yield { manifest: object('HTTPRoute', name, spec, random.pick(NAMESPACES)) }
    }
    for (const name of random.some(['q1', 'q2'], 0.5)) {
      const spec = { parentRefs: parentRefs(), ...hostnames(0.6), rules: rules(2, grpcRule) }
      yield { manifest: object('GRPCRoute', name, spec, random.pick(NAMESPACES)) }
    }
    for (const name of random.some(['t1', 't2'], 0.6)) {
      const spec = { parentRefs: parentRefs(), hostnames: [random.pick(HOSTS)], rules: [stream()] }
      yield { manifest: object('TLSRoute', name, spec, random.pick(NAMESPACES)) }
    }
    for (const name of random.some(['c1', 'c2'], 0.6)) {
      const spec = { parentRefs: parentRefs(), rules: [stream()] }
      yield { manifest: object('TCPRoute', name, spec, random.pick(NAMESPACES), 'v1alpha2') }
    }
    const marker = { gatewayClassName: 'ours', listeners: [{ name: 'http', protocol: 'HTTP', port: ports.HTTP }] }
    yield { manifest: object('Gateway', 'g0', marker, 'one') }
  }

  const option = (name, value = true) => `--providers.kubernetesGateway.${name}=${value}`
  const options = [
    ...(random.chance(0.3) ? [option('nativeLBByDefault')] : []),
    ...(random.chance(0.3) ? [option('crossProviderNamespaces', 'two')] : []),
    ...(hasExperimental ? [option('experimentalChannel')] : []),
    ...[...chosen, ...(chosen.length === 0 ? [] : [{ name: 'g0', namespace: 'one' }])].flatMap(
      ({ name, namespace }, at) => [
        option(`gateways[${at}].name`, name),
        option(`gateways[${at}].namespace`, namespace),
      ],
    ),
  ]
  return kubernetesWorlds({
    provider: 'kubernetesGateway',
    others: definitionsOfGateways(),
    flags: (isReference) => [
      // Listeners have the port of an entry point: both proxies have the same one, on addresses of their own.
      ...Object.entries(ports).map(
        ([name, port]) => `--entryPoints.${name.toLowerCase()}.address=127.0.0.${isReference ? 1 : 2}:${port}`,
      ),
      ...options,
    ],
    manifestsOf,
    marker: (at) =>
      object(
        'HTTPRoute',
        `marker${at}`,
        {
          parentRefs: [{ name: 'g0' }],
          hostnames: [`marker${at}.marker`],
          rules: [{ backendRefs: [{ name: 'marker', port: 80 }] }],
        },
        'one',
      ),
    isMarker: (key, at) => key.includes(`-marker${at}-gw-`),
    enough: 100,
    missing: () => [...all].filter((name) => !used.has(name)),
  })
}
