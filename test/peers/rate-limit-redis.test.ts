import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RedisTokenStore } from '../../adapters/node/state/redis.ts'
import { createTimeOfDay } from '../../adapters/node/state/time-of-day.ts'
import { NodeTokenStores } from '../../adapters/node/state/token-stores.ts'
import { readServerTls, type ServerTls } from '../../adapters/node/tls/upstream-tls.ts'
import type { Logger } from '../../src/contracts/ports.ts'
import { MemoryTokenStore } from '../../src/engine/tokens/memory-token-store.ts'
import type { RedisPlan } from '../../src/plan/redis.ts'
import { DEFAULT_SERVER_TLS } from '../../src/plan/tls.ts'
import { freePort } from '../support/free-port.ts'
import { startServer } from '../support/node-proxy.ts'
import { FakeClock } from '../support/ports.ts'
import { tokenStoreContract } from '../support/token-store-contract.ts'
import { until } from '../support/until.ts'
import { Authority } from './certificates.ts'
import { PeerRig, type Running } from './rig.ts'

const rig = new PeerRig()
const opened: { close(): void }[] = []
afterAll(async () => {
  for (const store of opened) store.close()
  await rig.close()
})

const lines: string[] = []
const log: Logger = {
  log: (level, message, fields) => void lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
}
const PASSWORD = 'correct-horse'
const ports = { redis: 0, tls: 0 }
let tls: ServerTls

const planFor = (port: number, more: Partial<RedisPlan> = {}): RedisPlan => ({
  endpoints: [{ host: 'localhost', port }],
  username: '',
  password: PASSWORD,
  db: 0,
  dialTimeoutMs: 2000,
  operationTimeoutMs: 4000,
  tls: null,
  ...more,
})

function open(plan: RedisPlan, time = createTimeOfDay(), secure: ServerTls | null = null): RedisTokenStore {
  const store = new RedisTokenStore(plan, secure, time, log)
  opened.push(store)
  return store
}

/** Another day each, so that one test's time is not ahead of another's. */
const at = (clock: FakeClock) => () => 1_800_000_000_000_000 + Math.floor(clock.now() * 1000)

