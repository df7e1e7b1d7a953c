import { ADMIN, ApiServer } from '../../support/kubernetes.ts'
import { endpoints, namespace, rightsOf, rulesWithout, service } from '../../support/kubernetes-objects.ts'
import { PlainWay } from '../../support/plain-way.ts'
import { withFlags } from './kv.mjs'

const READER = 'token-of-the-reader'

/**
 * An API server, reached through the relay, without TLS on the part that is spoiled.
 *
 * @param world.provider as options name it
 * @param world.route makes the manifest of a route from its name
 * @param world.rules the rights that the provider needs
 * @param world.resource what those name the kind of routes by
 * @param world.definitions of kinds that the server does not know by itself
 * @param world.manifests what routes need beside a service
 * @param world.more further flags
 */
export async function kubernetesWorld({
  provider,
  route,
  rules,
  resource,
  definitions = [],
  manifests = [],
  more = [],
}) {
  const api = await ApiServer.create()
  api.setTokens({ [READER]: 'reader' })
  const way = new PlainWay(api.port)
  const port = await way.listen()
  const hasRouter = (name) => (config) =>
    Object.keys(config?.http?.routers ?? {}).some((router) => router.includes(`shop-${name}-`))
  return {
    name: provider,
    isHttp: true,
    target: { host: '127.0.0.1', port },
    secrets: [ADMIN, READER],
    hasRouter,
    flags: (relayPort) => [...api.flags(provider, ADMIN, `http://127.0.0.1:${relayPort}`), ...more],
    async start() {
      await api.start()
      if (definitions.length > 0) await api.install(definitions)
      const objects = [namespace(), service('app'), endpoints('app', '10.1.0.1'), ...manifests]
      for (const manifest of [...objects, ...rightsOf('reader', rules)]) await api.apply(manifest)
    },
    put: (name) => api.apply(route(name)),
    remove: (name) => api.delete(route(name)),
    stall: () => api.stall(),
    goOn: () => api.goOn(),
    async restart() {
      await api.stopServer('SIGKILL')
      await api.startServer()
    },
    async stop() {
      await way.close()
      await api.stop()
    },
    special: ({ relay, withSource, recovers, nothingLost }) => [
      [
        'versions are forgotten while the way is away',
        () =>
          withSource(async (source) => {
            await relay.set('refuse')
            await source.untilStatus('stale', 15_500)
            await api.apply(route('other'))
            await api.delete(route('other'))
            await api.compact()
            await relay.set('pass')
            await recovers(source, 4)
            nothingLost(source)
          }),
      ],
      [
        'versions are forgotten while the server is away',
        () =>
          withSource(async (source) => {
            await api.stopServer('SIGKILL')
            await api.compact()
            await api.startServer()
            await recovers(source, 4)
            nothingLost(source)
          }),
      ],
      [
        'a right is taken away, and given back',
        () =>
          withFlags([...api.flags(provider, READER), ...more], async (source) => {
            await source.until(hasRouter('kept'), 10_000)
            await api.apply(rightsOf('reader', rulesWithout(resource, rules))[0])
            await api.stopServer()
            await api.startServer()
            await isForbidden(source, 20_000)
            nothingLost(source)
            await api.apply(rightsOf('reader', rules)[0])
            await api.apply(route('later'))
            await source.until(hasRouter('later'), 20_000)
            await api.delete(route('later'))
          }),
      ],
    ],
  }
}

async function isForbidden(source, limitMs) {
  for (
    const began = Date.now();
    Date.now() - began < limitMs;
    await new Promise((resolve) => setTimeout(resolve, 50))
  ) {
    if (source.problems.some(({ message }) => message.includes('403 Forbidden'))) return
  }
  throw new Error('no problem says that a right is missing')
}
