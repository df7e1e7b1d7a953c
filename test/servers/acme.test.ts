import { statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/node-proxy.ts'
import { readStorage, routersFor, startAcmeProxy } from './support/acme-proxy.ts'
import { Pebble } from './support/pebble.ts'

const acme = '--certificatesResolvers.le.acme'

describe('TLS-ALPN-01', () => {
  let pebble: Pebble
  let tlsPort: number
  beforeAll(async () => {
    tlsPort = await freePort()
    pebble = await Pebble.start({ tlsPort, badNonces: 15 })
  })
  afterAll(() => pebble.stop())

  test('a certificate for the hosts of a rule, kept with its account', async () => {
    const routing = routersFor(['a.test', 'b.test`) || Host(`c.test'])
    const proxy = await startAcmeProxy(
      routing,
      [...pebble.flags, `${acme}.tlsChallenge=true`, `${acme}.email=a@x.test`],
      tlsPort,
    )
    try {
      expect((await proxy.issued('a.test')).subjectAltName).toBe('DNS:a.test')
      expect((await proxy.issued('c.test')).subjectAltName).toBe('DNS:b.test, DNS:c.test')
      expect(statSync(proxy.storage).mode & 0o777).toBe(0o600)
      const { le } = readStorage(proxy.storage)
      expect(le?.Account.Email).toBe('a@x.test')
      expect(le?.Account.Registration.uri).toContain('/my-account/')
      expect(le?.Certificates?.map(({ domain, Store }) => [domain, Store]).sort()).toEqual([
        [{ main: 'a.test' }, 'default'],
        [{ main: 'b.test', sans: ['c.test'] }, 'default'],
      ])
    } finally {
      await proxy.stop()
    }
  })
})
