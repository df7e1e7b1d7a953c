import { generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto'
import { promisify } from 'node:util'
import {
  bits,
  boolean,
  context,
  integer,
  nothing,
  objectId,
  octets,
  pem,
  sequence,
  setOf,
  utcTime,
  utf8,
} from './der-writer.ts'

/** A certificate with its key, as PEM texts. */
export interface CertificatePair {
  readonly cert: string
  readonly key: string
}

const COMMON_NAME = 'TRAEFIK DEFAULT CERT'
const YEAR_MS = 365 * 24 * 3600 * 1000

const makeKeys = promisify(generateKeyPair)

/**
 * A self-signed certificate for names without one, as Traefik makes it (`pkg/tls/generate`): RSA of 2048 bits, valid
 * for a year, for a name that nobody has.
 */
export function generateDefaultCertificate(now: Date): Promise<CertificatePair> {
  const host = `${randomBytes(16).toString('hex')}.${randomBytes(16).toString('hex')}.traefik.default`
  return generateCertificate(COMMON_NAME, [dnsName(host)], now)
}

/** The same for these names: for trials on one's own machine. */
export function generateLocalCertificate(now: Date): Promise<CertificatePair> {
  const names = [dnsName('localhost'), dnsName('*.localhost'), ipAddress([127, 0, 0, 1]), ipAddress(LOOPBACK_V6)]
  return generateCertificate('localhost', names, now)
}

// RFC 5280 §4.2.1.6: `GeneralName`.
const dnsName = (host: string): Buffer => context(2, Buffer.from(host, 'latin1'), true)
const ipAddress = (octetsOf: readonly number[]): Buffer => context(7, Buffer.from(octetsOf), true)
const LOOPBACK_V6 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]

async function generateCertificate(commonName: string, names: readonly Buffer[], now: Date): Promise<CertificatePair> {
  const { privateKey, publicKey } = await makeKeys('rsa', { modulusLength: 2048 })
  const der = selfSigned(commonName, names, now, privateKey, publicKey)
  return {
    cert: pem('CERTIFICATE', der),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** RFC 5280 §4.1. */
function selfSigned(
  name: string,
  names: readonly Buffer[],
  now: Date,
  privateKey: KeyObject,
  publicKey: KeyObject,
): Buffer {
  const algorithm = sequence(objectId('1.2.840.113549.1.1.11'), nothing())
  const subject = sequence(setOf(sequence(objectId('2.5.4.3'), utf8(name))))
  const serial = randomBytes(16)
  // RFC 5280 §4.1.2.2: a positive number.
  serial[0] = (serial[0]! & 0x7f) | 0x40
  const extensions = [
    extension('2.5.29.15', bits(Buffer.from([0xb8]), 3), true),
    extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1')), false),
    extension('2.5.29.19', sequence(), true),
    extension('2.5.29.17', sequence(...names), false),
  ]
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    subject,
    sequence(utcTime(now), utcTime(new Date(now.getTime() + YEAR_MS))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(...extensions)),
  )
  return sequence(body, algorithm, bits(sign('sha256', body, privateKey)))
}

const extension = (id: string, value: Buffer, critical: boolean): Buffer =>
  critical ? sequence(objectId(id), boolean(true), octets(value)) : sequence(objectId(id), octets(value))
