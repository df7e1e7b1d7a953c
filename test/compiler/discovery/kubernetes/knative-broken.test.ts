import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveKnative, KnativeDerivation } from '../../../../src/compiler/discovery/kubernetes/knative/derive.ts'
import type { KnativeOptions } from '../../../../src/compiler/discovery/kubernetes/knative/options.ts'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { ObjectWorld } from '../../../../src/compiler/discovery/kubernetes/world.ts'
import { objectsOf, worldOf } from './manifests.ts'

const ingress = (name: string, spec: string, ofClass = 'traefik') =>
  `{apiVersion: networking.internal.knative.dev/v1alpha1, kind: Ingress, metadata: {name: ${name}, namespace: shop, annotations: {networking.knative.dev/ingress.class: ${ofClass}.ingress.networking.knative.dev}}, spec: ${spec}}`
const split = (name = 'shop', port = '80', more = '') =>
  `{serviceNamespace: shop, serviceName: ${name}, servicePort: ${port}${more}}`
const rule = (splits: string, more = 'hosts: [bad.test]') => `{${more}, http: {paths: [{splits: [${splits}]}]}}`

/** What stands beside each broken Ingress, and must not suffer. */
const SHOP = [
  ingress('good', `{rules: [${rule(split(), 'hosts: [good.test]')}]}`),
  '{apiVersion: v1, kind: Service, metadata: {name: shop, namespace: shop}, spec: {clusterIP: 10.96.0.1, ports: [{name: web, port: 80}]}}',
  '{apiVersion: v1, kind: Service, metadata: {name: bare, namespace: shop}, spec: {clusterIP: None, ports: [{port: 80}]}}',
  '{apiVersion: v1, kind: Service, metadata: {name: outside, namespace: shop}, spec: {type: ExternalName, externalName: x.test, ports: [{port: 80}]}}',
  '{apiVersion: v1, kind: Secret, metadata: {name: cert, namespace: shop}, stringData: {tls.crt: c, tls.key: k}}',
  '{apiVersion: v1, kind: Secret, metadata: {name: file, namespace: shop}, stringData: {tls.crt: /etc/passwd, tls.key: /etc/passwd}}',
].join('\n---\n')

const SPLIT = 'spec.rules[0].http.paths[0].splits[0]'
const WRR = 'Error building weighted round robin: '
const bad = (splits: string, more?: string) => ingress('bad', `{rules: [${rule(splits, more)}]}`)
const withTls = (tls: string) => ingress('bad', `{tls: [${tls}], rules: [${rule(split())}]}`)

interface Case {
  readonly manifest: string
  readonly field: string
  readonly message: string
  readonly hint: string | null
  readonly severity?: 'warning'
  /** It has routes all the same. */
  readonly isServed?: true
}

const cases: Readonly<Record<string, Case>> = {
  'a misspelt service': {
    manifest: bad(split('shpo')),
    field: `${SPLIT}.serviceName`,
    message: `${WRR}service shop/shpo does not exist`,
    hint: 'did you mean "shop"?',
  },
  'a port that the service does not have': {
    manifest: bad(split('shop', '81')),
    field: `${SPLIT}.servicePort`,
    message: `${WRR}service port not found`,
    hint: 'its ports: 80 (web)',
  },
  'a service without an address': {
    manifest: bad(split('bare')),
    field: `${SPLIT}.serviceName`,
    message: `${WRR}no clusterIP on headless service: shop/bare`,
    hint: null,
  },
  'a service that is a name of another host': {
    manifest: bad(split('outside')),
    field: `${SPLIT}.serviceName`,
    message: `${WRR}no clusterIP found for service: shop/outside`,
    hint: null,
  },
  'a rule for inside, and no entry points for that': {
    manifest: bad(split(), 'hosts: [bad.test], visibility: ClusterLocal'),
    field: 'spec.rules[0].visibility',
    message: 'there are no entry points for traffic from inside: the rule is left out',
    hint: 'the provider’s option privateEntryPoints says where they are',
    severity: 'warning',
  },
  'hosts that are no list': {
    manifest: bad(split(), 'hosts: bad.test'),
    field: 'spec.rules[0].hosts',
    message: 'Invalid value: "string": spec.rules[0].hosts in body must be of type array',
    hint: null,
  },
  'a share that is no number': {
    manifest: bad(split('shop', '80', ', percent: "10"')),
    field: `${SPLIT}.percent`,
    message: `Invalid value: "string": ${SPLIT}.percent in body must be of type integer`,
    hint: null,
  },
  'a field that nobody knows': {
    manifest: bad(split('shop', '80', ', percnt: 10')),
    field: `${SPLIT}.percnt`,
    message: `unknown field "${SPLIT}.percnt"`,
    hint: 'did you mean "percent"?',
    severity: 'warning',
    isServed: true,
  },
  'another name for the host': {
    manifest: ingress(
      'bad',
      `{rules: [{hosts: [bad.test], http: {paths: [{rewriteHost: x.test, splits: [${split()}]}]}}]}`,
    ),
    field: 'spec.rules[0].http.paths[0].rewriteHost',
    message: 'rewriteHost has no effect',
    hint: null,
    severity: 'warning',
    isServed: true,
  },
  'a Secret that is not there': {
    manifest: withTls('{secretName: crt, secretNamespace: shop}'),
    field: 'spec.tls[0].secretName',
    message: 'Error loading TLS certificates: secret shop/crt does not exist',
    hint: 'did you mean "cert"?',
  },
  'a Secret with the path of a file': {
    manifest: withTls('{secretName: file, secretNamespace: shop}'),
    field: 'spec.tls[0].secretName',
    message: 'Error loading TLS certificates: secret shop/file holds no PEM in tls.crt',
    hint: 'the text of a file belongs there, and not its path',
  },
  'a Secret of another namespace': {
    manifest: withTls('{secretName: cert, secretNamespace: other}'),
    field: 'spec.tls[0].secretNamespace',
    message: 'the Secret is of another namespace: it is not used',
    hint: 'write secretNamespace: shop',
    severity: 'warning',
    isServed: true,
  },
}

