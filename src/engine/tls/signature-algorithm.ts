import { DerReader, dottedOf } from './der-reader.ts'
import { INTEGER, OBJECT_ID, SEQUENCE } from './der-tags.ts'

const RSA_PSS = '1.2.840.113549.1.1.10'

/** As Go's `x509.SignatureAlgorithm` writes them. */
const NAMES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'MD5-RSA',
  '1.2.840.113549.1.1.5': 'SHA1-RSA',
  '1.3.14.3.2.29': 'SHA1-RSA',
  '1.2.840.113549.1.1.11': 'SHA256-RSA',
  '1.2.840.113549.1.1.12': 'SHA384-RSA',
  '1.2.840.113549.1.1.13': 'SHA512-RSA',
  '1.2.840.10040.4.3': 'DSA-SHA1',
  '2.16.840.1.101.3.4.3.2': 'DSA-SHA256',
  '1.2.840.10045.4.1': 'ECDSA-SHA1',
  '1.2.840.10045.4.3.2': 'ECDSA-SHA256',
  '1.2.840.10045.4.3.3': 'ECDSA-SHA384',
  '1.2.840.10045.4.3.4': 'ECDSA-SHA512',
  '1.3.101.112': 'Ed25519',
}

/** Hashes of RSA-PSS, by which its names differ. */
const PSS: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'SHA256-RSAPSS',
  '2.16.840.1.101.3.4.2.2': 'SHA384-RSAPSS',
  '2.16.840.1.101.3.4.2.3': 'SHA512-RSAPSS',
}

/** What a certificate says of its own form. */
export interface CertificateForm {
  /** From 1 on. */
  readonly version: number
  /** In Go's words; `0` when it is none of those. */
  readonly signatureAlgorithm: string
}

/** Reads that out of its DER (RFC 5280 §4.1); throws `DerError`. */
export function certificateForm(der: Uint8Array): CertificateForm {
  const certificate = new DerReader(der).enter(SEQUENCE)
  const body = certificate.enter(SEQUENCE)
  const version = body.peek() === 0xa0 ? body.enter(0xa0).take(INTEGER).at(-1)! + 1 : 1
  const algorithm = certificate.enter(SEQUENCE)
  const id = dottedOf(algorithm.take(OBJECT_ID))
  const name = id === RSA_PSS && !algorithm.done ? PSS[pssHash(algorithm.enter(SEQUENCE))] : NAMES[id]
  return { version, signatureAlgorithm: name ?? '0' }
}

/** RFC 4055 §3.1: the first parameter, which is SHA-1 where it is missing. */
function pssHash(parameters: DerReader): string {
  return parameters.peek() === 0xa0 ? dottedOf(parameters.enter(0xa0).enter(SEQUENCE).take(OBJECT_ID)) : ''
}
