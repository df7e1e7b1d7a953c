import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { digestAuthElement } from '../../src/middlewares/digest-auth/digest-auth.schema.ts'
import { digestAuth } from '../../src/middlewares/digest-auth/digest-auth.ts'
import { parseDigestCredentials } from '../../src/middlewares/digest-auth/digest-credentials.ts'
import { Nonces } from '../../src/middlewares/digest-auth/nonces.ts'
import { buildMiddleware, exchange, prepareErrorOf, testScopes } from '../support/middleware.ts'

const md5 = (text: string) => createHash('md5').update(text, 'latin1').digest('hex')
const ann = `ann:traefik:${md5('ann:traefik:secret')}`

type Options = z.input<typeof digestAuthElement.schema>

type Change = Readonly<Partial<Record<'uri' | 'qop' | 'opaque' | 'algorithm', string>>>

/** A client that answers challenges; `change` spoils parameters of its credentials. */
function client(options: Options = { users: [ann] }) {
  const middleware = buildMiddleware(digestAuthElement, digestAuth, options)
  const send = async (authorization: string | null, target = '/x?y=1') => {
    const headers = authorization === null ? [] : ['Authorization', authorization]
    return exchange(middleware, { target, headers: [...headers, 'X-User', 'root'] })
  }
  const challenge = async () => (await send(null)).response.headers.get('www-authenticate')!
  const credentials = (asked: string, nc: string, change: Change = {}, user = 'ann', password = 'secret') => {
    const [realm, nonce, opaque] = ['realm', 'nonce', 'opaque'].map(
      (name) => new RegExp(`${name}="([^"]*)"`).exec(asked)![1]!,
    )
    const uri = change.uri ?? '/x?y=1'
    const response = md5(`${md5(`${user}:${realm}:${password}`)}:${nonce}:${nc}:c:auth:${md5(`GET:${uri}`)}`)
    const all = { username: user, realm, nonce, uri, response, opaque, ...change }
    const quoted = Object.entries(all).map(([name, value]) => `${name}="${value}"`)
    return `Digest ${quoted.join(', ')}, qop=${change.qop ?? 'auth'}, nc=${nc}, cnonce="c"`
  }
  return { send, challenge, credentials }
}

describe('digestAuth', () => {
  test('asks', async () => {
    const { response, seen } = await client().send(null)
    expect([response.status, response.content, seen]).toEqual([401, '401 Unauthorized\n', null])
    expect(response.headers.get('content-type')).toBe('text/plain')
    expect(response.headers.get('www-authenticate')).toMatch(
      /^Digest realm="traefik", nonce="[A-Za-z0-9+/]{16}", opaque="[A-Za-z0-9+/]{16}", algorithm="MD5", qop="auth"$/,
    )
  })

  test('lets the right answer in, once for each count', async () => {
    const { send, challenge, credentials } = client({ users: [ann], headerField: 'X-User', removeHeader: true })
    const asked = await challenge()
    const { seen, cx } = await send(credentials(asked, '00000001'))
    expect(seen!.headers.lines).toEqual(['X-User', 'ann'])
    expect(cx.record.username).toBe('ann')
    const again = await send(credentials(asked, '00000001'))
    expect([again.response.status, /stale/.test(again.response.headers.get('www-authenticate')!)]).toEqual([401, false])
    expect((await send(credentials(asked, '00000003'))).response.status).toBe(200)
    const lower = await send(credentials(asked, '00000002'))
    expect(lower.response.headers.get('www-authenticate')).toMatch(/opaque="[^"]*", stale="true", algorithm="MD5"/)
  })

  test.each<[string, Change, string, string, number]>([
    ['a wrong password', {}, 'ann', 'no', 401],
    ['an unknown user', {}, 'eve', 'secret', 401],
    ['another opaque', { opaque: 'x' }, 'ann', 'secret', 401],
    ['another algorithm', { algorithm: 'SHA-256' }, 'ann', 'secret', 401],
    ['the algorithm named', { algorithm: 'MD5' }, 'ann', 'secret', 200],
    ['another qop', { qop: 'auth-int' }, 'ann', 'secret', 401],
    ['another path', { uri: '/other' }, 'ann', 'secret', 401],
    ['the beginning of the path', { uri: '/' }, 'ann', 'secret', 200],
    ['the path without its query', { uri: '/x' }, 'ann', 'secret', 200],
  ])('%s', async (_name, change, user, password, status) => {
    const { send, challenge, credentials } = client()
    expect((await send(credentials(await challenge(), '00000001', change, user, password))).response.status).toBe(
      status,
    )
  })

  test('a foreign nonce', async () => {
    const { send, challenge, credentials } = client()
    const asked = (await challenge()).replace(/nonce="[^"]*"/, 'nonce="AAAAAAAAAAAAAAAA"')
    expect((await send(credentials(asked, '00000001'))).response.status).toBe(401)
  })

  test('users of other realms may not pass', async () => {
    const { send, challenge, credentials } = client({
      users: [ann, `ann:vault:${md5('ann:vault:other')}`],
      realm: 'vault',
    })
    const asked = await challenge()
    expect((await send(credentials(asked, '00000001'))).response.status).toBe(401)
    expect((await send(credentials(asked, '00000002', {}, 'ann', 'other'))).response.status).toBe(200)
  })

  test('no users at all is legal', () => {
    expect(prepareErrorOf(digestAuthElement, {})).toBeNull()
  })

  test.each<[Options, string]>([
    [{ users: ['test'] }, 'error parsing DigestUser: test'],
    [{ users: ['a:b:c:d'] }, 'error parsing DigestUser: a:…'],
    [{ usersFile: 'gone' }, 'open gone: no such file or directory'],
  ])('%o: %s', (options, error) => {
    expect(prepareErrorOf(digestAuthElement, options, testScopes())).toBe(error)
  })
})

test.each([
  ['Digest a="1, 2", b=3,c, d=', { a: '1, 2', b: '3', c: '', d: '' }],
  ['Digest a="q\\"u", b="x"', { a: 'q"u', b: 'x' }],
  ['digest a=1', null],
  ['Basic x', null],
])('%s', (value, expected) => {
  const found = parseDigestCredentials(value)
  expect(found === null ? null : Object.fromEntries(found)).toEqual(expected)
})

test('nonces that were not used for longest go first', () => {
  const nonces = new Nonces()
  const all = Array.from({ length: 1_100 }, () => nonces.create())
  expect(nonces.use(all[0]!, 1n)).toBe('fresh')
  nonces.create()
  expect([
    nonces.use(all[0]!, 2n),
    nonces.use(all[1]!, 1n),
    nonces.use(all[200]!, 1n),
    nonces.use(all[201]!, 1n),
  ]).toEqual(['fresh', 'refused', 'refused', 'fresh'])
})
