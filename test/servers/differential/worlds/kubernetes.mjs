import path from 'node:path'
import { ApiServer, manifestsIn } from '../../support/kubernetes.ts'

const REFERENCE = path.join(import.meta.dirname, '../../../../examples/kubernetes/kubernetes-crd-definition-v1.yml')
export const NAMESPACES = ['one', 'two']
export const SERVICES = ['s1', 's2', 's3', 'ext']
export const SECRETS = ['tls', 'users', 'basic', 'ca', 'broken']

/** The definitions of Traefik's kinds. */
export const definitions = manifestsIn(REFERENCE)

/** What the API server serves, read by both proxies; a world replaces the one before. */
export async function kubernetesWorlds(parts) {
  const { provider, flags, manifestsOf, marker, isMarker, enough, missing, others = [] } = parts
  const api = await ApiServer.create()
  await api.start()
  await api.install([...definitions, ...others])
  for (const name of NAMESPACES) await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  await api.apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'marker', namespace: 'one' },
    spec: { type: 'ExternalName', externalName: 'marker.test', ports: [{ port: 80 }] },
  })
  let there = []
  let at = 0
  return {
    provider: provider.toLowerCase() === 'kubernetesingress' ? 'kubernetes' : provider.toLowerCase(),
    enough,
    env: { KUBERNETES_SERVICE_HOST: '', KUBECONFIG: '' },
    flags: (isReference) => [...api.flags(provider), ...(typeof flags === 'function' ? flags(isReference) : flags)],
    isSeen: (elements) => at === 0 || Object.keys(elements).some((key) => isMarker(key, at)),
    async make(number) {
      for (const manifest of there) await api.delete(manifest)
      there = []
      at = number + 1
      const refused = []
      for (const { manifest, taken } of manifestsOf(number)) {
        try {
          await api.apply(manifest)
          there.push(manifest)
          taken?.()
        } catch (error) {
          // The server checks what the schema can't tell by itself.
          if (!/: 4\d\d |failed to create typed patch object/.test(error.message)) throw error
          refused.push(error.message)
        }
      }
      const mark = marker(at)
      await api.apply(mark)
      there.push(mark)
      return there
    },
    missing,
    stop: () => api.stop(),
  }
}

const meta = (name, namespace, more = {}) => ({ name, namespace, ...more })

/** Services, their slices, Secrets and ConfigMaps that routes may name; some are not as they should be. */
export function* surroundings(random, annotationsOf = () => ({}), mayBeHeadless = true) {
  for (const namespace of NAMESPACES) {
    for (const name of random.some(SERVICES, 0.8)) {
      const ports = random.some(
        [
          { name: 'web', port: 80, targetPort: 8080 },
          { name: 'https', port: 443, targetPort: 8443 },
          { name: 'other', port: 9000, targetPort: 9000 },
        ],
        0.7,
      )
      if (ports.length === 0) ports.push({ port: 80, targetPort: 8080 })
      if (random.chance(0.1)) ports[0].appProtocol = random.pick(['https', 'h2c', 'kubernetes.io/h2c'])
      const spec =
        name === 'ext'
          ? { type: 'ExternalName', externalName: 'outside.test', ...(random.chance(0.7) ? { ports } : {}) }
          : { ports, ...random.pick([{}, {}, mayBeHeadless ? { clusterIP: 'None' } : {}, { type: 'NodePort' }]) }
      yield {
        manifest: {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: meta(name, namespace, { annotations: annotationsOf() }),
          spec,
        },
      }
      for (let count = random.below(3); count > 0; count--)
        yield { manifest: slice(random, namespace, name, ports, count) }
    }
    yield* secrets(random, namespace)
  }
}

function slice(random, namespace, name, ports, count) {
  const condition = () => random.pick([true, true, true, false, undefined])
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: meta(`${name}-${count}`, namespace, { labels: { 'kubernetes.io/service-name': name } }),
    addressType: 'IPv4',
    ports: random
      .some(ports, 0.9)
      .map((port) => ({ ...(port.name === undefined ? {} : { name: port.name }), port: port.targetPort })),
    endpoints: Array.from({ length: random.below(4) }, () => ({
      addresses: [`10.1.${random.below(2)}.${1 + random.below(5)}`],
      conditions: { ready: condition(), serving: condition(), ...(random.chance(0.15) ? { terminating: true } : {}) },
    })),
  }
}

function* secrets(random, namespace) {
  const secret = (name, type, data) => ({
    manifest: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: meta(name, namespace),
      type,
      data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)])),
    },
  })
  const all = [
    secret('tls', 'kubernetes.io/tls', { 'tls.crt': 'CERTIFICATE', 'tls.key': 'KEY' }),
    secret('users', 'Opaque', { [random.pick(['users', 'auth'])]: 'jo:$apr1$x$y\n# no\n\nal:{SHA}z' }),
    secret('basic', 'kubernetes.io/basic-auth', { username: 'jo', password: 'word' }),
    secret('ca', 'Opaque', { [random.pick(['tls.ca', 'ca.crt', 'odd'])]: 'AUTHORITY' }),
    secret('broken', 'Opaque', random.pick([{}, { a: 'b', c: 'd' }])),
  ]
  yield* random.some(all, 0.85)
  if (random.chance(0.8)) {
    yield {
      manifest: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: meta('ca', namespace),
        data: { [random.pick(['tls.ca', 'ca.crt', 'odd'])]: 'AUTHORITY' },
      },
    }
  }
}
