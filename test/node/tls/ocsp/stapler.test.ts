import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadPair } from '../../../../adapters/node/tls/certificate-store.ts'
import { OcspStapler } from '../../../../adapters/node/tls/ocsp/stapler.ts'
import type { LogLevel } from '../../../../src/contracts/ports.ts'
import { cn, makeCertificate, type TestCertificate } from '../../../support/certificates.ts'
import { freePort } from '../../../support/free-port.ts'
import { startProxy, type TestProxy } from '../../../support/node-proxy.ts'
import { OcspAuthority } from '../../../support/ocsp-authority.ts'
import { FakeClock } from '../../../support/ports.ts'
import { until } from '../../../support/until.ts'

/** Node knows the option; its types don't. */
type AskingOptions = ConnectionOptions & { readonly requestOCSP?: boolean }

const HOUR = 3_600_000

/** Begins with the time of the machine, which OpenSSL puts into its answers. */
class TodaysClock extends FakeClock {
  readonly #began = Date.now() - this.now()
  override date(): Date {
    return new Date(this.#began + this.now())
  }
}

let authority: OcspAuthority
let clock: TodaysClock
let logged: { level: LogLevel; message: string; fields: unknown }[]
let stapler: OcspStapler
const ends: (() => Promise<void>)[] = []

beforeEach(async () => {
  authority = await new OcspAuthority().start()
  clock = new TodaysClock()
  logged = []
  stapler = staplerWith({})
})
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  stapler.close()
  await authority.stop()
})

const staplerWith = (overrides: Readonly<Record<string, string>>): OcspStapler =>
  new OcspStapler({
    overrides,
    clock,
    log: { log: (level, message, fields) => void logged.push({ level, message, fields }) },
    random: () => 0,
  })

const loaded = (certificate: TestCertificate) => {
  const { certFile: cert, keyFile: key } = authority.pair(certificate)
  return loadPair({ cert, key })
}

const messages = () =>
  logged.filter(({ level }) => level !== 'debug').map(({ level, message }) => `${level} ${message}`)
const said = () => JSON.stringify(logged)

describe('staples', () => {
  test('are had from the responder that the certificate names, and anew after half of their life', async () => {
    const certificate = loaded(authority.issue('a.test'))
    stapler.replace([certificate])
    expect(stapler.isFor(certificate)).toBe(true)
    const first = await until(
      () => stapler.staple(certificate),
      (staple) => staple !== null,
    )
    clock.advance(11 * HOUR)
    expect(authority.asked).toHaveLength(1)
    clock.advance(1.1 * HOUR)
    await until(
      () => stapler.staple(certificate),
      (staple) => staple !== first,
    )
    expect(authority.asked).toHaveLength(2)
    expect(messages()).toEqual([])
  })

  test('of a certificate that stays in force stay, those of others are forgotten', async () => {
    const [kept, gone] = [loaded(authority.issue('a.test')), loaded(authority.issue('b.test'))]
    stapler.replace([kept, gone])
    await until(
      () => [kept, gone].filter((one) => stapler.staple(one) !== null).length,
      (count) => count === 2,
    )
    stapler.replace([kept])
    expect(stapler.staple(kept)).not.toBeNull()
    expect(stapler.isFor(gone)).toBe(false)
    expect(authority.asked).toHaveLength(2)
  })

  test('there are none for what names no responder, and nobody is asked', () => {
    const plain = loadPair(makeCertificate({ subject: cn('plain.test') }))
    stapler.replace([plain])
    expect(stapler.isFor(plain)).toBe(false)
    expect(clock.waiting).toBe(0)
  })

  test('a responder of one’s own takes the place of the one in the certificate', async () => {
    const certificate = loaded(authority.issue('a.test', { responder: 'ocsp.example.test' }))
    stapler = staplerWith({ 'ocsp.example.test': authority.url })
    stapler.replace([certificate])
    await until(
      () => stapler.staple(certificate),
      (staple) => staple !== null,
    )
  })

  test('that a certificate is revoked is said, and told to clients', async () => {
    const revoked = authority.issue('a.test')
    authority.revoke(revoked)
    const certificate = loaded(revoked)
    stapler.replace([certificate])
    await until(
      () => stapler.staple(certificate),
      (staple) => staple !== null,
    )
    expect(messages()).toEqual(['error A certificate in use is revoked'])
  })
})

