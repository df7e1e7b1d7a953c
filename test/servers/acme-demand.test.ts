import { afterEach, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startServer } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { type AcmeProxy, certificateOf, readStorage, startAcmeProxy } from './support/acme-proxy.ts'
import { FaultProxy } from './support/fault-proxy.ts'
import { Pebble } from './support/pebble.ts'

const acme = '--certificatesResolvers.le.acme'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function setUp(flags: readonly string[] = []) {
  const tlsPort = await freePort()
  const pebble = await Pebble.start({ tlsPort })
  ends.push(() => pebble.stop())
  const faults = await FaultProxy.start(pebble)
  ends.push(() => faults.close())
  const asked: string[] = []
  const service = await startServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(request.url?.includes('good') === true ? 200 : 403).end()
  })
  ends.push(() => service.close())
  const proxy: AcmeProxy = await startAcmeProxy(
    'http: {routers: {r: {rule: "HostRegexp(`.+`)", service: s, tls: {}}}, services: {s: {loadBalancer: {servers: []}}}}',
    [
      ...pebble.flags,
      `${acme}.tlsChallenge=true`,
      `${acme}.caServer=${faults.directory}`,
      `${acme}.onDemand.ask=${service.url}/allowed?from=test`,
      ...flags,
    ],
    tlsPort,
  )
  ends.push(() => proxy.stop())
  const orders = () => faults.asked.filter((line) => line === 'POST /order-plz').length
  return { proxy, faults, asked, orders }
}

test('the first handshake for a name that is allowed gets a certificate; one order for many of them', async () => {
  const { proxy, asked, orders } = await setUp()
  const all = await Promise.all(Array.from({ length: 5 }, () => certificateOf(proxy.tlsPort, 'a.good.test')))
  expect(new Set(all.map(({ serialNumber }) => serialNumber)).size).toBe(1)
  expect(all[0]!.subjectAltName).toBe('DNS:a.good.test')
  expect(orders()).toBe(1)
  expect(asked).toEqual(['/allowed?from=test&domain=a.good.test'])
  expect(readStorage(proxy.storage).le?.Certificates).toHaveLength(1)
})

test('names that are not allowed get the default certificate, and are not asked for again', async () => {
  const { proxy, asked, orders } = await setUp()
  for (let i = 0; i < 3; i++) expect((await proxy.certificate('a.bad.test')).issuer).not.toContain('Pebble')
  expect(asked).toHaveLength(1)
  expect(orders()).toBe(0)
  // No names at all are not even asked for.
  expect((await proxy.certificate('good')).issuer).not.toContain('Pebble')
  expect(asked).toHaveLength(1)
})

test('no more of them than the rate', async () => {
  const { proxy, orders } = await setUp([`${acme}.onDemand.rate.average=2`, `${acme}.onDemand.rate.period=1h`])
  for (const name of ['a.good.test', 'b.good.test']) {
    expect((await proxy.certificate(name)).subjectAltName).toBe(`DNS:${name}`)
  }
  expect((await proxy.certificate('c.good.test')).issuer).not.toContain('Pebble')
  expect(orders()).toBe(2)
  expect(proxy.logged.filter(({ message }) => message === 'No more certificates on demand for now')).toHaveLength(1)
})

test('a handshake waits for 8 s at most, and the order goes on', async () => {
  const { proxy, faults } = await setUp()
  let goOn = (): void => undefined
  faults.fault = (target) =>
    target === '/order-plz'
      ? new Promise<null>((resolve) => {
          goOn = () => resolve(null)
        })
      : null
  const began = Date.now()
  expect((await proxy.certificate('slow.good.test')).issuer).not.toContain('Pebble')
  expect(Date.now() - began).toBeGreaterThan(7_900)
  expect(Date.now() - began).toBeLessThan(11_000)
  faults.fault = () => null
  goOn()
  await until(
    () => readStorage(proxy.storage).le?.Certificates?.length ?? 0,
    (count) => count === 1,
    30_000,
  )
  expect((await proxy.certificate('slow.good.test')).subjectAltName).toBe('DNS:slow.good.test')
})
