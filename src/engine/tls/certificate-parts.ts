import { DerReader, dottedOf } from './der-reader.ts'
import { BITS, BOOLEAN, INTEGER, OBJECT_ID, OCTETS, SEQUENCE } from './der-tags.ts'

/** Pieces of a certificate as they are encoded (RFC 5280 §4.1). */
export interface CertificateParts {
  /** Content of the INTEGER. */
  readonly serial: Uint8Array
  /** A `Name` with its head. */
  readonly issuer: Uint8Array
  /** A `Name` with its head. */
  readonly subject: Uint8Array
  /** The key alone, without its algorithm. */
  readonly publicKey: Uint8Array
  /** Values of extensions by dotted identifier. */
  readonly extensions: ReadonlyMap<string, Uint8Array>
}

/** Takes a certificate apart; throws `DerError`. */
export function certificateParts(der: Uint8Array): CertificateParts {
  const body = new DerReader(der).enter(SEQUENCE).enter(SEQUENCE)
  body.skip(0xa0)
  const serial = body.take(INTEGER)
  body.take(SEQUENCE)
  const issuer = body.whole(SEQUENCE)
  body.take(SEQUENCE)
  const subject = body.whole(SEQUENCE)
  const key = body.enter(SEQUENCE)
  key.take(SEQUENCE)
  // The first octet counts unused bits.
  const publicKey = key.take(BITS).subarray(1)
  body.skip(0x81)
  body.skip(0x82)
  const extensions = body.peek() === 0xa3 ? extensionsOf(body.enter(0xa3).enter(SEQUENCE)) : new Map()
  return { serial, issuer, subject, publicKey, extensions }
}

function extensionsOf(reader: DerReader): Map<string, Uint8Array> {
  const extensions = new Map<string, Uint8Array>()
  while (!reader.done) {
    const extension = reader.enter(SEQUENCE)
    const id = dottedOf(extension.take(OBJECT_ID))
    extension.skip(BOOLEAN)
    extensions.set(id, extension.take(OCTETS))
  }
  return extensions
}
