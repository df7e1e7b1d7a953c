import { kubernetesWorlds, NAMESPACES, SECRETS, SERVICES, surroundings } from './kubernetes.mjs'

const OPTIONS = ['allowEmptyServices', 'nativeLBByDefault', 'strictPrefixMatching', 'disableIngressClassLookup']

/** Annotations of Ingresses, with values. */
const ROUTER = {
  entrypoints: ['web', 'web,alt', 'missing', ''],
  middlewares: ['one-m@kubernetescrd', 'a@file,b@file', 'm'],
  priority: ['1', '100', 'x'],
  rulesyntax: ['v3', 'v2'],
  pathmatcher: ['Path', 'PathPrefix', 'PathRegexp', 'Odd'],
  tls: ['true', 'false', 'maybe'],
  'tls.certresolver': ['le'],
  'tls.options': ['modern@file'],
  'tls.domains.0.main': ['a.test'],
  'tls.domains.0.sans': ['b.test,c.test'],
  'tls.domains.1.main': ['d.test'],
  'observability.accesslogs': ['true', 'false'],
  'observability.metrics': ['true', 'false'],
  'observability.tracing': ['true', 'false'],
  'observability.traceverbosity': ['minimal', 'detailed', 'odd'],
  unknown: ['x'],
}
const SERVICE = {
  serversscheme: ['http', 'https', 'h2c', 'odd'],
  serverstransport: ['tr@file', 'one-tr@kubernetescrd'],
  passhostheader: ['true', 'false', 'x'],
  middlewares: ['a@file', 'one-m@kubernetescrd'],
  nativelb: ['true', 'false'],
  nodeportlb: ['true', 'false'],
  'sticky.cookie': ['true', 'false'],
  'sticky.cookie.name': ['c'],
  'sticky.cookie.secure': ['true'],
  'sticky.cookie.httponly': ['true', 'false'],
  'sticky.cookie.samesite': ['lax', 'none', 'odd'],
  'sticky.cookie.maxage': ['10', 'x'],
  'sticky.cookie.path': ['/p'],
  'sticky.cookie.domain': ['a.test'],
  unknown: ['x'],
}
const HOSTS = ['a.test', 'b.test', '*.w.test', undefined]
const PATHS = ['/', '/a', '/a/b', '/a/', '/x.y', undefined]
const CLASSES = ['traefik', 'other', 'missing']

/** Ingresses in a real API server. */
export async function createWorlds(random) {
  const used = new Set()
  const chosenClass = random.chance(0.3) ? random.pick(CLASSES) : ''
  const all = [
    ...Object.keys(ROUTER).map((name) => `router.${name}`),
    ...Object.keys(SERVICE).map((name) => `service.${name}`),
  ]
  const annotations = (part, table, likely) => {
    const chosen = random.some(Object.keys(table), likely).filter((name) => name !== 'unknown' || random.chance(0.2))
    for (const name of chosen) used.add(`${part}.${name}`)
    return Object.fromEntries(
      chosen.map((name) => [`traefik.ingress.kubernetes.io/${part}.${name}`, random.pick(table[name])]),
    )
  }
  const backend = () =>
    random.chance(0.05)
      ? { resource: { apiGroup: 'x.test', kind: 'Bucket', name: 'b' } }
      : {
          service: {
            name: random.pick([...SERVICES, 'missing']),
            port: random.pick([
              { number: 80 },
              { name: 'web' },
              { number: 443 },
              { name: 'https' },
              { number: 81 },
              { name: 'no' },
            ]),
          },
        }
  const path = () => {
    const pathType = random.pick(['Prefix', 'Exact', 'ImplementationSpecific'])
    const where = random.pick(PATHS) ?? (pathType === 'ImplementationSpecific' ? undefined : '/')
    return { pathType, backend: backend(), ...(where === undefined ? {} : { path: where }) }
  }
  const rule = () => {
    const host = random.pick(HOSTS)
    const paths = Array.from({ length: 1 + random.below(3) }, path)
    return { ...(host === undefined ? {} : { host }), ...(random.chance(0.05) ? {} : { http: { paths } }) }
  }
  const ingress = (name) => {
    const className = random.chance(0.3) ? random.pick(CLASSES) : undefined
    const isDefault = random.chance(0.15)
    const annotationClass = random.chance(0.1) ? { 'kubernetes.io/ingress.class': random.pick(CLASSES) } : {}
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {
        name,
        namespace: random.pick(NAMESPACES),
        annotations: { ...annotations('router', ROUTER, 0.08), ...(className === undefined ? annotationClass : {}) },
      },
      spec: {
        ...(className === undefined ? {} : { ingressClassName: className }),
        ...(isDefault || random.chance(0.1) ? { defaultBackend: backend() } : {}),
        ...(isDefault ? {} : { rules: Array.from({ length: 1 + random.below(2) }, rule) }),
        ...(random.chance(0.3)
          ? {
              tls: [
                {
                  hosts: ['a.test'],
                  ...(random.chance(0.8) ? { secretName: random.pick([...SECRETS, 'missing']) } : {}),
                },
              ],
            }
          : {}),
      },
    }
  }
  const ingressClass = (name, controller) => ({
    manifest: { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name }, spec: { controller } },
  })

  function* manifestsOf() {
    if (random.chance(0.8)) yield ingressClass('traefik', 'traefik.io/ingress-controller')
    yield ingressClass('other', random.pick(['traefik.io/ingress-controller', 'x.test/controller']))
    yield* surroundings(random, () => annotations('service', SERVICE, 0.05))
    for (const name of random.some(['i1', 'i2', 'i.3', 'i4'], 0.7)) yield { manifest: ingress(name) }
  }

  return kubernetesWorlds({
    provider: 'kubernetesIngress',
    flags: [
      '--providers.kubernetesIngress.allowExternalNameServices=true',
      ...(chosenClass === '' ? [] : [`--providers.kubernetesIngress.ingressClass=${chosenClass}`]),
      ...OPTIONS.filter(() => random.chance(0.3)).map((name) => `--providers.kubernetesIngress.${name}=true`),
    ],
    manifestsOf,
    marker: (at) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {
        name: 'marker',
        namespace: 'one',
        annotations: { 'kubernetes.io/ingress.class': chosenClass === '' ? 'traefik' : chosenClass },
      },
      spec: {
        rules: [
          {
            host: `marker${at}.test`,
            http: {
              paths: [
                { path: '/', pathType: 'Prefix', backend: { service: { name: 'marker', port: { number: 80 } } } },
              ],
            },
          },
        ],
      },
    }),
    isMarker: (key, at) => key.includes(`marker${at}-test`),
    enough: 100,
    missing: () => all.filter((name) => !used.has(name)),
  })
}
