import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { planFile } from '../../adapters/cli/plan-file.ts'

/** What is wrong with files, by their names in a folder. */
async function checked(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-manifests-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  const { plan, problems } = await planFile(folder, { target: 'node', install: null })
  const told = problems.map(({ severity, message, hint, position }) => ({
    severity,
    message,
    hint,
    at: position === null ? null : `${path.relative(folder, position.file!)}:${position.line}:${position.column}`,
  }))
  return { plan, told }
}

const SERVICE = `# The shop.
apiVersion: v1
kind: Service
metadata:
  name: shop
spec:
  ports:
    - port: 80
`

const route = (...lines: readonly string[]) => `${SERVICE}---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  name: front
spec:
  routes:
${lines.map((line) => `    ${line}`).join('\n')}
`

describe('check of manifests', () => {
  test('good ones are planned, without endpoints', async () => {
    const { plan, told } = await checked({
      'shop.yaml': route('- match: Host(`a`)', '  services: [{name: shop, port: 80}]'),
    })
    expect(told).toEqual([])
    expect(Object.values(plan!.routers).map(({ rule }) => rule)).toContainEqual(expect.anything())
  })

  test.each<[string, string[], string, string | null, string]>([
    [
      'a misspelt field',
      ['- match: Host(`a`)', '  priorty: 1', '  services: [{name: shop, port: 80}]'],
      'unknown field "spec.routes[0].priorty"',
      'did you mean "priority"?',
      'shop.yaml:17:7',
    ],
    [
      'a misspelt service',
      ['- match: Host(`a`)', '  services:', '    - name: shp', '      port: 80'],
      'kubernetes service not found: default/shp',
      'did you mean "shop"?',
      'shop.yaml:18:11',
    ],
    [
      'a port that there is not',
      ['- match: Host(`a`)', '  services:', '    - name: shop', '      port: 8080'],
      'service port not found: 8080',
      'its ports: 80',
      'shop.yaml:19:11',
    ],
    [
      'a rule',
      ['- match: Host(`a`) && Pth(`/x`)', '  services: [{name: shop, port: 80}]'],
      'unsupported function: Pth',
      'Did you mean "Path"?',
      'shop.yaml:16:27',
    ],
  ])('%s, with its place', async (_name, lines, message, hint, at) => {
    const { told } = await checked({ 'shop.yaml': route(...lines) })
    expect(told).toMatchObject([{ message: expect.stringContaining(message), hint, at }])
  })

  test('Ingresses beside custom resources', async () => {
    const ingress = (service: string) => `${SERVICE}---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: front
spec:
  rules:
    - host: a.test
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: ${service}
                port:
                  number: 80
`
    const good = await checked({ 'a.yaml': ingress('shop') })
    expect(good.told).toEqual([])
    expect(Object.keys(good.plan!.routers)).toContainEqual(expect.stringMatching(/@kubernetes$/))
    const { told } = await checked({
      'a.yaml': ingress('shp'),
      'b.yaml': route('- match: Pth(`/`)', '  services: [{name: shop, port: 80}]'),
    })
    expect(told.map(({ hint, at }) => [hint, at?.split(':').slice(0, 2).join(':')])).toEqual([
      ['did you mean "shop"?', expect.stringMatching(/^a\.yaml:/)],
      ['Did you mean "Path"?', 'b.yaml:16'],
    ])
  })

  test('annotations of ingress-nginx tell who is meant', async () => {
    const ingress = (annotation: string, service = 'shop') => `${SERVICE}---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: front
  annotations:
    nginx.ingress.kubernetes.io/${annotation}
spec:
  ingressClassName: nginx
  rules:
    - host: a.test
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: {service: {name: ${service}, port: {number: 80}}}
`
    const good = await checked({ 'a.yaml': ingress('limit-rps: "5"') })
    expect(good.told).toEqual([])
    expect(Object.keys(good.plan!.routers)).toContain('default-front-rule-0-path-0@kubernetesingressnginx')
    const { told } = await checked({ 'a.yaml': ingress('limit-rpss: "5"', 'shp') })
    expect(told.map(({ hint, at }) => [hint, at])).toEqual([
      ['did you mean "shop"?', expect.stringMatching(/^a\.yaml:\d+:\d+$/)],
      ['did you mean "nginx.ingress.kubernetes.io/limit-rps"?', expect.stringMatching(/^a\.yaml:\d+:5$/)],
    ])
  })

  const WITH_AUTH = route('- match: Host(`a`)', '  middlewares: [{name: auth}]', '  services: [{name: shop, port: 80}]')
  const AUTH = `
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: auth}
spec:
  basicAuth:
    secret: users
`

  test('what the cluster may have is a warning', async () => {
    const { told } = await checked({ 'shop.yaml': WITH_AUTH, 'sub/auth.yml': AUTH })
    expect(told).toEqual([
      {
        severity: 'warning',
        message: "Error while reading basic auth middleware: secret 'default/users' not found",
        hint: null,
        at: 'sub/auth.yml:7:5',
      },
    ])
  })

  test('what has a similar name among the manifests is an error', async () => {
    const secret = '---\n{apiVersion: v1, kind: Secret, metadata: {name: user}, stringData: {users: "a:b"}}\n'
    const { told } = await checked({ 'shop.yaml': WITH_AUTH, 'sub/auth.yml': AUTH + secret })
    expect(told).toMatchObject([{ severity: 'error', hint: 'did you mean "user"?', at: 'sub/auth.yml:7:5' }])
    expect(
      (await checked({ 'a.yaml': WITH_AUTH, 'b.yaml': AUTH.replace('name: auth', 'name: auht') })).told,
    ).toMatchObject([
      {
        severity: 'error',
        message: 'Middleware default/auth does not exist',
        hint: 'did you mean "auht"?',
        at: 'a.yaml:17:22',
      },
      { severity: 'warning' },
    ])
  })

  test('versions and kinds that the API server would refuse', async () => {
    const { told } = await checked({
      'old.yaml': `${SERVICE}---\n# Old.\napiVersion: traefik.containo.us/v1alpha1\nkind: Middleware\nmetadata: {name: a}\nspec: {}\n`,
      'typo.yaml': 'apiVersion: traefik.io/v1alpha1\nkind: IngresRoute\nmetadata: {name: a}\nspec: {}\n',
    })
    expect(told).toEqual([
      {
        severity: 'error',
        message: 'no matches for kind "Middleware" in version "traefik.containo.us/v1alpha1"',
        hint: 'write apiVersion: traefik.io/v1alpha1',
        at: 'old.yaml:11:1',
      },
      {
        severity: 'error',
        message: 'no matches for kind "IngresRoute" in version "traefik.io/v1alpha1"',
        hint: 'did you mean "IngressRoute"?',
        at: 'typo.yaml:2:1',
      },
    ])
  })

  test('documents that are none, and broken ones', async () => {
    const { told } = await checked({
      'a.yaml': `${SERVICE}---\n# nothing\n---\nkind: Foo\n`,
      'b.yaml': `${SERVICE}---\na: [\n`,
    })
    expect(told).toMatchObject([
      { severity: 'error', message: 'no manifest: apiVersion, kind and metadata.name are needed', at: 'a.yaml:12:1' },
      {
        severity: 'error',
        message: expect.stringContaining('yaml: line'),
        at: expect.stringMatching(/^b\.yaml:1[01]:/),
      },
    ])
  })

  test('what Knative makes is none of our Ingresses', async () => {
    const made =
      '{apiVersion: networking.internal.knative.dev/v1alpha1, kind: Ingress, metadata: {name: a}, spec: {x: 1}}'
    const { told } = await checked({
      'made.yaml': made,
      'shop.yaml': route('- match: Path(`/`)', '  services: [{name: shop, port: 80}]'),
    })
    expect(told).toEqual([])
  })

  test('lists, of objects and as JSON', async () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' }, spec: { ports: [{ port: 80 }] } },
        {
          apiVersion: 'traefik.io/v1alpha1',
          kind: 'IngressRouteTCP',
          metadata: { name: 'front' },
          spec: { routes: [{ match: 'HostSNI(`*`)', services: [{ name: 'shop', port: 81 }] }] },
        },
      ],
    }
    const text = JSON.stringify(list, null, 1)
    const line = text.split('\n').findIndex((line) => line.includes('"port": 81')) + 1
    const { told } = await checked({ 'list.json': text })
    expect(told[0]).toMatchObject({
      message: 'Cannot create service: service port not found: 81',
      hint: 'its ports: 80',
      at: `list.json:${line}:9`,
    })
  })
})

