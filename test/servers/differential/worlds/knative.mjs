import path from 'node:path'
import { manifestsIn } from '../../support/kubernetes.ts'
import { kubernetesWorlds, NAMESPACES, SECRETS, SERVICES, surroundings } from './kubernetes.mjs'

const DEFINITION = path.join(import.meta.dirname, '../../../facts/knative/definition.yml')
const CLASS = 'traefik.ingress.networking.knative.dev'
const HOSTS = ['a.test', 'b.one.svc', 'c.example.com', 'a b', 'ünï.test', '*.w.test']

/** Ingresses of Knative in a real API server. */
export async function createWorlds(random) {
  const used = new Set()
  const note = (name, value) => {
    used.add(name)
    return value
  }
  const maybe = (likely, name, make) => (random.chance(likely) ? { [name]: note(name, make()) } : {})
  const headers = () =>
    Object.fromEntries(
      random
        .some(['X-One', 'X-Two', 'Knative-Serving-Revision'], 0.5)
        .map((name) => [name, random.pick(['a', 'a "b"', ''])]),
    )
  const split = () => ({
    serviceNamespace: random.pick(NAMESPACES),
    serviceName: random.pick([...SERVICES, ...SERVICES, 'missing']),
    servicePort: random.pick([80, 80, 'web', '80', 443, 'https', 'other', 81]),
    ...maybe(0.6, 'percent', () => random.pick([0, 1, 50, 100, 130])),
    ...maybe(0.4, 'splitHeaders', headers),
  })
  const renamed = ({ splitHeaders, ...rest }) =>
    splitHeaders === undefined ? rest : { ...rest, appendHeaders: splitHeaders }
  const onePath = () => ({
    ...maybe(0.5, 'path', () => random.pick(['/', '/a', '/a/b', ''])),
    ...maybe(0.3, 'headers', () =>
      Object.fromEntries(
        random.some(['X-Tag', 'A-B', 'x'], 0.6).map((name) => [name, { exact: random.pick(['v', 'a"b', '']) }]),
      ),
    ),
    ...maybe(0.3, 'appendHeaders', headers),
    ...maybe(0.05, 'rewriteHost', () => 'r.test'),
    splits: Array.from({ length: random.pick([0, 1, 1, 1, 2, 3]) }, () => renamed(split())),
  })
  const rule = () => ({
    ...maybe(0.9, 'hosts', () => random.some(HOSTS, 0.4)),
    ...maybe(0.5, 'visibility', () => random.pick(['ClusterLocal', 'ExternalIP', 'Odd', ''])),
    ...maybe(0.9, 'http', () => ({ paths: Array.from({ length: random.below(3) }, onePath) })),
  })
  const ingress = (name) => ({
    apiVersion: 'networking.internal.knative.dev/v1alpha1',
    kind: 'Ingress',
    metadata: {
      name,
      namespace: random.pick(NAMESPACES),
      annotations: random.chance(0.9)
        ? {
            'networking.knative.dev/ingress.class': random.chance(0.95)
              ? CLASS
              : 'kourier.ingress.networking.knative.dev',
          }
        : {},
    },
    spec: {
      ...maybe(0.4, 'httpOption', () => random.pick(['Enabled', 'Redirected'])),
      ...maybe(0.3, 'tls', () =>
        Array.from({ length: 1 + random.below(2) }, () => ({
          hosts: ['a.test'],
          secretName: random.pick(['tls', 'tls', ...SECRETS, 'missing']),
          secretNamespace: random.pick(NAMESPACES),
        })),
      ),
      rules: Array.from({ length: random.below(3) }, rule),
    },
  })

  function* manifestsOf() {
    yield* surroundings(random, () => ({}), false)
    for (const name of random.some(['i1', 'i2', 'i.3', 'i4'], 0.7)) yield { manifest: ingress(name) }
  }

  const all = [
    'percent',
    'splitHeaders',
    'path',
    'headers',
    'appendHeaders',
    'rewriteHost',
    'hosts',
    'visibility',
    'http',
    'httpOption',
    'tls',
  ]
  const sides = {
    publicEntryPoints: random.pick([['web'], ['web', 'alt'], []]),
    privateEntryPoints: random.pick([['alt'], []]),
  }
  return kubernetesWorlds({
    provider: 'knative',
    others: manifestsIn(DEFINITION),
    flags: [
      '--experimental.knative=true',
      ...Object.entries(sides).flatMap(([name, values]) =>
        values.length === 0 ? [] : [`--providers.knative.${name}=${values.join(',')}`],
      ),
    ],
    manifestsOf,
    // The marker of other worlds is a name of another host, which Knative does not take.
    marker: (at) => ({
      apiVersion: 'networking.internal.knative.dev/v1alpha1',
      kind: 'Ingress',
      metadata: {
        name: `marker${at}`,
        namespace: 'one',
        annotations: { 'networking.knative.dev/ingress.class': CLASS },
      },
      spec: { rules: [{ hosts: [`marker${at}.test`], http: { paths: [{ splits: [] }] } }] },
    }),
    isMarker: (key, at) => key.includes(`one-marker${at}-rule-0`),
    enough: 50,
    missing: () => all.filter((name) => !used.has(name)),
  })
}
