import net from 'node:net'
import { router } from '../../support/routers.ts'
import { sessionIn, ZooKeeperServer } from '../../support/zookeeper.ts'
import { hasRouter } from '../run.mjs'
import { isRefused, kvFaults, kvWorld, SECRET, withFlags } from './kv.mjs'

/** A server of ZooKeeper, reached through the relay. */
export async function createWorld() {
  const server = await ZooKeeperServer.create()
  const world = kvWorld('zooKeeper', server)
  const removeOwned = () =>
    server.use(async (writer) => {
      await writer.authenticate('reader', SECRET)
      await writer.removeTree('/traefik/http/middlewares')
    })
  return {
    ...world,
    special: (tools) => [
      ...kvFaults(server, () => ZooKeeperServer.create(), world.flags, tools),
      [
        'its session expires',
        async () => {
          let session = null
          const listener = net.createServer((socket) => {
            const upstream = net.connect(server.port, '127.0.0.1')
            for (const end of [socket, upstream]) end.on('error', () => end.destroy())
            upstream.on('close', () => socket.destroy())
            socket.on('close', () => upstream.destroy())
            upstream.once('data', (chunk) => {
              session ??= sessionIn(chunk.subarray(4))
            })
            socket.pipe(upstream)
            upstream.pipe(socket)
          })
          await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve))
          try {
            await withFlags(world.flags(listener.address().port), async (source) => {
              await source.until(hasRouter('kept'), 5_000)
              // Whoever takes a session over and closes it ends it.
              await server.use(async () => undefined, session)
              await source.untilStatus('stale', 5_000)
              await tools.recovers(source, 4)
              tools.nothingLost(source)
            })
          } finally {
            listener.close()
          }
        },
      ],
      [
        'nodes that only a user may read, and a wrong password',
        async () => {
          await server.put({ 'traefik/http/middlewares/m/stripPrefix/prefixes/0': '/x' })
          await server.use(async (writer) => {
            await writer.authenticate('reader', SECRET)
            await writer.onlyForMe('/traefik/http/middlewares')
          })
          const login = (password) => [
            ...server.flags,
            '--providers.zooKeeper.username=reader',
            `--providers.zooKeeper.password=${password}`,
          ]
          try {
            await withFlags(login('other-secret'), (source) => isRefused(source, /NoAuth/, 'other-secret'))
            await withFlags(login(SECRET), (source) => source.until(hasRouter('kept'), 5_000))
          } finally {
            await removeOwned()
          }
        },
      ],
      [
        'rights are taken away, and the node is made anew',
        () =>
          tools.withSource(async (source) => {
            await server.put({ 'traefik/http/middlewares/m/stripPrefix/prefixes/0': '/x' })
            await server.use(async (writer) => {
              await writer.authenticate('reader', SECRET)
              await writer.onlyForMe('/traefik/http/middlewares')
            })
            // Nobody is told of rights: what is written makes it look.
            await server.put(router('later'))
            await source.untilStatus('stale', 15_500)
            tools.nothingLost(source)
            await removeOwned()
            await source.until(hasRouter('later'), 16_500)
            await server.remove(Object.keys(router('later')))
          }),
      ],
      [
        'the tree is replaced by another one',
        () =>
          tools.withSource(async (source) => {
            await server.replace(router('new'))
            await source.until((config) => hasRouter('new')(config) && !hasRouter('kept')(config), 6_000)
            await server.replace(router('kept'))
            await source.until((config) => hasRouter('kept')(config) && !hasRouter('new')(config), 6_000)
          }),
      ],
    ],
  }
}
