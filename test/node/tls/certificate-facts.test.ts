import { createPrivateKey, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { generateDefaultCertificate } from '../../../adapters/node/tls/default-certificate.ts'
import { certificateFacts, serverNamesOf } from '../../../src/engine/tls/certificate-facts.ts'
import { DerError } from '../../../src/engine/tls/der-reader.ts'
import { makeCertificate } from '../../support/certificates.ts'

test('reads what is asked of a certificate', () => {
  const made = makeCertificate({
    subject: [
      ['2.5.4.6', 'FR'],
      ['0.9.2342.19200300.100.1.25', 'org'],
      ['2.5.4.10', 'Ünïcode, Inc.'],
      ['2.5.4.3', 'Client.Test'],
      ['1.2.3.4', 'x'],
    ],
    dns: ['a.test', '*.B.test'],
    mail: ['me@x.test'],
    ip: [
      [127, 0, 0, 1],
      [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ],
    uri: ['spiffe://x/y'],
  })
  const parsed = new X509Certificate(made.cert)
  const facts = certificateFacts(parsed.raw)
  expect(facts).toMatchObject({
    subject: [
      ['C', 'FR'],
      ['DC', 'org'],
      ['O', 'Ünïcode, Inc.'],
      ['CN', 'Client.Test'],
      ['1.2.3.4', 'x'],
    ],
    serialNumber: String(BigInt(`0x${parsed.serialNumber}`)),
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: new Date('2040-01-01T00:00:00Z'),
    alternativeNames: ['a.test', '*.B.test', 'me@x.test', '127.0.0.1', '2001:db8::1', 'spiffe://x/y'],
  })
  expect(facts.issuer).toEqual(facts.subject)
  expect(serverNamesOf(facts)).toEqual(['client.test', 'a.test', '*.b.test', '127.0.0.1', '2001:db8::1'])
})

test('no prefix of a certificate is read, and none breaks the reader', () => {
  const der = new X509Certificate(makeCertificate({ dns: ['a.test'] }).cert).raw
  for (let length = 0; length < der.length; length++) {
    expect(() => certificateFacts(der.subarray(0, length))).toThrow(DerError)
  }
})

test('octets turned over give facts or an error of ours', () => {
  const der = new X509Certificate(makeCertificate({ dns: ['a.test'], subject: [['2.5.4.3', 'a']] }).cert).raw
  for (let at = 0; at < der.length; at++) {
    const copy = Uint8Array.from(der)
    copy[at] = copy[at]! ^ 0xff
    try {
      certificateFacts(copy)
    } catch (error) {
      expect(error).toBeInstanceOf(DerError)
    }
  }
})

test('the generated default certificate', async () => {
  const now = new Date('2026-05-04T03:02:01Z')
  const { cert, key } = await generateDefaultCertificate(now)
  const parsed = new X509Certificate(cert)
  expect(parsed.subject).toBe('CN=TRAEFIK DEFAULT CERT')
  expect(parsed.issuer).toBe('CN=TRAEFIK DEFAULT CERT')
  expect(parsed.subjectAltName).toMatch(/^DNS:[0-9a-f]{32}\.[0-9a-f]{32}\.traefik\.default$/)
  expect(parsed.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
  expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect(parsed.verify(parsed.publicKey)).toBe(true)
  expect(parsed.validFromDate).toEqual(now)
  expect(parsed.validToDate).toEqual(new Date('2027-05-04T03:02:01Z'))
  expect(parsed.ca).toBe(false)
})
