import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import {
  type AcmeProxy,
  acmeFile,
  certificateOf,
  readStorage,
  routersFor,
  startAcmeProxy,
} from './support/acme-proxy.ts'
import { FaultProxy } from './support/fault-proxy.ts'
import { Pebble, type PebbleOptions } from './support/pebble.ts'

const acme = '--certificatesResolvers.le.acme'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function startPebble(options: PebbleOptions = {}): Promise<{ pebble: Pebble; tlsPort: number }> {
  const tlsPort = await freePort()
  const pebble = await Pebble.start({ tlsPort, ...options })
  ends.push(() => pebble.stop())
  return { pebble, tlsPort }
}

async function start(
  names: readonly string[],
  { pebble, tlsPort }: { pebble: Pebble; tlsPort: number },
  { flags = [], storage }: { flags?: readonly string[]; storage?: string } = {},
): Promise<AcmeProxy> {
  const all = [...pebble.flags, `${acme}.tlsChallenge=true`, ...flags]
  const proxy = await startAcmeProxy(routersFor(names), all, tlsPort, storage)
  ends.push(() => proxy.stop())
  return proxy
}

const stop = async (proxy: AcmeProxy) => {
  ends.pop()
  await proxy.stop()
}

async function startFaults(pebble: Pebble): Promise<FaultProxy> {
  const faults = await FaultProxy.start(pebble)
  ends.push(() => faults.close())
  return faults
}

const orders = (faults: FaultProxy) => faults.asked.filter((line) => line === 'POST /order-plz').length
const pemOf = (storage: string) =>
  Buffer.from(readStorage(storage).le!.Certificates![0]!.certificate, 'base64').toString()
const keyOf = (storage: string) => readStorage(storage).le!.Certificates![0]!.key

/** Handshakes without a pause until it is stopped; the errors. */
function handshakes(
  port: number,
  name: string,
): { stop(): Promise<{ count: number; errors: unknown[]; serials: Set<string> }> } {
  let isOver = false
  const result = { count: 0, errors: [] as unknown[], serials: new Set<string>() }
  const run = (async () => {
    while (!isOver) {
      try {
        const certificate = await certificateOf(port, name)
        result.count++
        result.serials.add(certificate.issuer.includes('Pebble') ? certificate.serialNumber : 'none')
      } catch (error) {
        result.errors.push(error)
      }
    }
  })()
  return {
    stop: async () => {
      isOver = true
      await run
      return result
    },
  }
}

describe('renewal', () => {
  test('when the authority says, with the same key, and no handshake fails', async () => {
    const authority = await startPebble()
    const storage = acmeFile()
    const first = await start(['a.test'], authority, { storage })
    const before = await first.issued('a.test')
    const key = keyOf(storage)
    await stop(first)
    const begin = Date.now() + 4_000
    await authority.pebble.suggest(pemOf(storage), new Date(begin), new Date(begin + 2_000))

    const second = await start(['a.test'], authority, { storage })
    const load = handshakes(second.tlsPort, 'a.test')
    const after = await until(
      () => second.certificate('a.test'),
      (one) => one.serialNumber !== before.serialNumber,
      40_000,
    )
    expect(Date.now()).toBeGreaterThan(begin)
    const { count, errors, serials } = await load.stop()
    expect(errors).toEqual([])
    expect(count).toBeGreaterThan(5)
    expect([...serials].filter((serial) => ![before.serialNumber, after.serialNumber].includes(serial))).toEqual([])
    expect(keyOf(storage)).toBe(key)
    expect(readStorage(storage).le?.Certificates).toHaveLength(1)
    expect(after.publicKey.equals(before.publicKey)).toBe(true)
  })

  test('by the table, where the authority says nothing', async () => {
    // Good for 21 minutes, and certificates of an hour are renewed 20 minutes before their end.
    const authority = await startPebble({ profiles: { default: 20 * 60 + 8 } })
    const faults = await startFaults(authority.pebble)
    faults.fault = (target) => (target.includes('renewalInfo') ? { status: 500 } : null)
    const flags = [`${acme}.certificatesDuration=1`, `${acme}.caServer=${faults.directory}`]
    const proxy = await start(['a.test'], authority, { flags })
    const before = await proxy.issued('a.test')
    await until(
      () => proxy.certificate('a.test'),
      (one) => one.serialNumber !== before.serialNumber,
      60_000,
    )
  })

  test('a certificate that can’t be read is renewed at once', async () => {
    const authority = await startPebble()
    const storage = acmeFile()
    const first = await start(['a.test'], authority, { storage })
    await first.issued('a.test')
    await stop(first)
    const { writeFileSync } = await import('node:fs')
    const text = readFileSync(storage, 'utf8').replace(/"certificate": "[^"]+"/, '"certificate": "eA=="')
    writeFileSync(storage, text)
    const second = await start([], authority, { storage })
    await second.issued('a.test')
  })
})

