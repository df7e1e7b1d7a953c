import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { type Backend, startBackend } from './backend.ts'
import { Authority, type CertificateFiles } from './certificates.ts'
import { PeerRig } from './rig.ts'

const rig = new PeerRig()
let backend: Backend
let port: number
let authority: Authority
let client: CertificateFiles
let stranger: CertificateFiles

beforeAll(async () => {
  backend = await startBackend()
  authority = await Authority.make(rig)
  client = await authority.issue('client')
  stranger = await (await Authority.make(rig, 'other')).issue('stranger')
  port = await freePort()
  const names = ['first.test', 'second.test', '*.wild.test', 'default.test']
  const certificates: CertificateFiles[] = []
  for (const name of names) certificates.push(await authority.issue(name))
  const router = (host: string, options = 'default') => ({
    entryPoints: ['secure'],
    rule: `Host(\`${host}\`)`,
    service: 'backend',
    tls: { options },
  })
  await rig.proxy(
    {
      http: {
        routers: {
          first: router('first.test'),
          second: router('second.test'),
          wild: router('a.wild.test'),
          mutual: router('mutual.test', 'mutual'),
          modern: router('modern.test', 'modern'),
          old: router('old.test', 'old'),
        },
        services: { backend: { loadBalancer: { servers: [{ url: backend.url }] } } },
      },
      tls: {
        certificates,
        stores: { default: { defaultCertificate: certificates[3] } },
        options: {
          mutual: { clientAuth: { caFiles: [authority.certFile], clientAuthType: 'RequireAndVerifyClientCert' } },
          modern: { minVersion: 'VersionTLS13' },
          old: { maxVersion: 'VersionTLS12', cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] },
        },
      },
    },
    [`--entryPoints.secure.address=127.0.0.1:${port}`],
  )
})

afterAll(async () => {
  await rig.close()
  backend.close()
})

/** Shakes hands with this server name and asks for `/` of `host`, then reads until the proxy closes. */
async function connect(name: string, args: readonly string[] = [], host = name): Promise<string> {
  const input = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
  const server = ['-connect', `127.0.0.1:${port}`, ...(name === '' ? ['-noservername'] : ['-servername', name])]
  const { text, errors } = await rig.run('openssl', ['s_client', '-ign_eof', ...server, ...args], { input })
  return text + errors
}

const subject = (printed: string) => /^subject=CN = (.*)$/m.exec(printed)?.[1]

describe('openssl s_client', () => {
  test.each([
    ['first.test', 'first.test'],
    ['second.test', 'second.test'],
    ['SECOND.test', 'second.test'],
    ['a.wild.test', '*.wild.test'],
    ['a.b.wild.test', 'default.test'],
    ['unknown.test', 'default.test'],
    ['', 'default.test'],
  ])('the certificate for %j is %s', async (name, expected) => {
    expect(subject(await connect(name))).toBe(expected)
  })

  test('chain and name are right', async () => {
    const check = ['-CAfile', authority.certFile, '-verify_hostname', 'a.wild.test', '-verify_return_error']
    const printed = await connect('a.wild.test', check)
    expect(printed).toContain('Verify return code: 0 (ok)')
    expect(printed).toContain('hello https')
  })

  describe.each(['-tls1_2', '-tls1_3'])('a client certificate is required, %s', (version) => {
    const show = ({ certFile, keyFile }: CertificateFiles) => ['-cert', certFile, '-key', keyFile]

    test('with it', async () => {
      expect(await connect('mutual.test', [version, ...show(client)])).toContain('hello https')
    })

    test('without', async () => {
      const printed = await connect('mutual.test', [version])
      expect(printed).not.toContain('hello')
      expect(printed).toMatch(/alert (certificate required|bad certificate|handshake failure)/)
    })

    test("one of an authority that isn't trusted", async () => {
      const printed = await connect('mutual.test', [version, ...show(stranger)])
      expect(printed).not.toContain('hello')
      expect(printed).toMatch(/alert (unknown ca|bad certificate)|unexpected eof|errno=104/)
    })
  })

  test.each(['-tls1_2', '-tls1_3'])('no way around a client certificate, %s', async (version) => {
    const session = path.join(rig.dir, `session${version}`)
    await connect('first.test', [version, '-sess_out', session])
    const resumed = await connect('first.test', [version, '-sess_in', session])
    expect(resumed).toContain('Reused, TLSv1')
    expect(resumed).toContain('hello https')
    const elsewhere = await connect('mutual.test', [version, '-sess_in', session])
    expect(elsewhere).toMatch(/alert (certificate required|handshake failure)/)
    expect(elsewhere).not.toContain('hello')
    expect(await connect('first.test', [version], 'mutual.test')).toContain('HTTP/1.1 421 Misdirected Request')
  })

  test.each([
    ['first.test', '-tls1_2', 'TLSv1.2'],
    ['first.test', '-tls1_3', 'TLSv1.3'],
    ['modern.test', '-tls1_3', 'TLSv1.3'],
    ['old.test', '-tls1_2', 'TLSv1.2'],
  ])('%s takes %s', async (host, flag, version) => {
    const printed = await connect(host, [flag])
    expect(printed).toMatch(new RegExp(`^New, ${version}, Cipher is`, 'm'))
    expect(printed).toContain('hello https')
  })

  test.each([
    ['modern.test', '-tls1_2'],
    ['old.test', '-tls1_3'],
    ['first.test', '-tls1_1'],
  ])('%s refuses %s', async (host, flag) => {
    // Today's libraries offer TLS 1.1 only at their lowest security level.
    const printed = await connect(host, [flag, '-cipher', 'DEFAULT@SECLEVEL=0'])
    expect(printed).toContain('alert protocol version')
    expect(printed).not.toContain('hello')
  })

  test('cipher suites of the options', async () => {
    expect(await connect('old.test')).toContain('New, TLSv1.2, Cipher is ECDHE-ECDSA-AES256-GCM-SHA384')
    const refused = await connect('old.test', ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'])
    expect(refused).toContain('alert handshake failure')
  })

  test.each([
    ['h2,http/1.1', 'ALPN protocol: h2'],
    ['http/1.1', 'ALPN protocol: http/1.1'],
    ['smtp', 'alert no application protocol'],
  ])('ALPN %s', async (offered, expected) => {
    const { text, errors } = await rig.run('openssl', [
      ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'first.test', '-alpn', offered],
    ])
    expect(text + errors).toContain(expected)
  })
})
