import { describe, expect, test } from 'vitest'
import type { AnnotationName } from '../../../../src/compiler/discovery/kubernetes/ingress-nginx/annotation-table.ts'
import { deriveNginx } from '../../../../src/compiler/discovery/kubernetes/ingress-nginx/derive.ts'
import { worldOf } from './manifests.ts'
import { nginxOptions } from './nginx-options.ts'

const to = (name: string, port = 'number: 80') => `{service: {name: ${name}, port: {${port}}}}`
const rule = (paths: string, host = 'bad.test') => `{host: "${host}", http: {paths: [${paths}]}}`
const path = (backend: string, more = 'path: /bad') => `{${more}, backend: ${backend}}`

const ingress = (name: string, spec: string, annotations = '') =>
  `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: ${name}, namespace: shop, annotations: {kubernetes.io/ingress.class: nginx, ${annotations}}}, spec: ${spec}}`

/** What stands beside each broken Ingress, and must not suffer. */
const SHOP = [
  ingress('good', `{rules: [${rule(path(to('shop'), 'path: /good'), 'good.test')}]}`),
  '{apiVersion: v1, kind: Service, metadata: {name: shop, namespace: shop}, spec: {ports: [{name: web, port: 80}, {name: admin, port: 8081}]}}',
  '{apiVersion: v1, kind: Service, metadata: {name: bare, namespace: shop}, spec: {clusterIP: None, ports: [{port: 80}]}}',
  '{apiVersion: v1, kind: Service, metadata: {name: outside, namespace: shop}, spec: {type: ExternalName, externalName: x.test}}',
  '{apiVersion: v1, kind: Secret, metadata: {name: users, namespace: shop}, stringData: {auth: "jo:hunter2"}}',
  '{apiVersion: v1, kind: Secret, metadata: {name: odd, namespace: shop}, stringData: {password: hunter2}}',
  '{apiVersion: v1, kind: Secret, metadata: {name: file, namespace: shop}, stringData: {tls.crt: /etc/passwd, tls.key: /etc/passwd, ca.crt: /etc/passwd}}',
  '{apiVersion: v1, kind: Secret, metadata: {name: pair, namespace: shop}, stringData: {tls.crt: c, tls.key: k}}',
  '{apiVersion: v1, kind: ConfigMap, metadata: {name: headers, namespace: shop}, data: {X-One: a}}',
  '{apiVersion: v1, kind: ConfigMap, metadata: {name: wrong, namespace: shop}, data: {X-Onee: a}}',
  '{apiVersion: v1, kind: ConfigMap, metadata: {name: lines, namespace: shop}, data: {X-One: "a\\nb"}}',
  '{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: shop-1, namespace: shop, labels: {kubernetes.io/service-name: shop}}, ports: [{name: web, port: 8080}], endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]}',
].join('\n---\n')

const DOMAIN = 'nginx.ingress.kubernetes.io'
const field = (name: AnnotationName | 'x') => `metadata.annotations[${DOMAIN}/${name}]`
const P0 = 'spec.rules[0].http.paths[0]'
const backend = (of: string) => ingress('bad', `{rules: [${rule(path(of))}]}`)
const noted = (notes: Readonly<Record<string, string>>, spec = `{rules: [${rule(path(to('shop')))}]}`) =>
  ingress(
    'bad',
    spec,
    Object.entries(notes)
      .map(([name, value]) => `${name.includes('/') ? name : `${DOMAIN}/${name}`}: ${JSON.stringify(value)}`)
      .join(', '),
  )

interface Case {
  readonly manifest: string
  readonly field: string
  readonly message: string
  readonly hint: string | null
  readonly severity?: 'warning'
  /** Another object than the Ingress. */
  readonly item?: string
  readonly options?: Parameters<typeof nginxOptions>[0]
}

const CROSS = 'the provider’s option allowCrossNamespaceResources permits them'

