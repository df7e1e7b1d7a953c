import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { EtcdConnection } from '../../adapters/node/providers/kv/etcd/connection.ts'
import { EtcdSession } from '../../adapters/node/providers/kv/etcd/session.ts'
import { Authority } from '../peers/certificates.ts'
import { PeerRig } from '../peers/rig.ts'
import { until } from '../support/until.ts'
import { type EtcdOptions, EtcdServer } from './support/etcd.ts'
import { kvContract } from './support/kv-contract.ts'
import { router, routersOf } from './support/routers.ts'
import { type Source, startSource } from './support/source.ts'

kvContract('etcd', await EtcdServer.create())

const PASSWORD = 'correct-horse-battery'
const rig = new PeerRig()
const servers: EtcdServer[] = []
let source: Source | null = null
afterEach(async () => {
  await source?.stop()
  source = null
})
afterAll(async () => {
  for (const server of servers) await server.stop()
  await rig.close()
})

async function started(options: EtcdOptions = {}): Promise<EtcdServer> {
  const server = await EtcdServer.create(options)
  servers.push(server)
  await server.start()
  return server
}

const start = async (flags: readonly string[]): Promise<Source> => {
  source = await startSource(flags)
  return source
}

const noSignal = new AbortController().signal

/** A connection between whose calls something happens. */
async function connected(server: EtcdServer, afterCall: () => Promise<void>) {
  const session = await EtcdSession.open(
    { host: '127.0.0.1', port: server.port },
    { username: '', password: '', tls: undefined },
    noSignal,
    () => undefined,
  )
  const heard: string[] = []
  const connection = new EtcdConnection(
    {
      peer: session.peer,
      stream: (path, listener) => session.stream(path, listener),
      close: () => session.close(),
      async call(path, message) {
        const answer = await session.call(path, message)
        await afterCall()
        return answer
      },
    },
    'traefik',
    { changed: () => heard.push('changed'), lost: ({ message }) => heard.push(message) },
  )
  return { connection, heard }
}