describe('a restart', () => {
  test('orders nothing that is kept', async () => {
    const authority = await startPebble()
    const faults = await startFaults(authority.pebble)
    const flags = [`${acme}.caServer=${faults.directory}`]
    const storage = acmeFile()
    const first = await start(['a.test'], authority, { storage, flags })
    const { serialNumber } = await first.issued('a.test')
    await stop(first)
    const asked = orders(faults)
    expect(asked).toBe(1)
    const second = await start(['a.test'], authority, { storage, flags })
    // From the first handshake on.
    expect((await second.certificate('a.test')).serialNumber).toBe(serialNumber)
    await until(
      () => faults.asked.filter((line) => line.includes('renewalInfo')).length,
      (count) => count > 1,
    )
    expect(orders(faults)).toBe(asked)
  })

  test('in the middle of an order begins it anew, and the stop does not wait for it', async () => {
    const authority = await startPebble()
    const faults = await startFaults(authority.pebble)
    const flags = [`${acme}.caServer=${faults.directory}`]
    const storage = acmeFile()
    let isHeld = false
    faults.fault = (target) => {
      if (!target.startsWith('/chalZ/')) return null
      isHeld = true
      return new Promise<null>(() => undefined)
    }
    const first = await start(['a.test'], authority, { storage, flags })
    await until(
      () => isHeld,
      (is) => is,
      30_000,
    )
    const began = Date.now()
    await stop(first)
    expect(Date.now() - began).toBeLessThan(5_000)
    expect(readStorage(storage).le?.Certificates).toBeNull()
    const { Account } = readStorage(storage).le!
    faults.fault = () => null
    const second = await start(['a.test'], authority, { storage, flags })
    await second.issued('a.test')
    expect(readStorage(storage).le?.Account).toEqual(Account)
  })

  test('of the authority, which has forgotten the account: it is made anew, with its key', async () => {
    const authority = await startPebble()
    const storage = acmeFile()
    const first = await start(['a.test'], authority, { storage })
    await first.issued('a.test')
    await stop(first)
    const { Account } = readStorage(storage).le!
    await authority.pebble.restart()
    const second = await start(['a.test', 'b.test'], authority, { storage })
    await until(
      () => second.logged.map(({ message }) => message).join('\n'),
      (text) =>
        text.includes('accountDoesNotExist') ||
        readStorage(storage).le?.Account.Registration.uri !== Account.Registration.uri,
      30_000,
    )
    expect(readStorage(storage).le?.Account.PrivateKey).toBe(Account.PrivateKey)
  })
})

