import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { acmeFile, certificateOf, readStorage, routersFor, startAcmeProxy } from './support/acme-proxy.ts'
import { FaultProxy } from './support/fault-proxy.ts'
import { Pebble } from './support/pebble.ts'
import { ServerProcess, temporaryFolder } from './support/process.ts'

const REFERENCE = process.env.SIGNALBOX_REFERENCE ?? ''
const acme = '--certificatesResolvers.le.acme'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function authority() {
  const tlsPort = await freePort()
  const pebble = await Pebble.start({ tlsPort })
  ends.push(() => pebble.stop())
  const faults = await FaultProxy.start(pebble)
  ends.push(() => faults.close())
  const flags = [
    ...pebble.flags,
    `${acme}.tlsChallenge=true`,
    `${acme}.caServer=${faults.directory}`,
    `${acme}.email=a@x.test`,
  ]
  return { tlsPort, flags, faults }
}

const counts = (faults: FaultProxy) => ({
  accounts: faults.asked.filter((line) => line === 'POST /sign-me-up').length,
  orders: faults.asked.filter((line) => line === 'POST /order-plz').length,
})

/** Traefik itself; ends when the test does, or by `stop`. */
async function startTraefik(names: readonly string[], tlsPort: number, storage: string, flags: readonly string[]) {
  const folder = temporaryFolder()
  const file = path.join(folder, 'routing.yml')
  writeFileSync(file, routersFor(names))
  const traefik = new ServerProcess({
    program: REFERENCE,
    args: [
      `--entryPoints.websecure.address=127.0.0.1:${tlsPort}`,
      `--providers.file.filename=${file}`,
      '--providers.file.watch=false',
      '--global.checkNewVersion=false',
      '--global.sendAnonymousUsage=false',
      `${acme}.storage=${storage}`,
      ...flags,
    ],
    isReady: async () => (await certificateOf(tlsPort, names[0]!)) !== undefined,
  })
  await traefik.start()
  ends.push(() => traefik.stop('SIGKILL'))
  return traefik
}

const issued = (port: number, name: string) =>
  until(
    () => certificateOf(port, name),
    (one) => one.issuer.includes('Pebble'),
    50_000,
  )

describe.skipIf(REFERENCE === '')('acme.json and Traefik', () => {
  test('what Traefik has written is used, account and certificate', async () => {
    const { tlsPort, flags, faults } = await authority()
    const storage = acmeFile()
    const traefik = await startTraefik(['a.test', 'b.test`) || Host(`c.test'], tlsPort, storage, flags)
    const { serialNumber } = await issued(tlsPort, 'a.test')
    await issued(tlsPort, 'c.test')
    await until(
      () => readFileSync(storage, 'utf8'),
      (text) => text.includes('a.test') && text.includes('c.test'),
    )
    await traefik.stop()
    const written = readFileSync(storage, 'utf8')
    const before = counts(faults)
    expect(before).toEqual({ accounts: 1, orders: 2 })

    const proxy = await startAcmeProxy(routersFor(['a.test', 'b.test`) || Host(`c.test']), flags, tlsPort, storage)
    ends.push(() => proxy.stop())
    expect((await proxy.certificate('a.test')).serialNumber).toBe(serialNumber)
    expect((await proxy.certificate('b.test')).issuer).toContain('Pebble')
    proxy.write(routersFor(['a.test', 'd.test']))
    await proxy.issued('d.test')
    expect(counts(faults)).toEqual({ accounts: 1, orders: 3 })
    // What was there stands there as it did.
    const now = readStorage(storage).le!
    const then = (JSON.parse(written) as { le: typeof now }).le
    expect(now.Account).toEqual(then.Account)
    expect(now.Certificates!.slice(0, 2)).toEqual(then.Certificates)
    expect(readFileSync(storage, 'utf8').startsWith(written.slice(0, written.indexOf('"Certificates"')))).toBe(true)
  }, 120_000)

  test('what we have written is used by Traefik, account and certificate', async () => {
    const { tlsPort, flags, faults } = await authority()
    const storage = acmeFile()
    const proxy = await startAcmeProxy(routersFor(['a.test', 'b.test`) || Host(`c.test']), flags, tlsPort, storage)
    const { serialNumber } = await proxy.issued('a.test')
    await proxy.issued('c.test')
    await proxy.stop()
    expect(counts(faults)).toEqual({ accounts: 1, orders: 2 })
    const { Account } = readStorage(storage).le!

    const traefik = await startTraefik(['a.test', 'b.test`) || Host(`c.test', 'd.test'], tlsPort, storage, flags)
    expect((await issued(tlsPort, 'a.test')).serialNumber).toBe(serialNumber)
    await issued(tlsPort, 'd.test')
    expect(counts(faults)).toEqual({ accounts: 1, orders: 3 })
    await until(
      () => readStorage(storage).le?.Certificates?.length,
      (count) => count === 3,
    )
    await traefik.stop()
    expect(readStorage(storage).le?.Account).toMatchObject({ Email: 'a@x.test', PrivateKey: Account.PrivateKey })
  }, 120_000)
})
