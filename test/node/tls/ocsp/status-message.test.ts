import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { statusIn, statusRequest } from '../../../../adapters/node/tls/ocsp/status-message.ts'
import { cn, makeCertificate, type TestCertificate } from '../../../support/certificates.ts'
import { OcspAuthority } from '../../../support/ocsp-authority.ts'

const authority = new OcspAuthority()
const known = authority.issue('known.test')
const askedOf = ({ cert }: TestCertificate, issuer = authority.authority) => ({
  leaf: new X509Certificate(cert),
  issuer: new X509Certificate(issuer.cert),
})
const now = () => new Date()
const later = (ms: number) => new Date(Date.now() + ms)
const HOUR = 3_600_000

let good: Buffer
beforeAll(async () => {
  good = await authority.respond(statusRequest(askedOf(known)))
})
afterAll(() => authority.stop())

/** A response about the known certificate by whoever signs now. */
async function signedBy(signer: TestCertificate): Promise<Buffer> {
  authority.signBy(signer)
  try {
    return await authority.respond(statusRequest(askedOf(known)))
  } finally {
    authority.signBy(authority.authority)
  }
}

describe('what OpenSSL answers', () => {
  test('good, with its times', () => {
    const { status, thisUpdate, nextUpdate } = statusIn(good, askedOf(known), now())
    expect(status).toBe('good')
    expect(Math.abs(thisUpdate.getTime() - Date.now())).toBeLessThan(60_000)
    expect(nextUpdate!.getTime() - thisUpdate.getTime()).toBe(24 * HOUR)
  })

  test('revoked, unknown', async () => {
    const revoked = authority.issue('revoked.test')
    authority.revoke(revoked)
    const stranger = authority.issue('stranger.test', { isKnown: false })
    for (const [certificate, status] of [
      [revoked, 'revoked'],
      [stranger, 'unknown'],
    ] as const) {
      const response = await authority.respond(statusRequest(askedOf(certificate)))
      expect(statusIn(response, askedOf(certificate), now())).toMatchObject({ status })
    }
  })

  test('without an end', async () => {
    authority.life = []
    const response = await authority.respond(statusRequest(askedOf(known)))
    authority.life = ['-ndays', '1']
    expect(statusIn(response, askedOf(known), now())).toMatchObject({ status: 'good', nextUpdate: null })
  })

  test('signed by whom the authority has authorised', async () => {
    const response = await signedBy(authority.delegate())
    expect(statusIn(response, askedOf(known), now())).toMatchObject({ status: 'good' })
  })
})

describe('what is refused', () => {
  test('signed by one of the authority’s certificates that is not for this', async () => {
    const response = await signedBy(authority.delegate(false))
    expect(() => statusIn(response, askedOf(known), now())).toThrow('is not authorised by the issuer')
  })

  test('signed by another authority', async () => {
    const other = makeCertificate({ subject: cn('authority'), isAuthority: true })
    const response = await signedBy(other)
    expect(() => statusIn(response, askedOf(known), now())).toThrow('is not authorised by the issuer')
  })

  test('about another certificate, or of another issuer', () => {
    const sibling = authority.issue('sibling.test')
    expect(() => statusIn(good, askedOf(sibling), now())).toThrow('about another certificate')
    const other = makeCertificate({ subject: cn('authority'), isAuthority: true })
    expect(() => statusIn(good, askedOf(known, other), now())).toThrow('is not authorised by the issuer')
  })

  test('not in force', () => {
    expect(() => statusIn(good, askedOf(known), later(25 * HOUR))).toThrow('not in force any more')
    expect(() => statusIn(good, askedOf(known), later(-HOUR))).toThrow('not in force yet')
  })

  test('the words of a responder that has none', () => {
    expect(() => statusIn(Buffer.from([0x30, 3, 0x0a, 1, 3]), askedOf(known), now())).toThrow('responder says tryLater')
  })

  test('octets that were changed, cut off or made up: an error of ours, never another one', () => {
    const asked = askedOf(known)
    for (let at = 0; at < good.length; at++) {
      const changed = Buffer.from(good)
      changed[at] = changed[at]! ^ (1 << (at % 8))
      for (const bytes of [changed, good.subarray(0, at)]) {
        try {
          // Only what is outside of the signature may be different.
          expect(statusIn(bytes, asked, now())).toMatchObject({ status: 'good' })
        } catch (error) {
          expect((error as Error).message).toMatch(/^(the |a certificate in |who signed )/)
        }
      }
    }
  })
})