const cases: Readonly<Record<string, Case>> = {
  'a misspelt service': {
    manifest: backend(to('shpo')),
    field: `${P0}.backend.service.name`,
    message: 'service shop/shpo not found: its routes answer 503',
    hint: 'did you mean "shop"?',
    severity: 'warning',
  },
  'a port that the service does not have': {
    manifest: backend(to('shop', 'number: 81')),
    field: `${P0}.backend.service.port.number`,
    message: 'service port not found: 81: its routes answer 503',
    hint: 'its ports: 80 (web), 8081 (admin)',
    severity: 'warning',
  },
  'a resource as a backend': {
    manifest: backend('{resource: {kind: Bucket, name: x}}'),
    field: `${P0}.backend`,
    message: 'the backend is no Service: the path is left out',
    hint: 'name a Service: service',
  },
  'another host where those are refused': {
    manifest: backend(to('outside')),
    field: `${P0}.backend.service.name`,
    message: 'externalName services not allowed: its routes answer 503',
    hint: 'the provider’s option disableSvcExternalName refuses them',
    severity: 'warning',
    options: { disableSvcExternalName: true },
  },
  'no address of the cluster': {
    manifest: noted({ 'service-upstream': 'true' }, `{rules: [${rule(path(to('bare')))}]}`),
    field: field('service-upstream'),
    message: 'no clusterIP on headless service: shop/bare: its routes answer 503',
    hint: null,
    severity: 'warning',
  },
  'a misspelt annotation': {
    manifest: noted({ 'rewrite-taget': '/' }),
    field: `metadata.annotations[${DOMAIN}/rewrite-taget]`,
    message: `annotation "${DOMAIN}/rewrite-taget" is unknown: it is ignored`,
    hint: `did you mean "${DOMAIN}/rewrite-target"?`,
    severity: 'warning',
  },
  'a misspelt domain': {
    manifest: noted({ 'nginx.ingres.kubernetes.io/app-root': '/a' }),
    field: 'metadata.annotations[nginx.ingres.kubernetes.io/app-root]',
    message: 'annotation "nginx.ingres.kubernetes.io/app-root" is ignored',
    hint: `did you mean "${DOMAIN}/app-root"?`,
    severity: 'warning',
  },
  'an annotation that protects nobody here': {
    manifest: noted({ 'denylist-source-range': '10.0.0.0/8' }),
    field: `metadata.annotations[${DOMAIN}/denylist-source-range]`,
    message: `annotation "${DOMAIN}/denylist-source-range" has no effect`,
    hint: 'nobody is refused by it: use allowlist-source-range, or deny in a snippet',
    severity: 'warning',
  },
  'neither true nor false': {
    manifest: noted({ 'enable-cors': 'yes' }),
    field: field('enable-cors'),
    message: '"yes" is neither true nor false: it counts as false',
    hint: 'write "true" or "false"',
    severity: 'warning',
  },
  'a number with a unit': {
    manifest: noted({ 'proxy-read-timeout': '60s' }),
    field: field('proxy-read-timeout'),
    message: '"60s" is no whole number: the annotation is ignored',
    hint: 'write digits alone, without a unit',
    severity: 'warning',
  },
  'an expression in a path of another type': {
    manifest: ingress('bad', `{rules: [${rule(path(to('shop'), 'path: "/a(.*)", pathType: Prefix'))}]}`),
    field: `${P0}.path`,
    message:
      'regex characters not allowed for pathType Prefix when strictValidatePathType is enabled: the Ingress is ignored',
    hint: 'write pathType: ImplementationSpecific, or switch the provider’s option strictValidatePathType off',
  },
  'a snippet that is not allowed': {
    manifest: noted({ 'configuration-snippet': 'return 403;' }),
    field: field('configuration-snippet'),
    message: 'snippet annotations are not allowed when allowSnippetAnnotations is disabled: the Ingress is ignored',
    hint: 'the provider’s option allowSnippetAnnotations permits them',
  },
  'a misspelt Secret of users': {
    manifest: noted({ 'auth-type': 'basic', 'auth-secret': 'user' }),
    field: field('auth-secret'),
    message: 'getting secret user: it does not exist: the path is left out',
    hint: 'did you mean "users"?',
  },
  'a Secret without users': {
    manifest: noted({ 'auth-type': 'basic', 'auth-secret': 'odd' }),
    field: field('auth-secret'),
    message: "secret shop/odd missing key 'auth': the path is left out",
    hint: 'its keys: password',
  },
  'credentials of another namespace': {
    manifest: noted({ 'auth-type': 'basic', 'auth-secret': 'office/users' }),
    field: field('auth-secret'),
    message: 'cross-namespace auth secret not allowed: office/users: the path is left out',
    hint: CROSS,
  },
  'an unknown way to ask for credentials': {
    manifest: noted({ 'auth-type': 'bearer', 'auth-secret': 'users' }),
    field: field('auth-type'),
    message: 'invalid auth-type "bearer": the path is left out',
    hint: 'write "basic" or "digest"',
  },
  'an unknown form of users': {
    manifest: noted({ 'auth-type': 'basic', 'auth-secret': 'users', 'auth-secret-type': 'file' }),
    field: field('auth-secret-type'),
    message: 'invalid auth-secret-type "file": the path is left out',
    hint: 'write "auth-file" or "auth-map"',
  },
  'a Secret of authorities without its namespace': {
    manifest: noted({ 'auth-tls-secret': 'pair' }),
    field: field('auth-tls-secret'),
    message: 'invalid auth-tls-secret "pair": the Ingress is left out',
    hint: 'it is written namespace/name',
  },
  'no authority': {
    manifest: noted({ 'auth-tls-secret': 'shop/pair' }),
    field: field('auth-tls-secret'),
    message: 'secret does not contain a CA certificate: the Ingress is left out',
    hint: 'key ca.crt',
  },
  'the path of a file as an authority': {
    manifest: noted({ 'auth-tls-secret': 'shop/file' }),
    field: field('auth-tls-secret'),
    message: 'secret shop/file holds no PEM in tls.crt: the Ingress is left out',
    hint: 'the text of a file belongs there, and not its path',
  },
  'a certificate that is none': {
    manifest: noted({}, `{tls: [{secretName: odd}], rules: [${rule(path(to('shop')))}]}`),
    field: 'spec.tls[0].secretName',
    message:
      'Error loading TLS certificates, defaulting to default certificate: secret shop/odd does not contain a keypair or CA certificate',
    hint: 'its keys: password',
    severity: 'warning',
  },
  'fields that may not be set': {
    manifest: noted({ 'custom-headers': 'shop/wrong' }),
    field: field('custom-headers'),
    message: 'header "X-Onee" is not in globalAllowedResponseHeaders: the path answers 503',
    hint: 'did you mean "X-One"?',
    options: { globalAllowedResponseHeaders: ['X-One'] },
  },
  'a value of a field with a line break': {
    manifest: noted({ 'custom-headers': 'shop/lines' }),
    field: field('custom-headers'),
    message: 'the value of header "X-One" can’t be sent: the path answers 503',
    hint: null,
    options: { globalAllowedResponseHeaders: ['X-One'] },
  },
  'a misspelt ConfigMap': {
    manifest: noted({ 'custom-headers': 'shop/header' }),
    field: field('custom-headers'),
    message: 'configmap shop/header does not exist: the path answers 503',
    hint: 'did you mean "headers"?',
  },
  'a canary of nothing': {
    manifest: noted({ canary: 'true', 'canary-weight': '5' }),
    field: P0,
    message: 'Canary ingress does not match any Ingress rule for host=bad.test path=/bad',
    hint: 'there must be an Ingress of the same namespace with this host, path and pathType',
  },
  'a canary with the same backend': {
    manifest: noted({ canary: 'true' }, `{rules: [${rule(path(to('shop'), 'path: /good'), 'good.test')}]}`),
    field: `${P0}.backend.service`,
    message: 'the backend is that of the Ingress whose requests it would share: it has no effect',
    hint: field('canary'),
    severity: 'warning',
  },
  'a weight beyond the whole': {
    manifest: noted(
      { canary: 'true', 'canary-weight': '150' },
      `{rules: [${rule(path(to('outside'), 'path: /good'), 'good.test')}]}`,
    ),
    field: field('canary-weight'),
    message: 'canary-weight 150 counts as 100',
    hint: '0 to 100',
    severity: 'warning',
  },
  'passthrough without a host': {
    manifest: noted({ 'ssl-passthrough': 'true' }, `{rules: [${rule(path(to('shop'), 'path: /'), '')}]}`),
    field: 'spec.rules[0].host',
    message: 'Cannot process ssl-passthrough: rule has no host',
    hint: field('ssl-passthrough'),
  },
  'an app root that is no path': {
    manifest: noted({ 'app-root': 'app' }),
    field: field('app-root'),
    message: 'app-root "app" is ignored',
    hint: 'begin it with a slash',
    severity: 'warning',
  },
  'a status that leads nowhere': {
    manifest: noted({ 'permanent-redirect': 'https://x.test', 'permanent-redirect-code': '200' }),
    field: field('permanent-redirect-code'),
    message: 'permanent-redirect-code 200 counts as 301',
    hint: '300 to 308',
    severity: 'warning',
  },
  'a size that is none': {
    manifest: noted({ 'proxy-body-size': '8 MB' }),
    field: field('proxy-body-size'),
    message: 'proxy-body-size invalid, using provider default: unable to parse number 8 MB',
    hint: 'a size is digits and perhaps k, m or g: "8k"',
    severity: 'warning',
  },
  'pages of errors without a service': {
    manifest: noted({ 'custom-http-errors': '404' }),
    field: field('custom-http-errors'),
    message: 'custom-http-errors has no effect without a service',
    hint: 'name a Service: default-backend, or the provider’s option defaultBackendService',
    severity: 'warning',
  },
  'a check of certificates without TLS': {
    manifest: noted({ 'proxy-ssl-verify': 'on' }),
    field: field('proxy-ssl-verify'),
    message: 'proxy-ssl-verify has no effect without TLS',
    hint: 'write backend-protocol: HTTPS',
    severity: 'warning',
  },
  'an option of a default backend that is not there': {
    manifest: noted({}),
    item: 'providers.kubernetesIngressNGINX',
    field: 'defaultBackendService',
    message: 'Cannot resolve default backend service: service shop/shpo not found',
    hint: 'did you mean "shop"?',
    options: { defaultBackendService: 'shop/shpo' },
  },
  'an option that is no place': {
    manifest: noted({}),
    item: 'providers.kubernetesIngressNGINX',
    field: 'publishService',
    message: "parsing publishService, 'namespace/service' format expected: shop",
    hint: null,
    options: { publishService: 'shop' },
  },
  'a selector of labels that is none': {
    manifest: noted({}),
    item: 'providers.kubernetesIngressNGINX',
    field: 'watchNamespaceSelector',
    message: '"a=(" is no selector of labels: no namespace is watched',
    hint: 'it is written like "team=a,stage in (test,live)"',
    options: { watchNamespaceSelector: 'a=(' },
  },
}

