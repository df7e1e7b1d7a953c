import { RedisServer } from '../../support/redis.ts'
import { router } from '../../support/routers.ts'
import { hasRouter } from '../run.mjs'
import { isRefused, kvFaults, kvWorld, SECRET, withFlags } from './kv.mjs'

/** A server of Redis that asks for a password, reached through the relay. */
export async function createWorld() {
  const server = await RedisServer.create({ password: SECRET })
  const world = kvWorld('redis', server)
  const flags = (port) => [...world.flags(port), `--providers.redis.password=${SECRET}`]
  const keeps = (source) => {
    if (!source.messages.every(hasRouter('kept'))) throw new Error('routes were taken away')
  }
  return {
    ...world,
    flags,
    special: (tools) => [
      ...kvFaults(server, () => RedisServer.create({ password: SECRET }), flags, tools),
      [
        'a wrong password, until it is the right one',
        () =>
          withFlags([...server.flags, '--providers.redis.password=other-secret'], async (source) => {
            await isRefused(source, /WRONGPASS/, 'other-secret')
            await server.use((redis) => redis.acl('SETUSER', 'default', '>other-secret'))
            await source.until(hasRouter('kept'), 16_500)
            await server.use((redis) => redis.acl('SETUSER', 'default', '<other-secret'))
          }),
      ],
      [
        'rights are taken away, and given again',
        async () => {
          await server.use((redis) => redis.acl('SETUSER', 'reader', 'on', `>${SECRET}`, '~*', '&*', '+@all'))
          const login = ['--providers.redis.username=reader', `--providers.redis.password=${SECRET}`]
          await withFlags([...server.flags, ...login], async (source) => {
            await source.until(hasRouter('kept'), 5_000)
            await server.use((redis) => redis.acl('SETUSER', 'reader', '-mget', '-get', '-scan'))
            await server.put(router('later'))
            await source.untilStatus('stale', 16_500)
            keeps(source)
            await server.use((redis) => redis.acl('SETUSER', 'reader', '+@all'))
            await source.until(hasRouter('later'), 16_500)
            await server.remove(Object.keys(router('later')))
          })
        },
      ],
      [
        'notifications are turned off while it runs, and on again',
        () =>
          tools.withSource(async (source) => {
            await server.use((redis) => redis.config('SET', 'notify-keyspace-events', ''))
            await server.put(router('untold'))
            await source.until(hasRouter('untold'), 17_000)
            await server.use((redis) => redis.config('SET', 'notify-keyspace-events', 'AKE'))
            await server.remove(Object.keys(router('untold')))
            await source.until((config) => !hasRouter('untold')(config), 3_000)
            tools.nothingLost(source)
          }),
      ],
      [
        'the connection that is told of changes is ended by the server',
        () =>
          tools.withSource(async (source) => {
            await server.use((redis) => redis.client('KILL', 'TYPE', 'pubsub'))
            await tools.recovers(source, 4)
            tools.nothingLost(source)
          }),
      ],
      [
        'a flushed database, of which nobody is told',
        () =>
          tools.withSource(async (source) => {
            await server.use((redis) => redis.flushall())
            await source.until((config) => !hasRouter('kept')(config), 17_000)
            await server.put(router('kept'))
            await source.until(hasRouter('kept'), 3_000)
          }),
      ],
    ],
  }
}
