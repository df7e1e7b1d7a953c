import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { bits, context, integer, nothing, objectId, octets, sequence, setOf, utf8 } from '../tls/der-writer.ts'

export interface RequestedCertificate {
  /** DNS names, the main one first. */
  readonly names: readonly string[]
  readonly emailAddresses: readonly string[]
  readonly hasCommonName: boolean
}

/** RFC 5280 appendix A: `ub-common-name`. */
const LONGEST_COMMON_NAME = 64

/** A request for a certificate as DER (RFC 2986), signed by the key that it is for, on a thread of its own. */
export async function certificateRequest(
  { names, emailAddresses, hasCommonName }: RequestedCertificate,
  key: KeyObject,
): Promise<Buffer> {
  const main = names[0]!
  const isCommon = hasCommonName && main.length <= LONGEST_COMMON_NAME
  const subject = isCommon ? sequence(setOf(sequence(objectId('2.5.4.3'), utf8(main)))) : sequence()
  const alternativeNames = sequence(
    ...names.map(nameOf),
    ...emailAddresses.map((address) => context(1, Buffer.from(address, 'latin1'), true)),
  )
  const extensions = sequence(sequence(objectId('2.5.29.17'), octets(alternativeNames)))
  const body = sequence(
    integer(Buffer.from([0])),
    subject,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    // PKCS #9 `extensionRequest`.
    context(0, sequence(objectId('1.2.840.113549.1.9.14'), setOf(extensions))),
  )
  return sequence(body, signatureAlgorithm(key), bits(await signed(body, key)))
}

function nameOf(name: string): Buffer {
  if (isIP(name) === 4) return context(7, Buffer.from(name.split('.').map(Number)), true)
  return context(2, Buffer.from(name, 'latin1'), true)
}

/** ECDSA with SHA-256 or SHA-384, RSA with SHA-256. */
export function signatureAlgorithm(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'rsa') return sequence(objectId('1.2.840.113549.1.1.11'), nothing())
  return sequence(objectId(hashOf(key) === 'sha384' ? '1.2.840.10045.4.3.3' : '1.2.840.10045.4.3.2'))
}

const hashOf = (key: KeyObject): string => (key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256')

export const signed = (data: Buffer, key: KeyObject): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    sign(hashOf(key), data, key, (error, signature) => (error === null ? resolve(signature) : reject(error)))
  })
