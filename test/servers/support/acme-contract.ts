import { afterEach, expect, test } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'
import { type AcmeProxy, certificateOf, routersFor, startAcmeProxy } from './acme-proxy.ts'
import { FaultProxy } from './fault-proxy.ts'
import { Pebble } from './pebble.ts'

const acme = '--certificatesResolvers.le.acme'

/** What is called when the test is over, the last one first. */
export const ends: (() => Promise<void>)[] = []

/** An authority that looks at one proxy, and what it was asked. */
export async function authority(kind: 'tls' | 'http') {
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

/** A proxy that ends with the test. */
export async function start(names: readonly string[], flags: readonly string[], storage: string, tlsPort?: number) {
  const proxy = await startAcmeProxy(routersFor(names), flags, tlsPort, storage)
  ends.push(() => proxy.stop())
  return proxy
}

export const orders = (faults: FaultProxy) => faults.asked.filter((line) => line === 'POST /order-plz').length

export const sameCertificate = async (proxies: readonly AcmeProxy[], name: string): Promise<string> => {
  const serials = await until(
    () => Promise.all(proxies.map(async ({ tlsPort }) => certificateOf(tlsPort, name))),
    (all) =>
      all.every(({ issuer, serialNumber }) => issuer.includes('Pebble') && serialNumber === all[0]!.serialNumber),
    60_000,
  )
  return serials[0]!.serialNumber
}

/** What holds for every storage that is shared. @param storage makes one; its address @param check looks at what it holds */
export function sharedStorageTests(
  storage: () => Promise<{ readonly where: string; readonly secret?: string; check?(): Promise<void> }>,
): void {
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  test('one orders, both serve it', async () => {
    const { port, faults, flags } = await authority('tls')
    const { where, secret = '', check } = await storage()
    const both = await Promise.all([
      start(['a.test', 'b.test'], flags, where, port),
      start(['a.test', 'b.test'], flags, where),
    ])
    await sameCertificate(both, 'a.test')
    await sameCertificate(both, 'b.test')
    expect(orders(faults)).toBe(2)
    expect(faults.asked.filter((line) => line === 'POST /sign-me-up')).toHaveLength(1)
    const said = JSON.stringify(both.map(({ logged }) => logged))
    if (secret !== '') expect(said).not.toContain(secret)
    const errors = both.flatMap(({ logged }) => logged.filter(({ level }) => level === 'error'))
    expect(errors.map(({ message }) => message)).toEqual([])
    await check?.()
  })

  test('the one that the authority looks at answers for the one that orders: TLS-ALPN-01', async () => {
    const { port, flags } = await authority('tls')
    const { where } = await storage()
    await start([], flags, where, port)
    const orderer = await start(['a.test'], flags, where)
    await orderer.issued('a.test')
  })

  test('the same by HTTP-01', async () => {
    const { port, flags } = await authority('http')
    const { where } = await storage()
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
    const { where } = await storage()
    const first = await start(['a.test'], flags, where, port)
    const idle = await start([], flags, where)
    const { serialNumber } = await first.issued('a.test')
    expect(await sameCertificate([first, idle], 'a.test')).toBe(serialNumber)
    const late = await start(['a.test'], flags, where)
    expect((await late.certificate('a.test')).serialNumber).toBe(serialNumber)
    expect(orders(faults)).toBe(1)
  })
}
