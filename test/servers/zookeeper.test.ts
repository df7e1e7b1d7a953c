import net from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ZooKeeperClient } from '../../adapters/node/providers/kv/zookeeper/client.ts'
import { ZooKeeperConnection } from '../../adapters/node/providers/kv/zookeeper/connection.ts'
import { JuteWriter, PacketSplitter } from '../../adapters/node/providers/kv/zookeeper/jute.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { kvContract } from './support/kv-contract.ts'
import { router, routersOf } from './support/routers.ts'
import { type Source, startSource } from './support/source.ts'
import { sessionIn, ZooKeeperServer, type ZooKeeperSession } from './support/zookeeper.ts'

kvContract('ZooKeeper', await ZooKeeperServer.create())

describe('ZooKeeper', () => {
  const closing: (() => void)[] = []
  let server: ZooKeeperServer
  let source: Source | null = null
  const start = async (flags = server.flags): Promise<Source> => {
    source = await startSource(flags)
    return source
  }
  beforeAll(async () => {
    server = await ZooKeeperServer.create()
    await server.start()
  })
  afterAll(() => server.stop())
  afterEach(async () => {
    await source?.stop()
    source = null
    for (const close of closing.splice(0)) close()
    await server.clear()
  })

  /** Listens, and hands each connection to whoever is given. */
  async function listen(serve: (socket: net.Socket) => void): Promise<number> {
    const port = await freePort()
    const sockets = new Set<net.Socket>()
    const listener = net.createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      serve(socket)
    })
    closing.push(() => {
      listener.close()
      for (const socket of sockets) socket.destroy()
    })
    await new Promise<void>((listening) => listener.listen(port, '127.0.0.1', listening))
    return port
  }

  test('changes at any depth, also where the root is not there yet', async () => {
    expect(await (await start()).until(() => true)).toEqual({ http: {} })
    await server.put(router('a'))
    await source!.until((config) => routersOf(config).join() === 'a', 2_000)
    await server.put({ 'traefik/http/services/a/loadBalancer/healthCheck/headers/X-Deep': '1' })
    await source!.until(({ http }) => http?.services?.a?.loadBalancer?.healthCheck?.headers?.['X-Deep'] === '1', 2_000)
    await server.clear()
    await source!.until((config) => routersOf(config).length === 0, 2_000)
    await server.put(router('b'))
    await source!.until((config) => routersOf(config).join() === 'b', 2_000)
  })

  test('nodes that stay behind, empty, say nothing', async () => {
    await (await start()).until(() => true)
    await server.put(router('a'))
    await source!.until((config) => routersOf(config).join() === 'a', 2_000)
    await server.use(async (writer) => {
      for (const kind of ['routers', 'services']) await writer.removeTree(`/traefik/http/${kind}/a`)
    })
    await source!.until((config) => routersOf(config).length === 0, 2_000)
    expect(source!.problems).toEqual([])
  })

  test('nodes watched one by one, where the server can do no more', async () => {
    let changes = 0
    const client = await ZooKeeperClient.open(
      {
        address: { host: '127.0.0.1', port: server.port },
        username: '',
        password: '',
        onEvent: () => changes++,
        onLost: () => undefined,
      },
      new AbortController().signal,
    )
    closing.push(() => client.close())
    const connection = new ZooKeeperConnection(client, 'traefik', true)
    const change = async (work: () => Promise<void>): Promise<readonly string[]> => {
      const before = changes
      await work()
      await until(
        () => changes,
        (count) => count > before,
        2_000,
      )
      return (await connection.read()).pairs.filter(([, text]) => text !== '').map((pair) => pair.join('='))
    }
    expect((await connection.read()).pairs).toEqual([])
    expect(await change(() => server.put({ 'traefik/a/b': '1' }))).toEqual(['traefik/a/b=1'])
    expect(await change(() => server.put({ 'traefik/a/b': '2' }))).toEqual(['traefik/a/b=2'])
    expect(await change(() => server.put({ 'traefik/a/b/c/d': '3' }))).toContain('traefik/a/b/c/d=3')
    expect(await change(() => server.put({ 'traefik/a/b/c/d': '4' }))).toContain('traefik/a/b/c/d=4')
    expect(await change(() => server.clear())).toEqual([])
  })

  test('a server before 3.6 ends the connection, and its nodes are watched one by one', async () => {
    await server.put(router('a'))
    let connections = 0
    const port = await listen((socket) => {
      connections++
      const upstream = net.connect(server.port, '127.0.0.1')
      upstream.on('error', () => undefined)
      upstream.pipe(socket)
      const splitter = new PacketSplitter(1024 * 1024)
      let isFirst = true
      socket.on('data', (chunk) => {
        for (const packet of splitter.take(chunk)) {
          const isAddWatch = !isFirst && packet.readInt32BE(4) === 106
          isFirst = false
          if (isAddWatch) socket.end(new JuteWriter().int(packet.readInt32BE(0)).long(0n).int(-6).packet())
          else upstream.write(Buffer.concat([new JuteWriter().int(packet.length).packet().subarray(4), packet]))
        }
      })
      socket.on('close', () => upstream.destroy())
    })
    await start([`--providers.zooKeeper.endpoints=127.0.0.1:${port}`])
    await source!.until((config) => routersOf(config).join() === 'a', 3_000)
    expect(connections).toBe(2)
    await server.put({ 'traefik/http/routers/a/priority': '7' })
    await source!.until(({ http }) => http?.routers?.a?.priority === 7, 2_000)
    await server.put({ 'traefik/http/routers/a/priority': '8' })
    await source!.until(({ http }) => http?.routers?.a?.priority === 8, 2_000)
  })

  test('a session that expires is opened anew, and nothing is missed', async () => {
    await server.put(router('a'))
    const sessions: ZooKeeperSession[] = []
    const port = await listen((socket) => {
      const upstream = net.connect(server.port, '127.0.0.1')
      upstream.on('error', () => undefined)
      upstream.on('close', () => socket.destroy())
      socket.on('close', () => upstream.destroy())
      socket.pipe(upstream)
      upstream.pipe(socket)
      upstream.once('data', (chunk) => sessions.push(sessionIn(chunk.subarray(4))))
    })
    await start([`--providers.zooKeeper.endpoints=127.0.0.1:${port}`])
    await source!.until((config) => routersOf(config).join() === 'a')
    // Whoever takes the session over and closes it leaves the other one with a session that is no more.
    await server.use(async () => undefined, sessions[0])
    await source!.untilStatus('stale', 5_000)
    await server.put(router('b'))
    await source!.until((config) => routersOf(config).join() === 'a,b', 5_000)
    expect(sessions).toHaveLength(2)
    expect(source!.messages).toHaveLength(2)
  })

  test('nodes that only a user may read', async () => {
    const password = 'correct-horse-battery'
    await server.put({ 'traefik/http': '' })
    await server.use(async (writer) => {
      await writer.authenticate('reader', password)
      await writer.onlyForMe('/traefik/http')
    })
    const login = (secret: string) => [
      ...server.flags,
      '--providers.zooKeeper.username=reader',
      `--providers.zooKeeper.password=${secret}`,
    ]
    await start(login('wrong-secret'))
    const { error } = await source!.untilStatus('failed')
    expect(error).toBe('KeeperErrorCode = NoAuth for /traefik/http')
    expect(JSON.stringify([source!.logged, source!.report])).not.toContain('wrong-secret')
    await source!.stop()
    await start(login(password))
    await source!.untilStatus('live')
    expect(JSON.stringify([source!.logged, source!.report])).not.toContain(password)
    await server.use(async (writer) => {
      await writer.authenticate('reader', password)
      await writer.removeTree('/traefik')
    })
  })

  test.each<[string, (socket: net.Socket) => void, RegExp]>([
    ['says nothing', () => undefined, /no session within 2 s/],
    ['ends at once', (socket) => socket.destroy(), /connection closed/],
    ['speaks HTTP', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /a packet is too long/],
    ['stops in the middle', (socket) => socket.end(Buffer.from([0, 0, 0, 40, 0, 0])), /connection closed/],
    [
      'gives no session',
      (socket) => socket.write(new JuteWriter().int(0).int(0).long(0n).bytes('').packet()),
      /expired/,
    ],
    ['sends half a record', (socket) => socket.write(new JuteWriter().int(0).packet()), /malformed packet/],
  ])('somebody else who %s', async (_name, serve, reason) => {
    const port = await listen((socket) => {
      socket.once('data', () => serve(socket))
    })
    await start([`--providers.zooKeeper.endpoints=127.0.0.1:${port}`])
    expect((await source!.untilStatus('failed')).error).toMatch(reason)
  })

  test('5,000 nodes', { timeout: 60_000 }, async () => {
    await server.use(async (writer) => {
      for (let at = 0; at < 2_500; at += 100) {
        await Promise.all(
          Array.from({ length: 100 }, (_, offset) =>
            writer.put(`/traefik/http/routers/r${at + offset}/rule`, 'Path(`/`)'),
          ),
        )
      }
    })
    await (await start()).until((config) => routersOf(config).length === 2_500, 20_000)
    await server.put({ 'traefik/http/routers/r7/rule': 'Path(`/x`)' })
    await source!.until(({ http }) => http?.routers?.r7?.rule === 'Path(`/x`)', 5_000)
  })
})