describe('etcd', () => {
  test('a wrong password is refused, the right one is taken, a token that is no longer taken is renewed', async () => {
    const server = await started()
    await server.put(router('a'))
    await server.ask('auth/user/add', { name: 'root', password: PASSWORD })
    await server.ask('auth/user/grant', { user: 'root', role: 'root' })
    await server.ask('auth/user/add', { name: 'nobody', password: PASSWORD })
    await server.ask('auth/enable', {})
    server.token = (await server.ask('auth/authenticate', { name: 'root', password: PASSWORD })).token as string
    const login = (name: string, password: string) => [
      ...server.flags,
      `--providers.etcd.username=${name}`,
      `--providers.etcd.password=${password}`,
    ]
    await start(login('root', 'wrong-secret'))
    expect((await source!.untilStatus('failed')).error).toBe(
      'etcdserver: authentication failed, invalid user ID or password',
    )
    expect(JSON.stringify([source!.logged, source!.report])).not.toContain('wrong-secret')
    await source!.stop()

    await start(server.flags)
    expect((await source!.untilStatus('failed')).error).toBe('etcdserver: user name is empty')
    await source!.stop()

    await start(login('nobody', PASSWORD))
    expect((await source!.untilStatus('failed')).error).toBe('etcdserver: permission denied')
    await source!.stop()

    // A role that may read what is below the root, and nothing else.
    const perm = { permType: 'READ', key: btoa('traefik/'), range_end: btoa('traefik0') }
    await server.ask('auth/role/add', { name: 'reader' })
    await server.ask('auth/role/grant', { name: 'reader', perm })
    await server.ask('auth/user/grant', { user: 'nobody', role: 'reader' })
    await start(login('nobody', PASSWORD))
    await source!.until((config) => routersOf(config).join() === 'a')
    await source!.stop()

    await start(login('root', PASSWORD))
    await source!.until((config) => routersOf(config).join() === 'a')
    // Whoever changes a password takes the tokens away, ours too.
    await server.ask('auth/user/changepw', { name: 'root', password: PASSWORD })
    server.token = ''
    server.token = (await server.ask('auth/authenticate', { name: 'root', password: PASSWORD })).token as string
    await server.put(router('b'))
    await source!.until((config) => routersOf(config).join() === 'a,b', 3_000)
    expect(source!.logged.filter((line) => line.startsWith('error'))).toEqual([])
    expect(JSON.stringify([source!.logged, source!.report])).not.toContain(PASSWORD)
  })

  test('a user and a password for a server that wants none', async () => {
    const server = await started()
    await server.put(router('a'))
    await start([...server.flags, '--providers.etcd.username=u', '--providers.etcd.password=p'])
    await source!.until((config) => routersOf(config).join() === 'a')
  })

  test('what was forgotten between the read and the watch is read again, and followed', async () => {
    const server = await started()
    await server.put(router('a'))
    let calls = 0
    const { connection, heard } = await connected(server, async () => {
      if (calls++ > 0) return
      await server.put(router('b'))
      await server.put({ 'traefik/x': '1' })
      await server.compact()
    })
    try {
      expect((await connection.read()).pairs).toHaveLength(3)
      await until(
        () => heard,
        ({ length }) => length > 0,
      )
      expect(heard).toEqual(['changed'])
      expect((await connection.read()).pairs).toHaveLength(7)
      await server.put({ 'traefik/x': '2' })
      await until(
        () => heard,
        ({ length }) => length > 1,
      )
      expect(heard).toEqual(['changed', 'changed'])
    } finally {
      connection.close()
    }
  })

  test('what is forgotten between two pages is read from the start, at one revision', async () => {
    const server = await started()
    for (let at = 0; at < 2_100; at += 100) {
      const success = Array.from({ length: 100 }, (_, offset) => ({
        request_put: { key: btoa(`traefik/k${at + offset}`), value: btoa('x') },
      }))
      await server.ask('kv/txn', { success })
    }
    let calls = 0
    const { connection } = await connected(server, async () => {
      if (calls++ > 0) return
      await server.put({ 'traefik/y': '1' })
      await server.compact()
    })
    try {
      expect((await connection.read()).pairs).toHaveLength(2_101)
      expect(calls).toBe(3)
    } finally {
      connection.close()
    }
  })

  test('the whole store, where the root is empty', async () => {
    const server = await started()
    await server.put({ 'http/routers/a/rule': 'Path(`/`)' })
    await start([...server.flags, '--providers.etcd.rootKey=/'])
    await source!.until((config) => routersOf(config).join() === 'a')
    await server.put({ 'http/routers/b/rule': 'Path(`/`)' })
    await source!.until((config) => routersOf(config).join() === 'a,b', 2_000)
  })

  test('a server that is not there leaves it to the next one', async () => {
    const server = await started()
    await server.put(router('a'))
    await start([`--providers.etcd.endpoints=127.0.0.1:1,127.0.0.1:${server.port}`])
    await source!.until((config) => routersOf(config).join() === 'a', 2_000)
    expect(source!.report.peer).toBe(`127.0.0.1:${server.port}`)
    await source!.stop()
    await start(['--providers.etcd.endpoints=127.0.0.1:1,127.0.0.1:2'])
    expect((await source!.untilStatus('failed')).error).toBe(
      '127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1; 127.0.0.1:2: connect ECONNREFUSED 127.0.0.1:2',
    )
  })

  test('over TLS, with certificates on both sides', async () => {
    const authority = await Authority.make(rig)
    const { certFile, keyFile } = await authority.issue('localhost')
    const client = await authority.issue('client')
    const server = await started({
      scheme: 'https',
      args: [
        '--cert-file',
        certFile,
        '--key-file',
        keyFile,
        '--trusted-ca-file',
        authority.certFile,
        '--client-cert-auth',
      ],
    })
    const endpoint = `--providers.etcd.endpoints=https://localhost:${server.port}`
    const tls = (name: string, value: string) => `--providers.etcd.tls.${name}=${value}`
    const both = [tls('cert', client.certFile), tls('key', client.keyFile)]
    await start([endpoint, tls('ca', authority.certFile), ...both])
    expect(await source!.until(() => true)).toEqual({ http: {} })
    await source!.stop()
    await start([endpoint, ...both])
    expect((await source!.untilStatus('failed')).error).toContain('certificate')
    await source!.stop()
    await start([endpoint, tls('insecureSkipVerify', 'true'), ...both])
    expect(await source!.until(() => true)).toEqual({ http: {} })
    await source!.stop()
    await start([endpoint, tls('ca', authority.certFile)])
    expect((await source!.untilStatus('failed')).error).not.toBe('')
  })

  test('100,000 keys', { timeout: 60_000 }, async () => {
    const server = await started({ args: ['--max-txn-ops', '2000'] })
    for (let at = 0; at < 50_000; at += 1_000) {
      const success = Array.from({ length: 1_000 }, (_, offset) => [
        { request_put: { key: btoa(`traefik/http/routers/r${at + offset}/rule`), value: btoa('Path(`/`)') } },
        { request_put: { key: btoa(`traefik/http/routers/r${at + offset}/service`), value: btoa('s') } },
      ]).flat()
      await server.ask('kv/txn', { success })
    }
    await (await start(server.flags)).until((config) => routersOf(config).length === 50_000, 40_000)
    await server.put({ 'traefik/http/routers/r7/rule': 'Path(`/x`)' })
    await source!.until(({ http }) => http?.routers?.r7?.rule === 'Path(`/x`)', 20_000)
  })
})
