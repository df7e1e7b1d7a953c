import { describe, expect, test } from 'vitest'
import { DEFAULT_SERVER_TLS } from '../../../src/plan/tls.ts'
import { planOf } from '../../support/plan.ts'

const planned = (options: object) => {
  const { serversTransports, problems } = planOf({ http: { serversTransports: { t: options } } })
  return { transport: serversTransports['t@file']!, problems }
}

describe('TLS of a servers transport', () => {
  test('is taken as a whole', () => {
    const { transport, problems } = planned({
      serverName: 'backend.test',
      insecureSkipVerify: true,
      rootCAs: ['ca.pem'],
      certificates: [{ certFile: 'a.crt', keyFile: 'a.key' }],
      cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_FALLBACK_SCSV'],
      minVersion: 'VersionTLS12',
      maxVersion: 'VersionTLS12',
      peerCertURI: 'spiffe://a/b',
    })
    expect(problems).toEqual([])
    expect(transport.tls).toEqual({
      serverName: 'backend.test',
      insecureSkipVerify: true,
      rootCAs: ['ca.pem'],
      certificates: [{ certFile: 'a.crt', keyFile: 'a.key' }],
      cipherSuites: ['ECDHE-RSA-AES128-GCM-SHA256'],
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      peerCertURI: 'spiffe://a/b',
    })
  })

  /** Messages as the reference binary (3.7.15) gives them. */
  test.each([
    [{ minVersion: 'VersionTLS12' }, 'TLS minimum version VersionTLS12 is above the maximum version '],
    [
      { minVersion: 'VersionTLS13', maxVersion: 'VersionTLS12' },
      'TLS minimum version VersionTLS13 is above the maximum version VersionTLS12',
    ],
    [{ minVersion: 'x' }, 'invalid TLS minimum version: x'],
    [{ maxVersion: 'y' }, 'invalid TLS maximum version: y'],
    [{ cipherSuites: ['TLS_RSA_WITH_AES_128_CBC_SHA', 'nope'] }, 'invalid CipherSuite: nope'],
    [{ cipherSuites: ['tls_rsa_with_aes_128_cbc_sha'] }, 'invalid CipherSuite: tls_rsa_with_aes_128_cbc_sha'],
  ])('%j voids all of it', (options, message) => {
    const { transport, problems } = planned({ insecureSkipVerify: true, serverName: 'x', ...options })
    expect(transport.tls).toEqual(DEFAULT_SERVER_TLS)
    expect(transport.error).toBeNull()
    expect(problems.map((problem) => [problem.severity, problem.message])).toEqual([['warning', message]])
  })

  test('a highest version alone is no conflict', () => {
    const { transport, problems } = planned({ maxVersion: 'VersionTLS12' })
    expect([transport.tls.minVersion, transport.tls.maxVersion, problems]).toEqual([null, 'TLSv1.2', []])
  })
})
