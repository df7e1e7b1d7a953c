import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { kvContract } from './support/kv-contract.ts'
import { ServerProcess, temporaryFolder } from './support/process.ts'
import { RedisServer } from './support/redis.ts'
import { router, routersOf, ruleOf } from './support/routers.ts'
import { type Source, startSource } from './support/source.ts'

kvContract('Redis', await RedisServer.create({ db: 3 }))

const PASSWORD = 'correct-horse-battery'
const servers: { stop(): Promise<void> }[] = []
let source: Source | null = null
afterEach(async () => {
  await source?.stop()
  source = null
})
afterAll(async () => {
  for (const server of servers.reverse()) await server.stop()
})

async function started(options: Parameters<typeof RedisServer.create>[0] = {}): Promise<RedisServer> {
  const server = await RedisServer.create(options)
  servers.push(server)
  await server.start()
  return server
}

const start = async (server: RedisServer, ...flags: string[]): Promise<Source> => {
  source = await startSource([...server.flags, ...flags])
  return source
}

const everythingSaid = ({ logged, report }: Source): string => JSON.stringify([logged, report])

describe('Redis', () => {
  test('without notifications it is looked every 15 s, and the setting is named', { timeout: 60_000 }, async () => {
    const server = await started({ args: [] })
    await server.put(router('a'))
    const { report } = await start(server)
    expect(report.status).not.toBe('failed')
    await source!.until((config) => routersOf(config).join() === 'a')
    expect(source!.problems).toMatchObject([
      {
        severity: 'warning',
        message: 'Redis does not tell of all changes: notify-keyspace-events is ""; they are looked for every 15 s',
        hint: 'set it on the server: `CONFIG SET notify-keyspace-events AK`, and in its configuration file',
      },
    ])
    await server.put(router('b'))
    await source!.until((config) => routersOf(config).join() === 'a,b', 17_000)
    await server.use((redis) => redis.config('SET', 'notify-keyspace-events', 'AK'))
    await until(
      () => source!.problems,
      ({ length }) => length === 0,
      17_000,
    )
    await server.put(router('c'))
    await source!.until((config) => routersOf(config).join() === 'a,b,c', 2_000)
  })

  test('a flushed database clears', { timeout: 60_000 }, async () => {
    const server = await started()
    await server.put(router('a'))
    await (await start(server)).until((config) => routersOf(config).join() === 'a')
    await server.use((redis) => redis.flushall())
    await source!.until((config) => routersOf(config).length === 0, 17_000)
  })

  test('keys that hold no text, or an empty one, are told and ignored, as are expired ones', async () => {
    const server = await started()
    await server.put({ ...router('a'), 'traefik/http/routers/a/tls': '' })
    await server.use((redis) => redis.hset('traefik/http/routers/a/middlewares', 'x', 'y'))
    const config = await (await start(server)).until((last) => routersOf(last).join() === 'a')
    expect(config.http?.routers?.a).toEqual({ rule: 'Host(`a.test`)', service: 'a' })
    expect(source!.problems.map(({ message, origin }) => [origin?.item, message])).toEqual([
      ['key traefik/http/routers/a/middlewares', 'the key is ignored: it holds no text'],
      [
        'key traefik/http/routers/a/tls',
        'the key is ignored: it has no value, and in Redis such keys count for nothing',
      ],
    ])
    await server.use((redis) => redis.set('traefik/http/routers/a/priority', '9', 'PX', 300))
    await source!.until(({ http }) => http?.routers?.a?.priority === 9, 2_000)
    await source!.until(({ http }) => http?.routers?.a?.priority === undefined, 2_000)
  })

  test('a root key with signs of patterns', async () => {
    const server = await started()
    await server.put({ 'a[b]*?/http/routers/r/rule': 'Path(`/`)', 'axx/http/routers/s/rule': 'Path(`/`)' })
    await start(server, '--providers.redis.rootKey=/a[b]*?')
    await source!.until((config) => routersOf(config).join() === 'r')
    await server.put({ 'a[b]*?/http/routers/r/rule': 'Path(`/x`)' })
    await source!.until((config) => ruleOf(config, 'r') === 'Path(`/x`)', 2_000)
  })

  test('a wrong password is refused, the right one is taken, and neither is shown', async () => {
    const server = await started({ password: PASSWORD })
    await server.put(router('a'))
    await start(server, '--providers.redis.password=wrong-secret')
    const { error, nextTryAt } = await source!.untilStatus('failed')
    expect(error).toBe('WRONGPASS invalid username-password pair or user is disabled.')
    expect(nextTryAt).not.toBeNull()
    expect(everythingSaid(source!)).not.toContain('wrong-secret')
    await source!.stop()
    await start(server)
    expect((await source!.untilStatus('failed')).error).toContain('NOAUTH')
    await source!.stop()
    await start(server, `--providers.redis.password=${PASSWORD}`)
    await source!.until((config) => routersOf(config).join() === 'a')
    expect(everythingSaid(source!)).not.toContain(PASSWORD)
  })

  test('a user who may only read its keys', async () => {
    const server = await started()
    await server.put(router('a'))
    await server.use((redis) =>
      redis.acl('SETUSER', 'reader', 'on', `>${PASSWORD}`, '~traefik/*', 'resetchannels', '+scan', '+mget', '+strlen'),
    )
    const flags = ['--providers.redis.username=reader', `--providers.redis.password=${PASSWORD}`]
    await start(server, ...flags)
    await source!.until((config) => routersOf(config).join() === 'a')
    expect(source!.problems).toMatchObject([
      {
        message:
          'Redis does not tell of all changes: the user may not subscribe to its channels; they are looked for every 15 s',
      },
    ])
    await source!.stop()
    await server.use((redis) => redis.acl('SETUSER', 'reader', '&__keyspace@0__:traefik/*', '+psubscribe', '+ping'))
    await start(server, ...flags)
    await source!.until((config) => routersOf(config).join() === 'a')
    expect(source!.problems).toMatchObject([{ message: expect.stringContaining('CONFIG GET is not allowed') }])
    await server.put(router('b'))
    await source!.until((config) => routersOf(config).join() === 'a,b', 2_000)
    await source!.stop()
    // The rights that the manual names.
    const rights = '+scan +strlen +mget +ping +select +dbsize +psubscribe +config|get'.split(' ')
    await server.use((redis) => redis.acl('SETUSER', 'reader', '-@all', ...rights))
    await start(server, ...flags)
    await source!.until((config) => routersOf(config).join() === 'a,b')
    expect(source!.problems).toEqual([])
    await source!.stop()
    await server.use((redis) => redis.acl('SETUSER', 'reader', '-mget'))
    await start(server, ...flags)
    expect((await source!.untilStatus('failed')).error).toContain('NOPERM')
  })

  test('several endpoints, and several strategies, are refused', async () => {
    const server = await started()
    await start(server, '--providers.redis.endpoints=127.0.0.1:1,127.0.0.1:2')
    expect((await source!.untilStatus('failed')).error).toBe('redis: does not support multiple endpoints')
    await source!.stop()
    const sentinel = '--providers.redis.sentinel'
    await start(
      server,
      `${sentinel}.masterName=m`,
      `${sentinel}.randomStrategy=true`,
      `${sentinel}.latencyStrategy=true`,
    )
    expect((await source!.untilStatus('failed')).error).toContain('mutually exclusive')
    await source!.stop()
    await start(server, `${sentinel}.randomStrategy=true`)
    expect((await source!.untilStatus('failed')).error).toBe('master set name must be provided')
  })

  test('100,000 keys', { timeout: 60_000 }, async () => {
    const server = await started()
    await server.use(async (redis) => {
      for (let i = 0; i < 50_000; i += 1_000) {
        const pairs: string[] = []
        for (let at = i; at < i + 1_000; at++) {
          pairs.push(
            `traefik/http/routers/r${at}/rule`,
            `Host(\`${at}.test\`)`,
            `traefik/http/routers/r${at}/service`,
            's',
          )
        }
        await redis.mset(...pairs)
      }
    })
    await (await start(server)).until((config) => routersOf(config).length === 50_000, 40_000)
  })
})