describe('what is wrong with an Ingress of Knative', () => {
  test.each(Object.entries(cases))('%s', (_, { manifest, field, message, hint, severity = 'error', isServed }) => {
    const { config, problems } = deriveKnative(worldOf(`${SHOP}\n---\n${manifest}`), {})
    expect(problems).toEqual([
      {
        severity,
        message,
        hint,
        provider: null,
        path: [],
        position: null,
        origin: { item: 'Ingress shop/bad', field },
      },
    ])
    const names = Object.keys(config.http!.routers!)
    expect(names).toContain('shop-good-rule-0-path-0')
    expect(names.includes('shop-bad-rule-0-path-0')).toBe(isServed === true)
  })

  test('specs of any shape are survived', () => {
    const wild = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>(null, '', 'x', 0, -1, true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(...['rules', 'hosts', 'http', 'paths', 'splits', 'tls', 'headers', 'appendHeaders', 'exact']),
          tie('value'),
          { maxKeys: 4 },
        ),
      ),
    })).value
    const [good] = objectsOf(ingress('wild', '{}'))
    fc.assert(
      fc.property(wild, (spec) => {
        const world = worldOf(SHOP)
        world.set({ ...good!, spec })
        expect(Object.keys(deriveKnative(world, {}).config.http!.routers!)).toContain('shop-good-rule-0-path-0')
      }),
      { numRuns: 500 },
    )
  })
})

describe('a derivation with a memory', () => {
  test('says the same as one without, after any changes', () => {
    const name = fc.constantFrom('a', 'b')
    const splits = fc.array(
      fc.record({ serviceNamespace: fc.constant('shop'), serviceName: name, servicePort: fc.constantFrom(80, 'web') }),
      { maxLength: 2 },
    )
    const rules = fc.array(
      fc.record({
        hosts: fc.constantFrom([], ['a.test']),
        visibility: fc.constantFrom('', 'ClusterLocal'),
        http: fc.record({ paths: fc.array(fc.record({ splits }), { maxLength: 2 }) }),
      }),
      { maxLength: 2 },
    )
    const tls = fc.array(fc.record({ secretName: name, secretNamespace: fc.constantFrom('shop', 'x') }), {
      maxLength: 1,
    })
    const meta = (own: string, more = {}) => ({ name: own, namespace: 'shop', ...more })
    const annotations = { 'networking.knative.dev/ingress.class': 'traefik.ingress.networking.knative.dev' }
    const anyObject = fc.oneof(
      fc.tuple(name, fc.record({ rules, tls }), fc.nat(3)).map(([own, spec, generation]): KubernetesObject => {
        return { apiVersion: '', kind: 'Ingress', metadata: meta(own, { annotations, generation }), spec }
      }),
      fc.tuple(name, fc.constantFrom('10.0.0.1', '')).map(([own, clusterIP]): KubernetesObject => {
        return { apiVersion: 'v1', kind: 'Service', metadata: meta(own), spec: { clusterIP, ports: [{ port: 80 }] } }
      }),
      fc.tuple(name, fc.constantFrom('c', '')).map(([own, text]): KubernetesObject => {
        const data = { 'tls.crt': btoa(text), 'tls.key': btoa('k') }
        return { apiVersion: 'v1', kind: 'Secret', metadata: meta(own), data }
      }),
    )
    const options = fc.record({ privateEntryPoints: fc.constantFrom([], ['inside']) }) as fc.Arbitrary<KnativeOptions>
    const step = fc.array(fc.tuple(anyObject, fc.boolean()), { maxLength: 6 })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), options, (steps, own) => {
        const world = new ObjectWorld()
        const derivation = new KnativeDerivation(own)
        for (const changes of steps) {
          for (const [object, isThere] of changes) {
            if (isThere) world.set(object)
            else world.delete(object)
          }
          expect(derivation.derive(world)).toEqual(deriveKnative(world, own))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('an element says what it is made of', () => {
    const derivation = new KnativeDerivation({})
    derivation.derive(worldOf(SHOP))
    expect(derivation.originOf('http', 'routers', 'shop-good-rule-0-path-0')).toEqual({
      item: 'Ingress shop/good',
      field: 'spec.rules[0].http.paths[0]',
    })
  })
})
