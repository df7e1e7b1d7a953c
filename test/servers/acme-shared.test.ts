import { afterEach, describe, expect, test } from 'vitest'
import { freePort } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { type AcmeProxy, certificateOf, readStorage, routersFor, startAcmeProxy } from './support/acme-proxy.ts'
import { FaultProxy } from './support/fault-proxy.ts'
import { Pebble } from './support/pebble.ts'
import { temporaryFolder } from './support/process.ts'
import { RedisServer } from './support/redis.ts'

const acme = '--certificatesResolvers.le.acme'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** An authority that looks at one proxy, and what it was asked. */
async function authority(kind: 'tls' | 'http') {
  const port = await freePort()
  const pebble = await Pebble.start(kind === 'tls' ? { tlsPort: port } : { httpPort: port })
  ends.push(() => pebble.stop())
  const faults = await FaultProxy.start(pebble)
  ends.push(() => faults.close())
  const challenge =
    kind === 'tls'
      ? [`${acme}.tlsChallenge=true`]
      : [`${acme}.httpChallenge.entryPoint=plain`, `--entryPoints.plain.http.redirections.entryPoint.to=websecure`]
  return { port, faults, flags: [...pebble.flags, ...challenge, `${acme}.caServer=${faults.directory}`] }
}

async function start(names: readonly string[], flags: readonly string[], storage: string, tlsPort?: number) {
  const proxy = await startAcmeProxy(routersFor(names), flags, tlsPort, storage)
  ends.push(() => proxy.stop())
  return proxy
}

const orders = (faults: FaultProxy) => faults.asked.filter((line) => line === 'POST /order-plz').length

const sameCertificate = async (proxies: readonly AcmeProxy[], name: string): Promise<string> => {
  const serials = await until(
    () => Promise.all(proxies.map(async ({ tlsPort }) => certificateOf(tlsPort, name))),
    (all) =>
      all.every(({ issuer, serialNumber }) => issuer.includes('Pebble') && serialNumber === all[0]!.serialNumber),
    60_000,
  )
  return serials[0]!.serialNumber
}

describe.each(['redis', 'folder'] as const)('a storage that is shared: %s', (kind) => {
  let password = ''

  async function storage(): Promise<string> {
    if (kind === 'folder') return `${temporaryFolder()}/shared/`
    password = 'secret-word'
    const redis = await RedisServer.create({ password })
    await redis.start()
    ends.push(() => redis.stop())
    return `redis://:${password}@127.0.0.1:${redis.port}/2?prefix=x`
  }

  test('one orders, both serve it', async () => {
    const { port, faults, flags } = await authority('tls')
    const where = await storage()
    const both = await Promise.all([
      start(['a.test', 'b.test'], flags, where, port),
      start(['a.test', 'b.test'], flags, where),
    ])
    await sameCertificate(both, 'a.test')
    await sameCertificate(both, 'b.test')
    expect(orders(faults)).toBe(2)
    expect(faults.asked.filter((line) => line === 'POST /sign-me-up')).toHaveLength(1)
    const said = JSON.stringify(both.map(({ logged }) => logged))
    if (password !== '') expect(said).not.toContain(password)
    const errors = both.flatMap(({ logged }) => logged.filter(({ level }) => level === 'error'))
    expect(errors.map(({ message }) => message)).toEqual([])
    if (kind === 'folder') expect(readStorage(`${where}acme.json`).le?.Certificates).toHaveLength(2)
  })

  test('the one that the authority looks at answers for the one that orders: TLS-ALPN-01', async () => {
    const { port, flags } = await authority('tls')
    const where = await storage()
    await start([], flags, where, port)
    const orderer = await start(['a.test'], flags, where)
    await orderer.issued('a.test')
  })

  test('the same by HTTP-01', async () => {
    const { port, flags } = await authority('http')
    const where = await storage()
    await start([], [...flags, `--entryPoints.plain.address=127.0.0.1:${port}`], where)
    const orderer = await start(
      ['a.test'],
      [...flags, `--entryPoints.plain.address=127.0.0.1:${await freePort()}`],
      where,
    )
    await orderer.issued('a.test')
  })

  test('who starts later, or wants it later, gets it without an order', async () => {
    const { port, faults, flags } = await authority('tls')
    const where = await storage()
    const first = await start(['a.test'], flags, where, port)
    const idle = await start([], flags, where)
    const { serialNumber } = await first.issued('a.test')
    expect(await sameCertificate([first, idle], 'a.test')).toBe(serialNumber)
    const late = await start(['a.test'], flags, where)
    expect((await late.certificate('a.test')).serialNumber).toBe(serialNumber)
    expect(orders(faults)).toBe(1)
  })
})

test('a Redis that is away for a while: what there is is served, and what is ordered meanwhile is kept afterwards', async () => {
  const { port, faults, flags } = await authority('tls')
  const redis = await RedisServer.create()
  await redis.start()
  ends.push(() => redis.stop())
  const where = `redis://127.0.0.1:${redis.port}`
  const proxy = await start(['a.test'], flags, where, port)
  const { serialNumber } = await proxy.issued('a.test')
  await redis.stop()
  proxy.write(routersFor(['a.test', 'b.test']))
  await until(
    () => proxy.logged.map(({ message }) => message).join('\n'),
    (text) => text.includes('The storage of certificates is not available'),
    30_000,
  )
  expect((await proxy.certificate('a.test')).serialNumber).toBe(serialNumber)
  await redis.start()
  // What could not be locked has failed, and is tried again a minute later.
  await proxy.issued('b.test', 90_000)
  expect(orders(faults)).toBe(2)
}, 120_000)