describe('broken manifests', () => {
  test.each(Object.entries(cases))('%s', (_, { manifest, field, message, hint, severity, item, options }) => {
    const { config, problems } = deriveNginx(worldOf(`${SHOP}\n---\n${manifest}`), nginxOptions(options))
    const found = problems.find((problem) => problem.origin?.field === field && problem.message === message)
    expect(found ?? problems, 'the problem').toMatchObject({
      severity: severity ?? 'error',
      hint,
      origin: { item: item ?? 'Ingress shop/bad', field },
    })
    expect(JSON.stringify(problems)).not.toContain('hunter2')
    if (options?.watchNamespaceSelector === undefined) {
      expect(Object.keys(config.http!.routers!)).toContain('shop-good-rule-0-path-0')
    }
  })

  test('other paths and rules of a broken Ingress', () => {
    const paths = [`path: /a, backend: 7`, `path: /b, backend: ${to('shop')}`]
    const spec = `{tls: [null, 5], rules: [{host: bad.test, http: {paths: [null, {${paths.join('}, {')}}, 5]}}, null, 5, {host: 6, http: {paths: [{path: /c, backend: ${to('shop')}}]}}]}`
    for (const notes of [{}, { canary: 'true' }, { 'ssl-passthrough': 'true' }] as const) {
      const { config, problems } = deriveNginx(worldOf(`${SHOP}\n---\n${noted(notes, spec)}`), nginxOptions())
      const own = Object.keys(config.http!.routers!).filter((name) => name.startsWith('shop-bad'))
      expect(own.filter((name) => !name.endsWith('-tls'))).toEqual('canary' in notes ? [] : ['shop-bad-rule-0-path-2'])
      expect(problems.filter(({ severity }) => severity === 'error').length).toBeGreaterThan(4)
    }
  })

  test('what is right is not told', () => {
    expect(deriveNginx(worldOf(SHOP), nginxOptions()).problems).toEqual([])
  })

  test('a path whose credentials can’t be asked for is no open path', () => {
    const bad = noted(
      { 'auth-type': 'basic', 'auth-secret': 'user' },
      `{defaultBackend: ${to('shop')}, rules: [${rule(path(to('shop')))}]}`,
    )
    const { config } = deriveNginx(worldOf(`${SHOP}\n---\n${bad}`), nginxOptions())
    expect(Object.keys(config.http!.routers!)).toEqual(['shop-good-rule-0-path-0', 'shop-good-rule-0-path-0-tls'])
  })
})
