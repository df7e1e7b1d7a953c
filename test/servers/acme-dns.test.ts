import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { Environment } from '../../adapters/node/acme/dns/environment.ts'
import type { DnsRecord } from '../../adapters/node/acme/dns/provider.ts'
import { createRfc2136 } from '../../adapters/node/acme/dns/rfc2136.ts'
import { createApiClient } from '../../adapters/node/providers/api-client/client.ts'
import { runtimeClock } from '../../adapters/web/clock.ts'
import { PDNS_KEY } from '../support/dns-apis/pdns.ts'
import { DnsApis } from '../support/dns-apis/server.ts'
import { until } from '../support/until.ts'
import { readStorage, startAcmeProxy } from './support/acme-proxy.ts'
import { Bind } from './support/bind.ts'
import { Pebble } from './support/pebble.ts'

const acme = '--certificatesResolvers.le.acme'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function startBind(algorithm?: string): Promise<Bind> {
  const bind = await Bind.start('zone.test', algorithm)
  ends.push(() => bind.stop())
  return bind
}

const log = { log: () => undefined }
const signal = () => AbortSignal.timeout(20_000)
const record = (name: string, value: string): DnsRecord => ({
  domain: name,
  fqdn: `_acme-challenge.${name}.`,
  value,
  token: 't',
  keyAuthorization: 'k',
})

const provider = (variables: Readonly<Record<string, string>>) =>
  createRfc2136({ env: new Environment(variables), clock: runtimeClock, log, resolvers: [], openApi: createApiClient })

describe('records by RFC 2136', () => {
  test.each(['hmac-sha1', 'hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'])(
    'signed by %s, side by side, and removed one by one',
    async (algorithm) => {
      const bind = await startBind(algorithm)
      const dns = provider({
        RFC2136_NAMESERVER: bind.address,
        RFC2136_TSIG_KEY: bind.keyName,
        RFC2136_TSIG_SECRET: bind.secret,
        RFC2136_TSIG_ALGORITHM: `${algorithm}.`,
      })
      const [a, b] = [record('x.zone.test', 'value-a'), record('x.zone.test', 'value-b')]
      await dns.present(a, signal())
      await dns.present(b, signal())
      expect([...(await bind.texts('_acme-challenge.x.zone.test'))].sort()).toEqual(['value-a', 'value-b'])
      await dns.cleanUp(a, signal())
      expect(await bind.texts('_acme-challenge.x.zone.test')).toEqual(['value-b'])
      await dns.cleanUp(b, signal())
      expect(await bind.texts('_acme-challenge.x.zone.test')).toEqual([])
    },
  )

  test('a key from a file, and the newer names of the variables', async () => {
    const bind = await startBind()
    const dns = provider({
      DNSUPDATE_NAMESERVER: bind.address,
      DNSUPDATE_TSIG_FILE: bind.keyFile,
      DNSUPDATE_ZONES: 'zone.test',
    })
    await dns.present(record('y.zone.test', 'value'), signal())
    expect(await bind.texts('_acme-challenge.y.zone.test')).toEqual(['value'])
  })

  test('what goes wrong is said without the secret', async () => {
    const bind = await startBind()
    const base = { RFC2136_NAMESERVER: bind.address }
    const present = (more: Readonly<Record<string, string>>, name = 'x.zone.test') =>
      provider({ ...base, ...more }).present(record(name, 'v'), signal())
    await expect(present({})).rejects.toThrow('rfc2136: failed to insert: the name server answers REFUSED')
    const wrong = {
      RFC2136_TSIG_KEY: bind.keyName,
      RFC2136_TSIG_SECRET: 'd3Jvbmc=',
      RFC2136_TSIG_ALGORITHM: 'hmac-sha256',
    }
    await expect(present(wrong)).rejects.toThrow('rfc2136: failed to insert: the name server answers NOTAUTH')
    await expect(present({}, 'x.elsewhere.test')).rejects.toThrow('rfc2136: failed to insert: ')
    expect(() => provider({ ...base, ...wrong, RFC2136_TSIG_ALGORITHM: 'hmac-md5' })).toThrow(
      'unsupported TSIG algorithm "hmac-md5": one of hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512',
    )
    expect(() => provider({ ...base, ...wrong, RFC2136_TSIG_SECRET: '%%%' })).toThrow('the TSIG secret is no base64')
    expect(() => provider({})).toThrow('rfc2136: some credentials information are missing: DNSUPDATE_NAMESERVER')
  })
})

test('the servers of a zone are asked for a record', () => {
  const script = path.join(import.meta.dirname, 'support/authoritative.ts')
  const said = execFileSync('unshare', ['--net', process.execPath, script], { encoding: 'utf8', timeout: 50_000 })
  expect(JSON.parse(said.trim().split('\n').at(-1)!)).toEqual({
    before: '_acme-challenge.deep.x.zone.test. is not seen within 0.5 s: 127.0.0.1 does not have it',
    unchecked: 'seen',
    after: 'seen',
    elsewhere: expect.stringMatching(/^_acme-challenge\.elsewhere\.test\. is not seen within 0\.5 s: /),
  })
})