describe('check of manifests of the Gateway API', () => {
  const gateway = (port = 80, more = '') => `---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: edge
spec:
  gatewayClassName: signalbox
  listeners:
    - {name: web, port: ${port}, protocol: HTTP${more}}
`
  const httpRoute = (...lines: readonly string[]) => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: front
spec:
  parentRefs: [{name: edge}]
  hostnames: [shop.test]
  rules:
${lines.map((line) => `    ${line}`).join('\n')}
`
  const GOOD = '- backendRefs: [{name: shop, port: 80}]'

  test('good ones are planned, without endpoints and whatever the class', async () => {
    const { plan, told } = await checked({ 'shop.yaml': SERVICE + gateway(8123) + httpRoute(GOOD) })
    expect(told).toEqual([])
    expect(Object.values(plan!.routers).map(({ definition }) => definition.rule)).toContain(
      'Host("shop.test") && PathPrefix("/")',
    )
  })

  test.each<[string, string, 'error' | 'warning', string, string | null, string]>([
    [
      'a misspelt service',
      gateway() + httpRoute('- backendRefs:', '    - name: shpo', '      port: 80'),
      'error',
      'Cannot load HTTPBackendRef default/shpo: getting service: service "shpo" not found',
      'did you mean "shop"?',
      'shop.yaml:28:11',
    ],
    [
      'the same of a Gateway that is not among them',
      httpRoute('- backendRefs:', '    - name: shpo', '      port: 80'),
      'error',
      'Cannot load HTTPBackendRef default/shpo: getting service: service "shpo" not found',
      'did you mean "shop"?',
      'shop.yaml:19:11',
    ],
    [
      'a service that may be in the cluster',
      gateway() + httpRoute('- backendRefs: [{name: other, port: 80}]'),
      'warning',
      'Cannot load HTTPBackendRef default/other: getting service: service "other" not found',
      null,
      'shop.yaml:27:22',
    ],
    [
      'a middleware that may be in the cluster',
      gateway() +
        httpRoute(
          '- filters: [{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: auth}}]',
          '  backendRefs: [{name: shop, port: 80}]',
        ),
      'warning',
      'middleware "default-auth@kubernetescrd" does not exist',
      null,
      'shop.yaml:27:17',
    ],
    [
      'an expression that is none',
      gateway() +
        httpRoute(
          '- matches: [{path: {type: RegularExpression, value: "/("}}]',
          '  backendRefs: [{name: shop, port: 80}]',
        ),
      'error',
      expect.stringContaining('error while adding rule') as string,
      null,
      'shop.yaml:27:7',
    ],
    [
      'a kind that there is not',
      gateway() + httpRoute(GOOD).replace('HTTPRoute', 'HTTPRuote'),
      'error',
      'no matches for kind "HTTPRuote" in version "gateway.networking.k8s.io/v1"',
      'did you mean "HTTPRoute"?',
      'shop.yaml:20:1',
    ],
    [
      'a kind that is not served',
      gateway() +
        httpRoute(GOOD) +
        '---\n{apiVersion: gateway.networking.k8s.io/v1, kind: ListenerSet, metadata: {name: l}}\n',
      'warning',
      'ListenerSet is not served',
      null,
      'shop.yaml:29:44',
    ],
  ])('%s', async (_name, manifests, severity, message, hint, at) => {
    const { told } = await checked({ 'shop.yaml': SERVICE + manifests })
    const of = told.filter((one) => !/Gateway default\/edge does not exist|is not attached/.test(one.message))
    expect(of).toEqual([{ severity, message, hint, at }])
  })
})