describe('failures', () => {
  test('too many requests: the time of the next try is shown, and others are not held up', async () => {
    const authority = await startPebble()
    const faults = await startFaults(authority.pebble)
    const flags = [`${acme}.caServer=${faults.directory}`, '--api.insecure=true', '--metrics.prometheus=true']
    const api = await freePort()
    const proxy = await start([], authority, { flags: [...flags, `--entryPoints.traefik.address=127.0.0.1:${api}`] })
    let refused = 0
    faults.fault = (target) =>
      target === '/order-plz' && refused++ < 1
        ? {
            status: 429,
            headers: { 'retry-after': '7200', 'content-type': 'application/problem+json' },
            body: JSON.stringify({ type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many certificates' }),
          }
        : null
    proxy.write(routersFor(['limited.test']))
    const ask = async (path: string) => (await fetch(`http://127.0.0.1:${api}${path}`)).text()
    const problems = await until(
      () => ask('/api/problems'),
      (text) => text.includes('limited.test'),
      30_000,
    )
    const [, at] = /too many certificates; next try at (\S+?)"/.exec(problems) ?? []
    const wait = Date.parse(at!) - Date.now()
    expect(wait).toBeGreaterThan(7_100_000)
    expect(wait).toBeLessThan(8_000_000)
    const states = JSON.parse(await ask('/api/provider-states')) as {
      name: string
      nextTryAt: string | null
      error: string
    }[]
    expect(states.find(({ name }) => name === 'le.acme')).toMatchObject({ status: 'live', nextTryAt: at })
    const metrics = await ask('/metrics')
    expect(metrics).toContain('signalbox_certificate_failures_total{resolver="le",reason="rate-limit"} 1')
    expect(metrics).toMatch(
      /signalbox_certificate_next_try\{resolver="le",domains="limited.test",reason="rate-limit"\} \d+/,
    )
    expect(proxy.logged.filter(({ message }) => message.includes('next try at')).length).toBe(1)

    proxy.write(routersFor(['limited.test', 'other.test']))
    await proxy.issued('other.test')
    expect(refused).toBe(2)
    expect((await proxy.certificate('limited.test')).issuer).not.toContain('Pebble')
  })

  test('a name that can’t be proved fails alone, and is left alone for a while', async () => {
    const authority = await startPebble({ blocked: ['blocked.test'] })
    const faults = await startFaults(authority.pebble)
    const flags = [`${acme}.caServer=${faults.directory}`]
    const names = ['blocked.test', 'a.test`) || Host(`blocked.test', 'b.test', 'c.test']
    const proxy = await start(names, authority, { flags })
    for (const name of ['b.test', 'c.test']) await proxy.issued(name)
    await until(
      () => proxy.logged.filter(({ message }) => message.includes('rejectedIdentifier')).length,
      (count) => count === 2,
      30_000,
    )
    expect(orders(faults)).toBe(4)
  })

  test('a challenge that fails makes the order invalid, and the reason is the authority’s', async () => {
    const authority = await startPebble({ tlsPort: await freePort() })
    const proxy = await start(['a.test'], { ...authority, tlsPort: await freePort() })
    await until(
      () => proxy.logged.map(({ message }) => message).join('\n'),
      (text) =>
        /certificate a\.test: Unable to obtain ACME certificate for domains: a\.test: tls-alpn-01: unauthorized: Failed to connect /.test(
          text,
        ),
      40_000,
    )
  })

  test('no challenge is configured', async () => {
    const { pebble, tlsPort } = await startPebble()
    const proxy = await startAcmeProxy(routersFor(['a.test']), pebble.flags, tlsPort)
    ends.push(() => proxy.stop())
    await until(
      () => proxy.logged.map(({ message }) => message).join('\n'),
      (text) => text.includes('ACME challenge not specified, please select TLS or HTTP or DNS Challenge'),
      30_000,
    )
  })
})

test('a certificate of the user, and a wildcard, are good enough', async () => {
  const authority = await startPebble()
  const faults = await startFaults(authority.pebble)
  const { makeCertificate } = await import('../support/certificates.ts')
  const own = makeCertificate({ dns: ['*.own.test'] })
  const routing = `${routersFor(['x.own.test', 'y.test'])}
tls:
  certificates:
    - certFile: ${JSON.stringify(own.cert)}
      keyFile: ${JSON.stringify(own.key)}
`
  const flags = [...authority.pebble.flags, `${acme}.tlsChallenge=true`, `${acme}.caServer=${faults.directory}`]
  const proxy = await startAcmeProxy(routing, flags, authority.tlsPort)
  ends.push(() => proxy.stop())
  await proxy.issued('y.test')
  expect(orders(faults)).toBe(1)
  expect(new X509Certificate((await proxy.certificate('x.own.test')).raw).subjectAltName).toBe('DNS:*.own.test')
})