async function withVariables(variables: Readonly<Record<string, string>>, task: () => Promise<void>): Promise<void> {
  Object.assign(process.env, variables)
  try {
    await task()
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name]
  }
}

const routing = (domains: string) => `
http:
  routers: {r: {rule: "HostRegexp(\`.+\`)", service: s, entryPoints: [websecure], tls: {certResolver: le, domains: ${domains}}}}
  services: {s: {loadBalancer: {servers: [{url: "http://127.0.0.1:1"}]}}}
`

/** Only these servers are asked whether a record is there. */
const askedAt = (address: string): readonly string[] => [
  `${acme}.dnsChallenge.resolvers=${address}`,
  `${acme}.dnsChallenge.propagation.disableANSChecks=true`,
  `${acme}.dnsChallenge.propagation.requireAllRNS=true`,
]

test('a wildcard with its root by an API whose values of a name are written all at once; nothing is left behind', async () => {
  const apis = await DnsApis.start()
  ends.push(() => apis.stop())
  const pebble = await Pebble.start({ nameServer: apis.nameServer })
  ends.push(() => pebble.stop())
  const pdns = { PDNS_API_URL: 'http://pdns.test', PDNS_API_KEY: PDNS_KEY, PDNS_POLLING_INTERVAL: '1' }
  await withVariables({ ...pdns, HTTP_PROXY: apis.proxyUrl }, async () => {
    const proxy = await startAcmeProxy(routing('[{main: "*.zone.test", sans: ["zone.test"]}]'), [
      ...pebble.flags,
      `${acme}.dnsChallenge.provider=pdns`,
      ...askedAt(apis.nameServer),
    ])
    ends.push(() => proxy.stop())
    expect((await proxy.issued('x.zone.test')).subjectAltName).toBe('DNS:*.zone.test, DNS:zone.test')
    await until(
      () => apis.store.all.length,
      (count) => count === 0,
      20_000,
    )
    // Both stood at once.
    const most = apis.calls.map(({ body }) => body.split('"content"').length - 1)
    expect(Math.max(...most)).toBe(2)
    expect(JSON.stringify(proxy.logged)).not.toContain(PDNS_KEY)
  })
})

describe('DNS-01 with BIND', () => {
  const variablesFor = (bind: Bind) => ({
    RFC2136_NAMESERVER: bind.address,
    RFC2136_TSIG_FILE: bind.keyFile,
    RFC2136_POLLING_INTERVAL: '1',
  })

  test('a wildcard with its root, and a name whose record is an alias; nothing is left behind', async () => {
    const bind = await startBind()
    const pebble = await Pebble.start({ nameServer: bind.address })
    ends.push(() => pebble.stop())
    await withVariables(variablesFor(bind), async () => {
      const proxy = await startAcmeProxy(
        routing('[{main: "*.zone.test", sans: ["zone.test"]}, {main: "a.alias.zone.test"}, {main: "alias.zone.test"}]'),
        [...pebble.flags, `${acme}.dnsChallenge.provider=rfc2136`, ...askedAt(bind.address)],
      )
      ends.push(() => proxy.stop())
      expect((await proxy.issued('x.zone.test')).subjectAltName).toBe('DNS:*.zone.test, DNS:zone.test')
      expect((await proxy.issued('a.alias.zone.test')).subjectAltName).toBe('DNS:a.alias.zone.test')
      await until(
        () => readStorage(proxy.storage).le?.Certificates?.length,
        (count) => count === 2,
        40_000,
      )
      for (const name of ['_acme-challenge.zone.test', 'there.zone.test', '_acme-challenge.a.alias.zone.test']) {
        expect(await bind.texts(name)).toEqual([])
      }
      expect(JSON.stringify(proxy.logged)).not.toContain(bind.secret)
    })
  })

  test('a record that nobody sees is an error with the server that lacks it', async () => {
    const bind = await startBind()
    const other = await startBind()
    const pebble = await Pebble.start({ nameServer: bind.address })
    ends.push(() => pebble.stop())
    await withVariables(variablesFor(bind), async () => {
      process.env.RFC2136_PROPAGATION_TIMEOUT = '2'
      const proxy = await startAcmeProxy(routing('[{main: "*.zone.test"}]'), [
        ...pebble.flags,
        `${acme}.dnsChallenge.provider=rfc2136`,
        ...askedAt(other.address),
      ])
      ends.push(() => proxy.stop())
      await until(
        () => proxy.logged.map(({ message }) => message).join('\n'),
        (text) => text.includes(`_acme-challenge.zone.test. is not seen within 2 s: ${other.address} does not have it`),
        40_000,
      )
      expect(await bind.texts('_acme-challenge.zone.test')).toEqual([])
      delete process.env.RFC2136_PROPAGATION_TIMEOUT
    })
  })
})
