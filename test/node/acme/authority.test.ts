import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Account } from '../../../adapters/node/acme/account.ts'
import { Authority } from '../../../adapters/node/acme/authority.ts'
import { AuthorityClient } from '../../../adapters/node/acme/authority-client.ts'
import type { Signer } from '../../../adapters/node/acme/json-web-signature.ts'
import { makeKey } from '../../../adapters/node/acme/keys.ts'
import { obtain } from '../../../adapters/node/acme/order.ts'
import { orderCertificate } from '../../../adapters/node/acme/ordering.ts'
import type { CertificateStorage } from '../../../adapters/node/acme/storage/storage.ts'
import type { StoredCertificate } from '../../../adapters/node/acme/storage/stored-data.ts'
import { runtimeClock } from '../../../adapters/web/clock.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { closed } from '../../support/closed.ts'
import { until } from '../../support/until.ts'

type Answer = { status?: number; headers?: Record<string, string>; body?: unknown }

const ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

let signer: Signer
beforeAll(async () => {
  signer = { key: await makeKey('EC256'), accountUrl: 'http://ca.test/1' }
})

/** An authority that says what a test wants, over plain HTTP. */
async function scripted(answers: (target: string, base: string, request: IncomingMessage) => Answer | null) {
  const asked: string[] = []
  const server: Server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const target = request.url ?? ''
    asked.push(`${request.method} ${target}`)
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const answer = answers(target, base, request) ?? standard(target, base)
    if (answer === null) return
    response.writeHead(answer.status ?? 200, {
      ...(target === '/dir' ? {} : { 'replay-nonce': `nonce-${asked.length}` }),
      ...answer.headers,
    })
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  ends.push(() => closed(server))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dir`
  const client = new AuthorityClient({
    directory: url,
    timeoutMs: 5_000,
    headTimeoutMs: 5_000,
    trust: {},
    clock: runtimeClock,
  })
  ends.push(() => client.close())
  return { authority: new Authority(url, client, runtimeClock), asked, client }
}

const standard = (target: string, base: string): Answer | null =>
  target === '/dir'
    ? { body: { newNonce: `${base}/nonce`, newAccount: `${base}/account`, newOrder: `${base}/order` } }
    : { body: {} }

const signal = () => AbortSignal.timeout(10_000)
const order = { names: ['a.test'], profile: '', replaces: null }
const problem = (kind: string, status = 400): Answer => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: { type: `urn:ietf:params:acme:error:${kind}`, detail: 'because' },
})

describe('nonces', () => {
  test('one that is not good is replaced by the one of the answer, and not for ever', async () => {
    let bad = 3
    const { authority, asked } = await scripted((target, base) =>
      target !== '/order' ? null : bad-- > 0 ? problem('badNonce') : { headers: { location: `${base}/o/1` }, body: {} },
    )
    expect((await authority.newOrder(order, signer, signal())).url).toContain('/o/1')
    expect(asked.filter((line) => line === 'POST /order')).toHaveLength(4)
    expect(asked.filter((line) => line === 'HEAD /nonce')).toHaveLength(1)
    bad = Number.POSITIVE_INFINITY
    await expect(authority.newOrder(order, signer, signal())).rejects.toThrow('badNonce: because')
    expect(asked.filter((line) => line === 'POST /order')).toHaveLength(14)
  })

  test('one that is none is not taken', async () => {
    const { authority } = await scripted((target) =>
      target === '/nonce' ? { headers: { 'replay-nonce': 'a b' } } : null,
    )
    await expect(authority.newOrder(order, signer, signal())).rejects.toThrow('the authority gives no nonce')
  })
})

describe('what an authority must not do', () => {
  test.each([
    'file:///etc/passwd',
    'ssh://localhost/x',
    'unix:///run/docker.sock',
    'http://user:secret@127.0.0.1/x',
    'ftp://127.0.0.1/x',
    'nonsense',
  ])('have us ask %s', async (newNonce) => {
    const { authority } = await scripted((target, base) =>
      target === '/dir' ? { body: { newNonce, newAccount: `${base}/a`, newOrder: `${base}/o` } } : null,
    )
    const error = await authority.newOrder(order, signer, signal()).catch((reason: unknown) => String(reason))
    expect(error).toContain('the authority names a URL that can’t be asked')
  })

  test('lead from HTTPS to HTTP', async () => {
    const client = new AuthorityClient({
      directory: 'https://ca.test/dir',
      timeoutMs: 1000,
      headTimeoutMs: 1000,
      trust: {},
      clock: runtimeClock,
    })
    ends.push(() => client.close())
    await expect(client.get('http://ca.test/x', signal())).rejects.toThrow('can’t be asked')
  })

  test.each<[string, Answer, string]>([
    ['send more than there is to say', { body: 'x'.repeat(600 * 1024) }, 'the answer has more than 524288 bytes'],
    ['send a page', { body: '<html>' }, 'the answer is no JSON'],
    ['leave out what is needed', { body: { newNonce: 'http://x' } }, 'the directory: the answer has no "newAccount"'],
    ['send another kind of thing', { body: { newNonce: 5, newAccount: [], newOrder: null } }, 'has no "newNonce"'],
    ['redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, '302'],
  ])('%s', async (_, answer, message) => {
    const { authority } = await scripted((target) => (target === '/dir' ? answer : null))
    await expect(authority.directory(signal())).rejects.toThrow(message)
  })

  test('keep us waiting for its answer', async () => {
    const server = createServer(() => undefined)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    ends.push(() => closed(server))
    const client = new AuthorityClient({
      directory: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dir`,
      timeoutMs: 10_000,
      headTimeoutMs: 200,
      trust: {},
      clock: runtimeClock,
    })
    ends.push(() => client.close())
    const began = performance.now()
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dir`
    await expect(client.get(url, signal())).rejects.toThrow(/0\.2 s/)
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('give an order without an end', async () => {
    const { authority } = await scripted((target, base) =>
      target === '/order'
        ? {
            status: 201,
            headers: { location: `${base}/o/1` },
            body: { status: 'pending', authorizations: [`${base}/z/1`] },
          }
        : target === '/z/1'
          ? { body: { status: 'valid', identifier: { value: 'a.test' }, challenges: [] } }
          : target === '/o/1'
            ? { body: { status: 'pending' } }
            : null,
    )
    const ports = { authority, signer, solvers: [], clock: runtimeClock, log: { log: () => undefined } }
    const wanted = { ...order, emailAddresses: [], hasCommonName: true, preferredChain: '', certificateTimeoutMs: 1000 }
    await expect(obtain(wanted, signer.key, ports, signal())).rejects.toThrow('nothing came of it within 1 s')
  })

  test.each(['../../etc/passwd', 'a b', '', 'x'.repeat(300)])('give the token %j', async (token) => {
    const { authority } = await scripted((target, base) =>
      target === '/order'
        ? {
            status: 201,
            headers: { location: `${base}/o/1` },
            body: { status: 'pending', authorizations: [`${base}/z/1`] },
          }
        : target === '/z/1'
          ? {
              body: {
                status: 'pending',
                identifier: { value: 'a.test' },
                challenges: [{ type: 'http-01', url: `${base}/c`, token }],
              },
            }
          : null,
    )
    const solver = { type: 'http-01' as const, timeoutMs: 1, sequenceMs: null, present: async () => undefined }
    const ports = { authority, signer, solvers: [solver], clock: runtimeClock, log: { log: () => undefined } }
    const wanted = { ...order, emailAddresses: [], hasCommonName: true, preferredChain: '', certificateTimeoutMs: 1000 }
    await expect(obtain(wanted, signer.key, ports, signal())).rejects.toThrow('a.test: the authority offers http-01')
  })
})

test.each<[number | null, string[]]>([
  [0, ['begin a', 'end a', 'begin b', 'end b']],
  [null, ['begin a', 'begin b', 'end b', 'end a']],
])('names are proved one after the other where a solver asks for it: %s', async (sequenceMs, expected) => {
  const { authority } = await scripted((target, base) => {
    const authorization = (name: string) => ({
      status: 'pending',
      identifier: { value: name },
      challenges: [{ type: 'dns-01', url: `${base}/c/${name}`, token: name }],
    })
    if (target === '/order') {
      const authorizations = [`${base}/z/a`, `${base}/z/b`]
      return { status: 201, headers: { location: `${base}/o/1` }, body: { status: 'pending', authorizations } }
    }
    return target.startsWith('/z/') ? { body: authorization(target.slice(3)) } : null
  })
  const lines: string[] = []
  const solver = {
    type: 'dns-01' as const,
    timeoutMs: 1,
    sequenceMs,
    present: async ({ name }: { name: string }) => {
      lines.push(`begin ${name}`)
      if (name === 'a' && sequenceMs === null) {
        await until(
          () => lines.length,
          (count) => count >= 2,
        )
      }
      lines.push(`end ${name}`)
    },
  }
  const ports = { authority, signer, solvers: [solver], clock: runtimeClock, log: { log: () => undefined } }
  const wanted = { ...order, emailAddresses: [], hasCommonName: true, preferredChain: '', certificateTimeoutMs: 1000 }
  // Neither is ever valid: with a sequence the second is not begun.
  await expect(obtain(wanted, signer.key, ports, signal())).rejects.toThrow('nothing came of it')
  expect(lines).toEqual(sequenceMs === null ? expected : expected.slice(0, 2))
})

test('a certificate is kept before the lock of its order is free', async () => {
  const { cert } = makeCertificate({ dns: ['a.test'] })
  const { authority } = await scripted((target, base) => {
    const valid = { status: 'valid', authorizations: [`${base}/z/1`], certificate: `${base}/c/1` }
    if (target === '/order') return { status: 201, headers: { location: `${base}/o/1` }, body: valid }
    if (target === '/o/1') return { body: valid }
    if (target === '/z/1') return { body: { status: 'valid', identifier: { value: 'a.test' }, challenges: [] } }
    return target === '/c/1' ? { body: cert } : null
  })
  const lines: string[] = []
  const storage = {
    lock: async (name: string) => {
      lines.push(name)
      return { release: async () => void lines.push('release') }
    },
    read: async () => ({ account: null, certificates: [] }),
  } as unknown as CertificateStorage
  const options = {
    resolver: 'le',
    keyType: 'EC256' as const,
    emailAddresses: [],
    hasCommonName: true,
    profile: '',
    preferredChain: '',
    certificateTimeoutMs: 1000,
    storage,
    account: { signer: async () => signer, forget: () => undefined } as unknown as Account,
    authority,
    solvers: async () => [],
    clock: runtimeClock,
    log: { log: () => undefined },
  }
  const due = { key: 'a.test', names: ['a.test'], keptAs: ['a.test'], renews: null }
  const keep = async ({ domain, certificate }: StoredCertificate) =>
    void lines.push(`${domain.main} ${certificate === cert}`)
  expect(await orderCertificate(due, null, null, options, keep, signal())).toBe('done')
  expect(lines).toEqual(['order le a.test', 'a.test true', 'release'])
})

describe('windows for renewals', () => {
  const info = (body: unknown, headers: Record<string, string> = {}) =>
    scripted((target, base) =>
      target === '/dir'
        ? {
            body: {
              newNonce: `${base}/n`,
              newAccount: `${base}/a`,
              newOrder: `${base}/o`,
              renewalInfo: `${base}/info/`,
            },
          }
        : target === '/info/id'
          ? { body, headers }
          : null,
    )

  test('are read with the time until the next question', async () => {
    const window = { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' }
    const { authority } = await info(
      { suggestedWindow: window, explanationURL: 'https://ca.test/why' },
      { 'retry-after': '60' },
    )
    expect(await authority.renewalInfo('id', signal())).toEqual({
      start: new Date(window.start),
      end: new Date(window.end),
      retryAfterMs: 60_000,
      explanationUrl: 'https://ca.test/why',
    })
  })

  test.each([
    {},
    { suggestedWindow: { start: 'x', end: 'y' } },
    { suggestedWindow: { start: '2026-01-02', end: '2026-01-01' } },
  ])('that can’t be read are an error: %j', async (body) => {
    const { authority } = await info(body)
    await expect(authority.renewalInfo('id', signal())).rejects.toThrow('window for the renewal can’t be read')
  })

  test('are not asked for where the authority has none', async () => {
    const { authority, asked } = await scripted(() => null)
    expect(await authority.renewalInfo('id', signal())).toBeNull()
    expect(asked).toEqual(['GET /dir'])
  })
})
