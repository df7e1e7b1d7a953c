import { describe, expect, test } from 'vitest'
import { nameText } from '../../src/http/name-text.ts'
import { authTLSPassCertificateElement } from '../../src/middlewares/auth-tls-pass-certificate/auth-tls-pass-certificate.schema.ts'
import { authTLSPassCertificateToUpstream } from '../../src/middlewares/auth-tls-pass-certificate/auth-tls-pass-certificate.ts'
import { buildMiddleware, exchange, prepareErrorOf, TestContext } from '../support/middleware.ts'

describe('the certificate of a client', () => {
  const certificate = {
    der: new Uint8Array([1, 2, 3]),
    subject: [
      ['C', 'DE'],
      ['O', 'A, B'],
      ['CN', ' #x'],
      ['DC', 'test'],
    ],
    issuer: [['CN', 'ca']],
    serialNumber: '1',
    notBefore: new Date(0),
    notAfter: new Date(0),
    alternativeNames: [],
  } as const
  const tls = (fault: string | null) => ({
    ...{ version: 'TLSv1.3', cipher: 'x', serverName: null, options: null },
    certificates: () => [certificate],
    chainFault: () => fault,
  })
  const through = (clientAuthType: string) =>
    buildMiddleware(authTLSPassCertificateElement, authTLSPassCertificateToUpstream, { clientAuthType })

  test('is told in nginx’s fields', async () => {
    const cx = new TestContext({ tls: tls(null) })
    const { seen } = await exchange(through('RequireAndVerifyClientCert'), {}, {}, cx)
    const field = (name: string) => seen!.headers.get(`ssl-client-${name}`)
    expect(field('verify')).toBe('SUCCESS')
    expect(field('subject-dn')).toBe('CN=\\ #x,O=A\\, B,C=DE,0.9.2342.19200300.100.1.25=#130474657374')
    expect(field('issuer-dn')).toBe('CN=ca')
    expect(field('cert')).toBe('-----BEGIN%20CERTIFICATE-----%0AAQID%0A-----END%20CERTIFICATE-----%0A')
  })

  test('that nobody checked is told to be wrong', async () => {
    const cx = new TestContext({ tls: tls('unknown authority') })
    const { seen } = await exchange(through('RequestClientCert'), {}, {}, cx)
    expect(seen!.headers.get('ssl-client-verify')).toBe('FAILED:unknown authority')
  })

  test('is checked against authorities that can be read', () => {
    const reason = (clientAuthType: string) =>
      prepareErrorOf(authTLSPassCertificateElement, { clientAuthType, caFiles: ['AUTHORITY'] })
    expect(reason('RequestClientCert')).toBe('failed to parse CA certificate')
    expect(reason('RequireAndVerifyClientCert')).toBeNull()
  })

  test('that is not there is not told by the client either', async () => {
    const headers = ['Ssl-Client-Verify', 'SUCCESS', 'Ssl-Client-Cert', 'forged', 'ssl-client-subject-dn', 'CN=root']
    const cx = new TestContext({ tls: { ...tls(null), certificates: () => [] } })
    const { seen } = await exchange(through('VerifyClientCertIfGiven'), { headers }, {}, cx)
    expect(seen!.headers.lines).toEqual(['Ssl-Client-Verify', 'NONE'])
    const { seen: plain } = await exchange(through('VerifyClientCertIfGiven'), { headers })
    expect(plain!.headers.lines).toEqual([])
  })

  test('several values of a part', () => {
    expect(
      nameText([
        ['OU', 'a'],
        ['OU', 'b'],
        ['1.2.3', 'ü'],
      ]),
    ).toBe('OU=a+OU=b,1.2.3=#0c02c3bc')
  })
})