const start = (port: number, more: readonly string[] = []): Running =>
  rig.start('redis-server', ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', rig.dir, '--save', '', ...more])

const cli = (...args: readonly string[]) =>
  rig.output('redis-cli', ['-p', `${ports.redis}`, '--no-auth-warning', '-a', PASSWORD, ...args])

beforeAll(async () => {
  ports.redis = await freePort()
  ports.tls = await freePort()
  const authority = await Authority.make(rig)
  const { certFile, keyFile } = await authority.issue('localhost')
  start(ports.redis, [
    ...['--requirepass', PASSWORD, '--tls-port', `${ports.tls}`],
    ...['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-auth-clients', 'no'],
    ...['--tls-ca-cert-file', authority.certFile],
  ])
  tls = readServerTls({ ...DEFAULT_SERVER_TLS, rootCAs: [authority.certFile] }, log)
  await until(
    () => rig.run('redis-cli', ['-p', `${ports.redis}`, '--no-auth-warning', '-a', PASSWORD, 'PING']),
    ({ text }) => text === 'PONG\n',
    30_000,
  )
})

tokenStoreContract('RedisTokenStore', (clock) => open(planFor(ports.redis), at(clock)))

const bucket = { rate: 0.2, burst: 50, maxDelayMs: 2.5, idleMs: 2000 }

describe('RedisTokenStore', () => {
  test('gives what memory gives', async () => {
    const clock = new FakeClock()
    const [memory, redis] = [new MemoryTokenStore(100), open(planFor(ports.redis), at(clock))]
    const long = { ...bucket, burst: 4, idleMs: 3_600_000 }
    let seed = 1
    for (let i = 0; i < 500; i++) {
      seed = (seed * 48_271) % 2_147_483_647
      clock.advance(seed % 12)
      const expected = memory.takeTokens(`same:${seed % 2}`, long, clock.now())
      const { granted, waitMs } = await redis.takeTokens(`same:${seed % 2}`, long)
      expect([i, granted, waitMs.toFixed(6)]).toEqual([i, expected.granted, expected.waitMs.toFixed(6)])
    }
  })

  test('keeps a hash that expires', async () => {
    const clock = new FakeClock()
    const store = open(planFor(ports.redis, { db: 3 }), at(clock))
    await store.takeTokens('m@file:192.0.2.1', { ...bucket, idleMs: 61_000 })
    const key = 'rate:m@file:192.0.2.1'
    expect(await cli('-n', '3', 'HGETALL', key)).toBe('last\n1800000001000000\ntokens\n49')
    const left = Number(await cli('-n', '3', 'TTL', key))
    expect(left).toBeGreaterThan(50)
    expect(left).toBeLessThanOrEqual(61)
  })

  test('a clock behind takes nothing from the future and adds nothing', async () => {
    const slow = { ...bucket, rate: 0.01, burst: 3, maxDelayMs: 0 }
    const [ahead, behind] = [new FakeClock(), new FakeClock()]
    ahead.advance(500)
    const stores = [open(planFor(ports.redis), at(ahead)), open(planFor(ports.redis), at(behind))]
    const granted: boolean[] = []
    for (let i = 0; i < 8; i++) granted.push((await stores[i % 2]!.takeTokens('skew', slow)).granted)
    expect(granted).toEqual([true, true, true, false, false, false, false, false])
  })

  test('a clock that was far ahead is forgotten', async () => {
    const slow = { ...bucket, rate: 0.01, burst: 1, maxDelayMs: 0 }
    const clock = new FakeClock()
    clock.advance(3_600_000)
    await open(planFor(ports.redis), at(clock)).takeTokens('set', slow)
    const right = new FakeClock()
    const store = open(planFor(ports.redis), at(right))
    expect((await store.takeTokens('set', slow)).granted).toBe(false)
    right.advance(100)
    expect((await store.takeTokens('set', slow)).granted).toBe(true)
  })

  test('four proxies together admit what one may', async () => {
    const stores = Array.from({ length: 4 }, () => open(planFor(ports.redis)))
    await Promise.all(stores.map((store, i) => store.takeTokens(`warm:${i}`, bucket)))
    const begin = performance.now()
    let [admitted, end] = [0, 0]
    const drive = async (store: RedisTokenStore) => {
      while (performance.now() - begin < 3000) {
        if ((await store.takeTokens('four', bucket)).granted) admitted++
        end = performance.now()
      }
    }
    await Promise.all(stores.map(drive))
    const allowed = bucket.burst + bucket.rate * (end - begin)
    expect(Math.abs(admitted - allowed) / allowed).toBeLessThan(0.01)
  })

  test('over TLS, with the certificate checked', async () => {
    const plan = planFor(ports.tls)
    expect(await open(plan, createTimeOfDay(), tls).takeTokens('tls', bucket)).toEqual({ granted: true, waitMs: 0 })
    const unknown = readServerTls(DEFAULT_SERVER_TLS, log)
    await expect(open(plan, createTimeOfDay(), unknown).takeTokens('tls', bucket)).rejects.toThrow('certificate')
    const byAddress = { ...plan, endpoints: [{ host: '127.0.0.1', port: ports.tls }] }
    await expect(open(byAddress, createTimeOfDay(), tls).takeTokens('tls', bucket)).rejects.toThrow('IP: 127.0.0.1')
  })

  test.each<[string, Partial<RedisPlan>, RegExp]>([
    ['a wrong password', { password: 'wrong-battery' }, /WRONGPASS/],
    ['an unknown user', { username: 'nobody' }, /WRONGPASS/],
    ['no password', { password: '' }, /NOAUTH/],
    ['a database that is not there', { db: 99 }, /DB index is out of range/],
  ])('%s: rejected with the reason', async (_, more, reason) => {
    lines.length = 0
    const store = open(planFor(ports.redis, more))
    await expect(store.takeTokens('refused', bucket)).rejects.toThrow(reason)
    await expect(store.takeTokens('refused', bucket)).rejects.toThrow(reason)
    expect(lines.filter((line) => line.startsWith('error Redis is not available'))).toHaveLength(1)
    expect(lines.join('\n')).not.toMatch(/wrong-battery|correct-horse/)
  })

  test('a server that takes connections and says nothing: rejected in time', async () => {
    const port = await freePort()
    const hung = start(port)
    await until(
      () => rig.run('redis-cli', ['-p', `${port}`, 'PING']),
      ({ text }) => text === 'PONG\n',
    )
    const store = open(planFor(port, { password: '', operationTimeoutMs: 300 }))
    expect((await store.takeTokens('hung', bucket)).granted).toBe(true)
    hung.child.kill('SIGSTOP')
    try {
      await expect(store.takeTokens('hung', bucket)).rejects.toThrow('in time')
    } finally {
      hung.child.kill('SIGCONT')
    }
    await until(
      () => store.takeTokens('hung', bucket).catch(String),
      (grant) => typeof grant !== 'string',
    )
  })

  test('several endpoints are a cluster, found through any of them', async () => {
    const [port, bus, nobody] = [await freePort(), await freePort(), await freePort()]
    start(port, ['--cluster-enabled', 'yes', '--cluster-port', `${bus}`, '--cluster-announce-ip', '127.0.0.1'])
    const ask = (...args: readonly string[]) => rig.run('redis-cli', ['-p', `${port}`, ...args])
    await until(
      () => ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383'),
      ({ text }) => text === 'OK\n',
    )
    await until(
      () => ask('CLUSTER', 'INFO'),
      ({ text }) => text.includes('cluster_state:ok'),
    )
    const endpoints = [nobody, port].map((each) => ({ host: '127.0.0.1', port: each }))
    const store = open(planFor(port, { password: '', endpoints }))
    for (const key of ['a', 'b', 'c']) expect((await store.takeTokens(key, bucket)).granted).toBe(true)
    const lost = open(
      planFor(port, { password: '', operationTimeoutMs: 300, endpoints: [endpoints[0]!, endpoints[0]!] }),
    )
    await expect(lost.takeTokens('a', bucket)).rejects.toThrow('slots')
  })

  test('equal options share a connection until the last one is closed', async () => {
    const stores = new NodeTokenStores(log)
    const clients = async () =>
      (await cli('CLIENT', 'LIST')).split('\n').filter((line) => line.includes(' db=7 ')).length
    const plan = planFor(ports.redis, { db: 7 })
    const [one, two] = [stores.open(plan), stores.open({ ...plan })]
    for (const store of [one, two]) expect((await store.takeTokens('shared', bucket, 0)).granted).toBe(true)
    expect(await clients()).toBe(1)
    one.close()
    one.close()
    expect((await two.takeTokens('shared', bucket, 0)).granted).toBe(true)
    two.close()
    await until(clients, (count) => count === 0)
    stores.open(plan).close()
    await until(clients, (count) => count === 0)
  })
})

test('two proxies: one bucket, 500 while Redis is gone, and on it goes', async () => {
  const port = await freePort()
  let redis = start(port)
  const server = await startServer((_, response) => response.end('served'))
  try {
    const routing = {
      http: {
        routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['limit'] } },
        middlewares: {
          limit: { rateLimit: { average: 1, period: '1h', burst: 3, redis: { endpoints: [`127.0.0.1:${port}`] } } },
        },
        services: { s: { loadBalancer: { servers: [{ url: server.url }] } } },
      },
    }
    const proxies = [await rig.proxy(routing), await rig.proxy(routing)]
    const send = async (i: number) => {
      const response = await fetch(proxies[i % 2]!.url)
      return [response.status, await response.text()]
    }
    await until(
      () => send(0),
      ([status]) => status === 200,
    )
    expect([await send(1), await send(0)]).toEqual([
      [200, 'served'],
      [200, 'served'],
    ])
    expect([await send(1), await send(0)]).toEqual([
      [429, 'Too Many Requests'],
      [429, 'Too Many Requests'],
    ])
    redis.child.kill('SIGKILL')
    await redis.ended
    expect(await send(0)).toEqual([500, 'Could not insert/update bucket\n'])
    redis = start(port)
    await until(
      () => send(1),
      ([status]) => status === 200,
    )
  } finally {
    await server.close()
  }
})

test('the built command loads the client, and tells nobody the password', async () => {
  const port = await freePort()
  const middleware = {
    rateLimit: { average: 1, redis: { endpoints: [`localhost:${ports.redis}`], password: PASSWORD } },
  }
  const routing = rig.file(
    'built.json.yml',
    JSON.stringify({
      http: {
        routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['built'] } },
        middlewares: { built: middleware },
        services: { s: { loadBalancer: { servers: [] } } },
      },
    }),
  )
  const cliFile = path.join(import.meta.dirname, '../../dist/cli.js')
  const flags = [`--entryPoints.web.address=127.0.0.1:${port}`, `--providers.file.filename=${routing}`]
  const proxy = rig.start('env', [process.execPath, cliFile, ...flags, '--log.level=TRACE'], { env: { DEBUG: '*' } })
  await until(
    () =>
      fetch(`http://127.0.0.1:${port}`).then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 503,
  )
  expect(await cli('EXISTS', 'rate:built@file:127.0.0.1')).toBe('1')
  expect(`${proxy.out()}${proxy.errors()}`).not.toContain(PASSWORD)
})
