import { createHash, verify, X509Certificate } from 'node:crypto'
import { timeOf } from '../../../../src/engine/tls/certificate-facts.ts'
import { type CertificateParts, certificateParts } from '../../../../src/engine/tls/certificate-parts.ts'
import { DerError, DerReader, dottedOf } from '../../../../src/engine/tls/der-reader.ts'
import {
  BITS,
  ENUMERATED,
  GENERALIZED_TIME,
  INTEGER,
  OBJECT_ID,
  OCTETS,
  SEQUENCE,
} from '../../../../src/engine/tls/der-tags.ts'
import { integer, nothing, objectId, octets, sequence } from '../der-writer.ts'

const SHA1 = '1.3.14.3.2.26'
const HASHES: Readonly<Record<string, string>> = { [SHA1]: 'sha1', '2.16.840.1.101.3.4.2.1': 'sha256' }

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1'
/** Who may sign in the place of an authority (RFC 6960 §4.2.2.2). */
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
/** Certificates that an answer may bring. */
const MOST_CERTIFICATES = 5

/** Clocks differ by so much. */
const SKEW_MS = 5 * 60 * 1000

/** A digest by the algorithm of a signature; null: Ed25519, which has its own. SHA-1 is none of them. */
const DIGESTS: ReadonlyMap<string, string | null> = new Map([
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.3.101.112', null],
])

const STATUSES: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
}

/** What an authority says of a certificate. */
export interface CertificateStatus {
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly thisUpdate: Date
  /** Null: newer words may be there at any time. */
  readonly nextUpdate: Date | null
}

/** A certificate that is asked about, and who issued it. */
export interface AskedCertificate {
  readonly leaf: X509Certificate
  readonly issuer: X509Certificate
}

/** An `OCSPRequest` for one certificate (RFC 6960 §4.1), without a nonce: answers are made in advance, and for many. */
export function statusRequest({ leaf, issuer }: AskedCertificate): Buffer {
  const of = certificateParts(issuer.raw)
  const id = sequence(
    sequence(objectId(SHA1), nothing()),
    octets(hashed('sha1', of.subject)),
    octets(hashed('sha1', of.publicKey)),
    integer(certificateParts(leaf.raw).serial),
  )
  return sequence(sequence(sequence(sequence(id))))
}

/**
 * Reads an `OCSPResponse` (RFC 6960 §4.2) that is about a certificate, signed by who issued it or by whom that one has
 * authorised, and in force.
 * @throws Error that says why it is of no use, without any of its content
 */
export function statusIn(response: Uint8Array, asked: AskedCertificate, now: Date): CertificateStatus {
  try {
    const basic = basicIn(response)
    const data = basic.whole(SEQUENCE)
    const algorithm = dottedOf(basic.enter(SEQUENCE).take(OBJECT_ID))
    const signature = basic.take(BITS).subarray(1)
    checkSignature({ data, algorithm, signature, certificates: certificatesIn(basic) }, asked, now)
    const found = statusFor(asked, new DerReader(data).enter(SEQUENCE))
    if (found === null) throw new Error('the answer is about another certificate')
    checkTimes(found, now)
    return found
  } catch (error) {
    if (error instanceof DerError) throw new Error('the answer is no OCSP response')
    throw error
  }
}

function basicIn(response: Uint8Array): DerReader {
  const message = new DerReader(response).enter(SEQUENCE)
  const status = message.take(ENUMERATED)[0] ?? -1
  if (status !== 0) throw new Error(`the responder says ${STATUSES[status] ?? `status ${status}`}`)
  const bytes = message.enter(0xa0).enter(SEQUENCE)
  const type = dottedOf(bytes.take(OBJECT_ID))
  if (type !== BASIC_RESPONSE) throw new Error(`the answer is of the type ${type}, which nobody here can read`)
  return new DerReader(bytes.take(OCTETS)).enter(SEQUENCE)
}

