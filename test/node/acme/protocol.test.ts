import { createPrivateKey, createPublicKey, verify, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { isOfServer } from '../../../adapters/node/acme/account.ts'
import { problemOf } from '../../../adapters/node/acme/acme-error.ts'
import { authorityTrust, certificateId } from '../../../adapters/node/acme/authority-client.ts'
import { challengeCertificate } from '../../../adapters/node/acme/challenge-certificate.ts'
import { accountBinding, publicJwk, signedRequest, thumbprint } from '../../../adapters/node/acme/json-web-signature.ts'
import { accountKeyDer, accountKeyOf, keyPem, keyTypeOf, makeKey } from '../../../adapters/node/acme/keys.ts'
import { retryAfterMs } from '../../../adapters/node/acme/waits.ts'
import { certificateFacts } from '../../../src/engine/tls/certificate-facts.ts'

const json = (base64: string) => JSON.parse(Buffer.from(base64, 'base64url').toString()) as Record<string, unknown>

describe('signatures', () => {
  test.each(['EC256', 'EC384', 'RSA2048'] as const)('of %s', async (type) => {
    const key = await makeKey(type)
    const text = await signedRequest({ key, accountUrl: null }, 'https://ca.test/new', 'n-1', { a: 1 })
    const message = JSON.parse(text) as { protected: string; payload: string; signature: string }
    const algorithm = { EC256: 'ES256', EC384: 'ES384', RSA2048: 'RS256' }[type]
    expect(json(message.protected)).toEqual({
      alg: algorithm,
      jwk: publicJwk(key),
      nonce: 'n-1',
      url: 'https://ca.test/new',
    })
    expect(json(message.payload)).toEqual({ a: 1 })
    const isGood = verify(
      type === 'EC384' ? 'sha384' : 'sha256',
      Buffer.from(`${message.protected}.${message.payload}`),
      { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' },
      Buffer.from(message.signature, 'base64url'),
    )
    expect(isGood).toBe(true)
  })

  test('with an account, and without a payload', async () => {
    const key = await makeKey('EC256')
    const text = await signedRequest({ key, accountUrl: 'https://ca.test/1' }, 'https://ca.test/x', 'n', null)
    const message = JSON.parse(text) as { protected: string; payload: string }
    expect(json(message.protected)).toEqual({
      alg: 'ES256',
      kid: 'https://ca.test/1',
      nonce: 'n',
      url: 'https://ca.test/x',
    })
    expect(message.payload).toBe('')
  })

  test('the thumbprint of RFC 7638 §3.1', () => {
    const key = createPublicKey({
      format: 'jwk',
      key: {
        kty: 'RSA',
        n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
        e: 'AQAB',
      },
    })
    expect(thumbprint(key)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  })

  test('an account is bound by a shared key', async () => {
    const key = await makeKey('EC256')
    const bound = accountBinding(key, 'kid-1', Buffer.from('secret').toString('base64url'), 'https://ca.test/acct') as {
      protected: string
      payload: string
      signature: string
    }
    expect(json(bound.protected)).toEqual({ alg: 'HS256', kid: 'kid-1', url: 'https://ca.test/acct' })
    expect(json(bound.payload)).toEqual(publicJwk(key))
  })
})

describe('keys', () => {
  test.each([
    ['EC256', 'EC256'],
    ['RSA8192', 'RSA8192'],
    ['rsa4096', null],
    ['', null],
    ['constructor', null],
  ])('%s', (text, type) => {
    expect(keyTypeOf(text)).toBe(type)
  })

  test('are written as lego writes them', async () => {
    expect(keyPem(await makeKey('EC256'))).toMatch(/^-----BEGIN EC PRIVATE KEY-----/)
    expect(keyPem(await makeKey('RSA2048'))).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/)
  })

  test('of accounts come back as they were', async () => {
    const key = await makeKey('RSA2048')
    expect(accountKeyDer(accountKeyOf(accountKeyDer(key)))).toEqual(accountKeyDer(key))
    expect(() => accountKeyOf(Buffer.from('x'))).toThrow('the key of the account can’t be read')
  })
})

test('the certificate of TLS-ALPN-01 has one name and the digest, which is critical', async () => {
  const now = new Date('2026-01-02T03:04:05Z')
  const { cert, key } = await challengeCertificate('a.test', 'token.thumb', now)
  const certificate = new X509Certificate(cert)
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.subjectAltName).toBe('DNS:a.test')
  const facts = certificateFacts(certificate.raw)
  expect(facts.notBefore.getTime()).toBeLessThan(now.getTime())
  expect(facts.notAfter.getTime()).toBeGreaterThan(now.getTime())
  // id-pe-acmeIdentifier, TRUE, an octet string in an octet string of 32 octets.
  const identifier = Buffer.from('06082b0601050507011f0101ff04220420', 'hex')
  expect(certificate.raw.includes(identifier)).toBe(true)
})

describe('what an authority says', () => {
  const type = (kind: string) => `urn:ietf:params:acme:error:${kind}`

  test('problems', () => {
    const error = problemOf(
      'POST https://ca.test/x',
      {
        type: type('rateLimited'),
        detail: 'too many\n\u001b[31mrequests',
        subproblems: [{ identifier: { value: 'a.test' }, detail: 'no' }],
      },
      429,
      60_000,
    )
    expect(error).toMatchObject({ kind: 'rateLimited', status: 429, retryAfterMs: 60_000, isRateLimit: true })
    expect(error.message).toBe('POST https://ca.test/x: 429: rateLimited: too many [31mrequests: a.test no')
    expect(problemOf('x', 'page', 502, null)).toMatchObject({ kind: '', message: 'x: 502', isRateLimit: false })
    expect(problemOf('x', { detail: 'y'.repeat(10_000) }, 400, null).message.length).toBeLessThan(500)
  })

  test.each<[string | undefined, number | null]>([
    ['120', 120_000],
    ['0', 0],
    ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
    ['Thu, 01 Jan 2026 00:00:00 GMT', 0],
    ['999999999', 7 * 24 * 3600_000],
    ['-5', null],
    ['soon', null],
    [undefined, null],
  ])('Retry-After: %s', (field, ms) => {
    expect(retryAfterMs(field, new Date('2026-01-02T03:04:05Z'))).toBe(ms)
  })

  // RFC 9773 §4.1.
  test('the identifier of a certificate', () => {
    const keyIdentifier = Buffer.from('69885B6B87464041E1B37B847BA0AE2CDE01C8D4'.toLowerCase(), 'hex')
    expect(certificateId(keyIdentifier, Buffer.from('0087654321', 'hex'))).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE')
  })
})

// TestIsAccountMatchingCaServer.
test.each<[string, string, boolean]>([
  ['https://acme-v02.api.letsencrypt.org/acme/acct/1', 'https://acme-v02.api.letsencrypt.org/acme/directory', true],
  ['http://acme.api.letsencrypt.org/acme/acct/1', 'http://acme.api.letsencrypt.org/acme/directory', true],
  ['https://test1.example.org/acme/acct/1', 'https://test2.example.org/acme/directory', false],
  ['//|\\/test.example.com/acme/acct/1', 'https://test.example.com/acme/directory', false],
])('an account %s at %s: %s', (account, server, is) => {
  expect(isOfServer(account, server)).toBe(is)
})

describe('whom we trust', () => {
  const read = (file: string) => `<${file}>`

  test('by options, else by lego’s variables', () => {
    expect(authorityTrust({}, {}, read)).toEqual({})
    expect(
      authorityTrust({ caCertificates: ['a', 'b'], caServerName: 'ca' }, { LEGO_CA_CERTIFICATES: 'x' }, read),
    ).toEqual({
      ca: '<a>\n<b>',
      serverName: 'ca',
    })
    const env = { LEGO_CA_CERTIFICATES: 'x:y', LEGO_CA_SERVER_NAME: 'n' }
    expect(authorityTrust({}, env, read)).toEqual({ ca: '<x>\n<y>', serverName: 'n' })
    expect(authorityTrust({ caCertificates: ['a'], caSystemCertPool: true }, {}, read).ca).toContain(
      'BEGIN CERTIFICATE',
    )
  })
})