describe('what goes wrong', () => {
  const failing = 'warn Unable to retrieve OCSP staple'

  test('a responder that is gone is asked again, ever more rarely, and what it said counts until its end', async () => {
    const certificate = loaded(authority.issue('a.test'))
    stapler.replace([certificate])
    await until(
      () => stapler.staple(certificate),
      (staple) => staple !== null,
    )
    const { port } = authority
    await authority.close()
    clock.advance(12.5 * HOUR)
    await until(messages, (all) => all.length === 1)
    expect(messages()).toEqual([failing])
    expect(stapler.staple(certificate)).not.toBeNull()
    for (const [minutes, times] of [
      [1, 2],
      [1, 2],
      [1, 3],
      [4, 4],
    ] as const) {
      clock.advance(minutes * 60_000)
      await until(messages, (all) => all.length === times)
    }
    clock.advance(12 * HOUR)
    expect(stapler.staple(certificate)).toBeNull()
    await until(messages, (all) => all.length >= 5)
    await authority.start(port)
    await until(
      () => {
        clock.advance(HOUR)
        return authority.asked.length
      },
      (asked) => asked >= 2,
    )
  })

  test.each<[string, OcspAuthority['instead'], string]>([
    ['another status, without the words of whoever answers', { status: 403, body: 'internal words' }, 'status 403'],
    ['what is no answer', { status: 200, body: 'internal words' }, 'the answer is no OCSP response'],
    ['what is too long', { status: 200, body: Buffer.alloc(65 * 1024, 48) }, 'the answer has more than 65536 bytes'],
    ['a redirection', { status: 307, body: '' }, '307 Temporary Redirect'],
  ])('%s', async (_, instead, reason) => {
    authority.instead = instead
    const certificate = loaded(authority.issue('a.test'))
    stapler.replace([certificate])
    await until(messages, (all) => all.length === 1)
    expect(messages()).toEqual([failing])
    expect(said()).toContain(reason)
    expect(said()).not.toContain('internal words')
    expect(stapler.staple(certificate)).toBeNull()
  })

  test('a certificate that the responder does not know is not stapled', async () => {
    const certificate = loaded(authority.issue('a.test', { isKnown: false }))
    authority.issue('other.test')
    stapler.replace([certificate])
    await until(messages, (all) => all.length === 1)
    expect(said()).toContain('the responder does not know the certificate')
    expect(stapler.staple(certificate)).toBeNull()
  })

  test.each(['file:///etc/passwd', 'ldap://x.test/', 'nonsense'])('%s is no responder', async (responder) => {
    stapler.replace([loaded(authority.issue('a.test', { responder }))])
    await until(messages, (all) => all.length === 1)
    expect(said()).toContain('it is no URL of a responder')
  })

  test('one that must be stapled and can’t be is an error', async () => {
    authority.instead = { status: 500, body: '' }
    stapler.replace([loaded(authority.issue('a.test', { mustStaple: true }))])
    await until(messages, (all) => all.length === 1)
    expect(messages()).toEqual(['error Unable to retrieve OCSP staple'])
    expect(said()).toContain('clients refuse it')
  })
})

describe('in a proxy', () => {
  async function start(
    certificate: TestCertificate,
    flags: readonly string[],
  ): Promise<{ proxy: TestProxy; port: number }> {
    const port = await freePort()
    const { certFile, keyFile } = authority.pair(certificate)
    const proxy = await startProxy(
      JSON.stringify({
        http: { routers: { a: { rule: 'Host(`a.test`)', service: 'noop@internal', tls: {} } } },
        tls: { certificates: [{ certFile, keyFile }] },
      }),
      [`--entryPoints.websecure.address=127.0.0.1:${port}`, ...flags],
    )
    ends.push(() => proxy.stop())
    return { proxy, port }
  }

  /** What a handshake brings; null: no staple. */
  const stapleOf = (port: number, more: AskingOptions = {}): Promise<Buffer | null> =>
    new Promise((resolve, reject) => {
      let staple: Buffer | null = null
      const options: AskingOptions = { servername: 'a.test', rejectUnauthorized: false, requestOCSP: true, ...more }
      const socket = connect(port, '127.0.0.1', options)
      socket.on('OCSPResponse', (response: Buffer) => {
        if (response !== null && response.length > 0) staple = response
      })
      socket.on('secureConnect', () => {
        resolve(staple)
        socket.destroy()
      })
      socket.on('error', reject)
    })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('handshakes bring it: %s', async (maxVersion) => {
    const { port } = await start(authority.issue('a.test'), ['--ocsp=true'])
    await until(
      () => stapleOf(port, { maxVersion }),
      (staple) => staple !== null,
    )
    // And whoever does not ask has none.
    expect(await stapleOf(port, { maxVersion, requestOCSP: false })).toBeNull()
  })

  test('OpenSSL takes it', async () => {
    const { proxy, port } = await start(authority.issue('a.test'), ['--ocsp=true'])
    await until(
      () => stapleOf(port),
      (staple) => staple !== null,
    )
    const ca = path.join(proxy.dir, 'ca.pem')
    writeFileSync(ca, authority.authority.cert)
    const out = await new Promise<string>((resolve) => {
      const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'a.test', '-status', '-CAfile', ca]
      execFile('openssl', args, { timeout: 10_000 }, (_, stdout) => resolve(stdout)).stdin?.end()
    })
    expect(out).toContain('OCSP Response Status: successful (0x0)')
    expect(out).toContain('Cert Status: good')
    expect(out).toContain('Verify return code: 0 (ok)')
  })

  test('a responder that never answers holds up nobody', async () => {
    const silent = await freePort()
    const { port } = await start(authority.issue('a.test', { responder: `http://127.0.0.1:${silent}/` }), [
      '--ocsp=true',
    ])
    const began = performance.now()
    expect(await stapleOf(port)).toBeNull()
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  test('without the option nobody is asked, and one that must be stapled is told of', async () => {
    const { proxy, port } = await start(authority.issue('a.test', { mustStaple: true }), [])
    expect(await stapleOf(port)).toBeNull()
    expect(authority.asked).toEqual([])
    expect(proxy.logged.map(({ message }) => message)).toContain(
      'A certificate must be stapled, and the option ocsp is not there',
    )
  })
})