function certificatesIn(basic: DerReader): readonly X509Certificate[] {
  if (basic.peek() !== 0xa0) return []
  const list = basic.enter(0xa0).enter(SEQUENCE)
  const certificates: X509Certificate[] = []
  while (!list.done && certificates.length < MOST_CERTIFICATES) {
    try {
      certificates.push(new X509Certificate(list.whole(SEQUENCE)))
    } catch (error) {
      if (error instanceof DerError) throw error
      throw new Error('a certificate in the answer can’t be read')
    }
  }
  return certificates
}

interface Signed {
  readonly data: Uint8Array
  readonly algorithm: string
  readonly signature: Uint8Array
  readonly certificates: readonly X509Certificate[]
}

function checkSignature(
  { data, algorithm, signature, certificates }: Signed,
  asked: AskedCertificate,
  now: Date,
): void {
  const digest = DIGESTS.get(algorithm)
  if (digest === undefined) throw new Error(`the answer is signed by the algorithm ${algorithm}, which is not taken`)
  const isBy = ({ publicKey }: X509Certificate): boolean => {
    try {
      return verify(digest, data, publicKey, signature)
    } catch {
      // A key of another kind.
      return false
    }
  }
  if (isBy(asked.issuer)) return
  const signer = certificates.find(isBy)
  if (signer === undefined) throw new Error('the signature of the answer is not that of the issuer')
  const isIssued = signer.checkIssued(asked.issuer) && signer.verify(asked.issuer.publicKey)
  const isAuthorised = signer.keyUsage?.includes(OCSP_SIGNING) === true
  const isInForce = signer.validFromDate.getTime() - SKEW_MS <= now.getTime() && signer.validToDate >= now
  if (!isIssued || !isAuthorised || !isInForce) {
    throw new Error('who signed the answer is not authorised by the issuer')
  }
}

function statusFor(asked: AskedCertificate, data: DerReader): CertificateStatus | null {
  data.skip(0xa0)
  // Who answers: the signature tells.
  data.next()
  data.take(GENERALIZED_TIME)
  const all = data.enter(SEQUENCE)
  const [issuer, leaf] = [certificateParts(asked.issuer.raw), certificateParts(asked.leaf.raw)]
  while (!all.done) {
    const one = all.enter(SEQUENCE)
    if (!isAbout(one.enter(SEQUENCE), issuer, leaf)) continue
    const { tag } = one.next()
    const status = tag === 0x80 ? 'good' : tag === 0xa1 ? 'revoked' : 'unknown'
    const thisUpdate = timeOf(one.next())
    const nextUpdate = one.peek() === 0xa0 ? timeOf(one.enter(0xa0).next()) : null
    return { status, thisUpdate, nextUpdate }
  }
  return null
}

function isAbout(id: DerReader, issuer: CertificateParts, leaf: CertificateParts): boolean {
  const hash = HASHES[dottedOf(id.enter(SEQUENCE).take(OBJECT_ID))]
  if (hash === undefined) return false
  return (
    hashed(hash, issuer.subject).equals(id.take(OCTETS)) &&
    hashed(hash, issuer.publicKey).equals(id.take(OCTETS)) &&
    Buffer.from(leaf.serial).equals(id.take(INTEGER))
  )
}

function checkTimes({ thisUpdate, nextUpdate }: CertificateStatus, now: Date): void {
  const isDate = !Number.isNaN(thisUpdate.getTime()) && !Number.isNaN(nextUpdate?.getTime())
  if (!isDate) throw new Error('the times of the answer can’t be read')
  if (thisUpdate.getTime() - SKEW_MS > now.getTime()) throw new Error('the answer is not in force yet')
  if (nextUpdate !== null && nextUpdate <= now) throw new Error('the answer is not in force any more')
}

const hashed = (algorithm: string, content: Uint8Array): Buffer => createHash(algorithm).update(content).digest()