describe('Sentinel', () => {
  test('finds the master, follows it when another one is chosen, and reads from replicas', async () => {
    const master = await started()
    const replica = await started({
      args: ['--notify-keyspace-events', 'AKE', '--replicaof', '127.0.0.1', `${master.port}`],
    })
    await master.put(router('a'))
    await until(
      () => replica.use((redis) => redis.dbsize()),
      (size) => size === 3,
    )
    const port = await freePort()
    const folder = temporaryFolder()
    const config = `${folder}/sentinel.conf`
    const { writeFileSync } = await import('node:fs')
    writeFileSync(
      config,
      [
        `port ${port}`,
        `dir ${folder}`,
        'bind 127.0.0.1',
        `sentinel monitor shop 127.0.0.1 ${master.port} 1`,
        'sentinel down-after-milliseconds shop 500',
        'sentinel failover-timeout shop 2000',
      ].join('\n'),
    )
    const sentinel = new ServerProcess({
      program: '/usr/bin/redis-sentinel',
      args: [config],
      isReady: async () => true,
    })
    servers.push(sentinel)
    await sentinel.start()
    const flags = [
      `--providers.redis.endpoints=127.0.0.1:1,127.0.0.1:${port}`,
      '--providers.redis.sentinel.masterName=shop',
    ]
    source = await startSource(flags)
    await source.until((last) => routersOf(last).join() === 'a', 10_000)
    expect(source.report.peer).toBe(`127.0.0.1:${master.port}`)
    await source.stop()

    for (const strategy of ['replica', 'random', 'latency']) {
      source = await startSource([...flags, `--providers.redis.sentinel.${strategy}Strategy=true`])
      await source.until((last) => routersOf(last).join() === 'a', 10_000)
      const peers = strategy === 'replica' ? [replica] : [replica, master]
      expect(peers.map((peer) => `127.0.0.1:${peer.port}`)).toContain(source.report.peer)
      await source.stop()
    }

    source = await startSource(flags)
    await source.until((last) => routersOf(last).join() === 'a')
    await master.stop('SIGKILL')
    await until(
      () => source!.report,
      ({ status, peer }) => status === 'live' && peer === `127.0.0.1:${replica.port}`,
      20_000,
    )
    await replica.put(router('b'))
    await source.until((last) => routersOf(last).join() === 'a,b', 2_000)

    await source.stop()
    source = await startSource([...flags, '--providers.redis.sentinel.masterName=other'])
    expect((await source.untilStatus('failed')).error).toBe('Sentinel knows no master named "other"')
  })
})
