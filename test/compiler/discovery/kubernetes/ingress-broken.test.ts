import { describe, expect, test } from 'vitest'
import { deriveIngresses } from '../../../../src/compiler/discovery/kubernetes/ingress/derive.ts'
import type { IngressOptions } from '../../../../src/compiler/discovery/kubernetes/ingress/options.ts'
import { worldOf } from './manifests.ts'

const path = (backend: string, more = 'path: /bad') => `{http: {paths: [{${more}, backend: ${backend}}]}}`
const to = (name: string, port = 'number: 80') => `{service: {name: ${name}, port: {${port}}}}`

const ingress = (name: string, spec: string, annotations = '') =>
  `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: ${name}, namespace: shop, annotations: {${annotations}}}, spec: ${spec}}`

const service = (name: string, spec: string, annotations = '', namespace = 'shop') =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${namespace}, annotations: {${annotations}}}, spec: ${spec}}`

const note = (name: string, value = 'x') => `traefik.ingress.kubernetes.io/${name}: "${value}"`
const WEB = '{ports: [{name: web, port: 80}]}'

/** What stands beside each broken Ingress, and must not suffer. */
const SHOP = [
  ingress('good', `{rules: [${path(to('shop'), 'path: /good')}]}`),
  service('shop', '{ports: [{name: web, port: 80}, {name: admin, port: 8081}]}'),
  service('asleep', '{clusterIP: None, ports: [{name: web, port: 80}]}'),
  service('headless', '{clusterIP: None, ports: [{name: web, port: 80}]}', note('service.nativelb', 'true')),
  service('outside', '{type: ExternalName, externalName: x.test, ports: [{port: 80}]}'),
  service('nodes', '{type: NodePort, ports: [{port: 80, nodePort: 30000}]}', note('service.nodeportlb', 'true')),
  service('misspelt', WEB, note('service.passhostheadr', 'false')),
  service('wrong', WEB, note('service.passhostheader', 'hunter')),
  service('through', WEB, note('service.middlewares', 'a@file')),
  service('over', WEB, note('service.serverstransport', 't@file')),
  service('bare', WEB, note('service.serverstransport', 't')),
  service('billing', WEB, '', 'office'),
  '{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: edge}, spec: {controller: traefik.io/ingress-controller}}',
  '{apiVersion: v1, kind: Secret, metadata: {name: half, namespace: shop}, stringData: {tls.crt: hunter2}}',
  '{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: shop-1, namespace: shop, labels: {kubernetes.io/service-name: shop}}, ports: [{name: web, port: 8080}], endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]}',
  '{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: bare-1, namespace: shop, labels: {kubernetes.io/service-name: bare}}, ports: [{name: web, port: 8080}], endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]}',
].join('\n---\n')

const P0 = 'spec.rules[0].http.paths[0]'
const S0 = `${P0}.backend.service`
const backend = (of: string) => ingress('bad', `{rules: [${path(of)}]}`)
const noted = (...annotations: string[]) => ingress('bad', `{rules: [${path(to('shop'))}]}`, annotations.join(', '))
const annotation = (name: string) => `metadata.annotations[traefik.ingress.kubernetes.io/${name}]`
const ELSEWHERE = { crossProviderNamespaces: ['other'] }
const LISTED = 'the provider’s option crossProviderNamespaces lists the namespaces that may'

interface Case {
  readonly manifest: string
  readonly field: string
  readonly message: string
  readonly hint: string | null
  /** Another object than the Ingress. */
  readonly item?: string
  readonly options?: IngressOptions
}

const errors: Readonly<Record<string, Case>> = {
  'a misspelt service': {
    manifest: backend(to('shpo')),
    field: `${S0}.name`,
    message: 'service not found',
    hint: 'did you mean "shop"?',
  },
  'a service of another namespace': {
    manifest: backend(to('billing')),
    field: `${S0}.name`,
    message: 'service not found',
    hint: 'there is a Service billing in namespace office',
  },
  'a port that there is not': {
    manifest: backend(to('shop', 'number: 81')),
    field: `${S0}.port.number`,
    message: 'service port not found: 81',
    hint: 'its ports: 80 (web), 8081 (admin)',
  },
  'the name of a port that there is not': {
    manifest: backend(to('shop', 'name: wbe')),
    field: `${S0}.port.name`,
    message: 'service port not found: wbe',
    hint: 'its ports: 80 (web), 8081 (admin)',
  },
  'an undeclared port of another host': {
    manifest: backend(to('outside', 'number: 81')),
    field: `${S0}.port.number`,
    message: 'service port not found: 81',
    hint: 'its ports: 80',
    options: { allowExternalNameServices: true },
  },
  'no port': {
    manifest: backend('{service: {name: shop}}'),
    field: `${S0}.port.number`,
    message: 'service port not found: 0',
    hint: 'its ports: 80 (web), 8081 (admin)',
  },
  'a service without endpoints': {
    manifest: backend(to('asleep')),
    field: `${S0}.name`,
    message: 'Skipping service: no endpoints found',
    hint: 'none of its pods is ready, or its selector selects none; allowEmptyServices keeps such routes',
  },
  'a headless service by its address': {
    manifest: backend(to('headless')),
    field: `${S0}.name`,
    message: 'getting native Kubernetes Service address: no clusterIP on headless service: shop/headless',
    hint: null,
  },
  'a name of another host': {
    manifest: backend(to('outside')),
    field: `${S0}.name`,
    message: 'externalName services not allowed: shop/outside',
    hint: 'the provider’s option allowExternalNameServices permits them',
  },
  'machines without any': {
    manifest: backend(to('nodes')),
    field: `${S0}.name`,
    message: 'nodes not found for NodePort service shop/nodes',
    hint: null,
  },
  'machines that may not be looked at': {
    manifest: backend(to('nodes')),
    field: `${S0}.name`,
    message: 'nodes lookup is disabled',
    hint: 'nodePortLB does not go with the provider’s option disableClusterScopeResources',
    options: { disableClusterScopeResources: true },
  },
  'a backend that is no service': {
    manifest: backend('{resource: {kind: Bucket, name: x}}'),
    field: `${P0}.backend.resource`,
    message: 'Resource backends are not supported',
    hint: 'name a Service: service',
  },
  'a backend that is nothing': {
    manifest: backend('{}'),
    field: `${P0}.backend.service`,
    message: 'Missing service definition',
    hint: null,
  },
  'a default backend that is no service': {
    manifest: ingress('bad', '{defaultBackend: {resource: {kind: Bucket, name: x}}}'),
    field: 'spec.defaultBackend.resource',
    message: 'Resource is not supported for default backend',
    hint: 'name a Service: service',
  },
  'a default backend whose service is not there': {
    manifest: ingress('bad', `{defaultBackend: ${to('shpo')}}`),
    field: 'spec.defaultBackend.service.name',
    message: 'service not found',
    hint: 'did you mean "shop"?',
  },
  'a second default backend': {
    manifest: [
      ingress('bad', `{defaultBackend: ${to('shop')}}`),
      ingress('another', `{defaultBackend: ${to('shop')}}`),
    ].join('\n---\n'),
    field: 'spec.defaultBackend',
    message: 'The default backend already exists.',
    hint: 'it is that of Ingress shop/another',
  },
  'a matcher that there is not': {
    manifest: noted(note('router.pathmatcher', 'Host')),
    field: annotation('router.pathmatcher'),
    message: 'invalid router path matcher "Host": must be one of Path, PathPrefix, PathRegexp',
    hint: null,
  },
  'a misspelt annotation': {
    manifest: noted(note('router.entrypoint')),
    field: annotation('router.entrypoint'),
    message: 'field not found, node: entrypoint',
    hint: 'did you mean "entryPoints"?',
  },
  'a value of the wrong type': {
    manifest: noted(note('router.priority', 'high')),
    field: annotation('router.priority'),
    message: 'strconv.ParseInt: parsing "high": invalid syntax',
    hint: null,
  },
  'a middleware where none may be named': {
    manifest: noted(note('Router.Middlewares', 'a@file')),
    field: annotation('Router.Middlewares'),
    message: 'Skipping Ingress: cross-provider middleware reference is not allowed from namespace "shop"',
    hint: LISTED,
    options: ELSEWHERE,
  },
  'TLS options where none may be named': {
    manifest: noted(note('router.tls.options', 'a@file')),
    field: annotation('router.tls.options'),
    message: 'Skipping Ingress: cross-provider TLS option reference is not allowed from namespace "shop"',
    hint: LISTED,
    options: ELSEWHERE,
  },
  'a misspelt annotation of a service': {
    manifest: backend(to('misspelt')),
    item: 'Service shop/misspelt',
    field: annotation('service.passhostheadr'),
    message: 'field not found, node: passhostheadr',
    hint: 'did you mean "passHostHeader"?',
  },
  'a service that can not be used': {
    manifest: backend(to('misspelt')),
    field: `${S0}.name`,
    message: 'Service shop/misspelt can’t be used: see its annotations',
    hint: null,
  },
  'a wrong value of a service': {
    manifest: backend(to('wrong')),
    item: 'Service shop/wrong',
    field: annotation('service.passhostheader'),
    message: 'strconv.ParseBool: parsing "hunter": invalid syntax',
    hint: 'write true or false',
  },
  'a middleware of a service where none may be named': {
    manifest: backend(to('through')),
    item: 'Service shop/through',
    field: annotation('service.middlewares'),
    message: 'cross-provider middleware reference is not allowed from namespace "shop"',
    hint: LISTED,
    options: ELSEWHERE,
  },
  'a transport where none may be named': {
    manifest: backend(to('over')),
    item: 'Service shop/over',
    field: annotation('service.serverstransport'),
    message: 'cross-provider serversTransport reference is not allowed from namespace "shop"',
    hint: LISTED,
    options: ELSEWHERE,
  },
  'a certificate that is not there': {
    manifest: ingress('bad', `{tls: [{secretName: halff}], rules: [${path(to('shop'))}]}`),
    field: 'spec.tls[0].secretName',
    message: 'Error configuring TLS: secret shop/halff does not exist',
    hint: 'did you mean "half"?',
  },
  'half a certificate': {
    manifest: ingress('bad', `{tls: [{}, {secretName: half}], rules: [${path(to('shop'))}]}`),
    field: 'spec.tls[1].secretName',
    message: 'Error configuring TLS: secret shop/half is missing the following TLS data entries: tls.key',
    hint: 'its keys: tls.crt',
  },
  'a path that is a number': {
    manifest: ingress('bad', `{rules: [${path(to('shop'), 'path: 5')}]}`),
    field: `${P0}.path`,
    message: `Invalid value: "integer": ${P0}.path in body must be of type string`,
    hint: 'write it in quotes',
  },
  'a status that nobody says': {
    manifest: noted(),
    item: 'providers.kubernetesIngress.ingressEndpoint',
    field: '',
    message: 'publishedService or ip or hostname must be defined',
    hint: null,
    options: { ingressEndpoint: {} },
  },
  'a status of a service that is not there': {
    manifest: noted(),
    item: 'providers.kubernetesIngress.ingressEndpoint',
    field: 'publishedService',
    message: 'missing service: shop/shp',
    hint: 'did you mean "shop"?',
    options: { ingressEndpoint: { publishedService: 'shop/shp' } },
  },
}

const warnings: Readonly<Record<string, Case>> = {
  'a class that there is not': {
    manifest: ingress('bad', `{ingressClassName: egde, rules: [${path(to('shop'))}]}`),
    field: 'spec.ingressClassName',
    message: 'IngressClass egde does not exist: the Ingress is ignored',
    hint: 'did you mean "edge"?',
  },
  'a class that may not be looked at': {
    manifest: ingress('bad', `{ingressClassName: traefik, rules: [${path(to('shop'))}]}`),
    field: 'spec.ingressClassName',
    message: 'the Ingress is ignored: the provider may not look at IngressClasses',
    hint: 'leave it out and write the annotation kubernetes.io/ingress.class: traefik',
    options: { disableIngressClassLookup: true },
  },
  'a middleware without its provider': {
    manifest: noted(note('router.middlewares', 'auth')),
    field: annotation('router.middlewares'),
    message: '"auth" names no provider',
    hint: 'write "shop-auth@kubernetescrd" for what is called auth in this namespace',
  },
  'a transport without its provider': {
    manifest: backend(to('bare')),
    item: 'Service shop/bare',
    field: annotation('service.serverstransport'),
    message: '"t" names no provider',
    hint: 'write "shop-t@kubernetescrd" for what is called t in this namespace',
  },
  'an annotation of services': {
    manifest: noted(note('service.passhostheader', 'false')),
    field: annotation('service.passhostheader'),
    message: 'annotation "traefik.ingress.kubernetes.io/service.passhostheader" is ignored',
    hint: 'it belongs to the Service',
  },
  'a misspelt section': {
    manifest: noted(note('routr.tls', 'true')),
    field: annotation('routr.tls'),
    message: 'annotation "traefik.ingress.kubernetes.io/routr.tls" is ignored',
    hint: 'did you mean "traefik.ingress.kubernetes.io/router.tls"?',
  },
  'an annotation of Traefik 1': {
    manifest: noted(note('rule-type', 'PathPrefixStrip')),
    field: annotation('rule-type'),
    message: 'annotation "traefik.ingress.kubernetes.io/rule-type" is ignored',
    hint: null,
  },
  'a misspelt domain': {
    manifest: noted('traefik.ingress.kuberntes.io/router.tls: "true"'),
    field: 'metadata.annotations[traefik.ingress.kuberntes.io/router.tls]',
    message: 'annotation "traefik.ingress.kuberntes.io/router.tls" is ignored',
    hint: 'did you mean "traefik.ingress.kubernetes.io/router.tls"?',
  },
  'a label of a container': {
    manifest: noted('traefik.http.routers.x.tls: "true"'),
    field: 'metadata.annotations[traefik.http.routers.x.tls]',
    message: 'annotation "traefik.http.routers.x.tls" is ignored',
    hint: 'annotations are written "traefik.ingress.kubernetes.io/router.…"',
  },
  'neither host nor path': {
    manifest: ingress('bad', `{rules: [${path(to('shop'), 'pathType: Prefix')}]}`),
    field: P0,
    message: 'neither host nor path: the rule is empty',
    hint: 'write path: / for all requests',
  },
  'a rule twice': {
    manifest: ingress('bad', `{rules: [${path(to('shop'))}, ${path(to('shop', 'name: web'))}]}`),
    field: 'spec.rules[1].http.paths[0]',
    message:
      'Name collision: router "shop-bad-bad-7f12c7529ebbe32225b8" is defined more than once, the previous definition will be overridden',
    hint: `${P0} makes another one; change the name, the host or the path of one of them`,
  },
  'a field that nobody knows': {
    manifest: ingress('bad', `{rules: [${path(to('shop'), 'path: /, pathTyp: Exact')}]}`),
    field: `${P0}.pathTyp`,
    message: `unknown field "${P0}.pathTyp"`,
    hint: 'did you mean "pathType"?',
  },
}

const problemsOf = ({ manifest, options = {}, item = 'Ingress shop/bad' }: Case) => {
  const { config, problems } = deriveIngresses(worldOf(`${SHOP}\n---\n${manifest}`), options)
  // Nothing else suffers, and nothing that is secret is told.
  expect(config.http!.routers!['shop-good-good']).toMatchObject({ service: 'shop-shop-80' })
  expect(JSON.stringify(problems)).not.toContain('hunter2')
  return problems.filter(({ origin }) => origin?.item === item)
}

const originOf = (field: string) => (field === '' ? {} : { field })

describe('broken Ingresses', () => {
  test.each(Object.entries(errors))('%s', (_name, one) => {
    const { message, hint, field } = one
    expect(problemsOf(one)).toMatchObject([{ severity: 'error', message, hint, origin: originOf(field) }])
  })

  test.each(Object.entries(warnings))('%s is told', (_name, one) => {
    const { message, hint, field } = one
    expect(problemsOf(one)).toMatchObject([{ severity: 'warning', message, hint, origin: { field } }])
  })
})

describe('what a broken Ingress still says', () => {
  const routersOf = (manifest: string) => {
    const { config } = deriveIngresses(worldOf(`${SHOP}\n---\n${manifest}`), {})
    return Object.keys(config.http!.routers!).filter((name) => name.startsWith('shop-bad'))
  }

  test('other paths', () => {
    const paths = ['a: /a', `path: /b, backend: ${to('nope')}`, `path: /c, backend: ${to('shop')}`]
    const spec = `{rules: [{http: {paths: [{${paths.join('}, {')}}, null, 5]}}, null, 5]}`
    expect(routersOf(ingress('bad', spec))).toEqual(['shop-bad-c'])
  })

  test('no path of a host that can not be read', () => {
    const spec = `{rules: [{host: 5, http: {paths: [{path: /a, backend: ${to('shop')}}]}}]}`
    expect(routersOf(ingress('bad', spec))).toEqual([])
  })

  test('all paths without its certificate', () => {
    expect(routersOf(ingress('bad', `{tls: [{secretName: nope}], rules: [${path(to('shop'))}]}`))).toHaveLength(1)
  })

  test('nothing where an annotation can not be read', () => {
    expect(routersOf(noted(note('router.priority', 'high')))).toEqual([])
  })
})

test('two services of one name are not taken for each other', () => {
  const manifests = [
    service('a', '{clusterIP: 10.96.0.1, ports: [{name: b-c, port: 80}]}', note('service.nativelb', 'true')),
    service('a-b', '{clusterIP: 10.96.0.2, ports: [{name: c, port: 80}]}', note('service.nativelb', 'true')),
    ingress('bad', `{rules: [${path(to('a', 'name: b-c'))}, ${path(to('a-b', 'name: c'), 'path: /other')}]}`),
  ]
  const { config, problems } = deriveIngresses(worldOf(manifests.join('\n---\n')), {})
  expect(Object.keys(config.http!.routers!)).toEqual(['shop-bad-bad'])
  expect(problems).toMatchObject([
    {
      severity: 'error',
      message: 'Name collision: service "shop-a-b-c" is that of spec.rules[0].http.paths[0].backend already',
      origin: { item: 'Ingress shop/bad', field: 'spec.rules[1].http.paths[0].backend.service' },
    },
  ])
})
