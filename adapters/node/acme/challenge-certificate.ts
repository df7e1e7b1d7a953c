import { createHash, createPublicKey, randomBytes } from 'node:crypto'
import type { CertificatePair } from '../tls/default-certificate.ts'
import {
  bits,
  boolean,
  context,
  integer,
  objectId,
  octets,
  pem,
  sequence,
  setOf,
  utcTime,
  utf8,
} from '../tls/der-writer.ts'
import { signatureAlgorithm, signed } from './certificate-request.ts'
import { makeKey } from './keys.ts'

/** RFC 8737 §6.1: `id-pe-acmeIdentifier`. */
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31'
const DAY_MS = 24 * 3600 * 1000

/**
 * The self-signed certificate by which TLS-ALPN-01 is answered (RFC 8737 §3): for one name, with the digest of the key
 * authorisation in a critical extension.
 */
export async function challengeCertificate(
  name: string,
  keyAuthorisation: string,
  now: Date,
): Promise<CertificatePair> {
  const key = await makeKey('EC256')
  const algorithm = signatureAlgorithm(key)
  const subject = sequence(setOf(sequence(objectId('2.5.4.3'), utf8('ACME challenge'))))
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x7f) | 0x40
  const digest = createHash('sha256').update(keyAuthorisation).digest()
  const names = sequence(context(2, Buffer.from(name, 'latin1'), true))
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    subject,
    sequence(utcTime(new Date(now.getTime() - DAY_MS)), utcTime(new Date(now.getTime() + DAY_MS))),
    subject,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    context(
      3,
      sequence(
        sequence(objectId('2.5.29.17'), octets(names)),
        sequence(objectId(ACME_IDENTIFIER), boolean(true), octets(octets(digest))),
      ),
    ),
  )
  return {
    cert: pem('CERTIFICATE', sequence(body, algorithm, bits(await signed(body, key)))),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
