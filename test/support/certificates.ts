import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  bits,
  boolean,
  context,
  integer,
  objectId,
  octets,
  sequence,
  setOf,
  utcTime,
  utf8,
} from '../../adapters/node/tls/der-writer.ts'

/** A certificate made for a test, with its key. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
  readonly privateKey: KeyObject
  readonly name: Buffer
  /** Hexadecimal, upper case. */
  readonly serial: string
}

interface Wanted {
  /** Attributes of the subject: object identifier and value. */
  readonly subject?: readonly (readonly [id: string, value: string])[]
  readonly dns?: readonly string[]
  readonly ip?: readonly (readonly number[])[]
  readonly uri?: readonly string[]
  readonly mail?: readonly string[]
  readonly isAuthority?: boolean
  /** Encoded, beside those that the rest asks for. */
  readonly extensions?: readonly Buffer[]
  /** By default from 2020 to 2040. */
  readonly validity?: readonly [Date, Date]
}

const ECDSA_SHA256 = sequence(objectId('1.2.840.10045.4.3.2'))
const text = (tag: number, value: string): Buffer => context(tag, Buffer.from(value, 'latin1'), true)

/** Common name and nothing else. */
export const cn = (name: string): NonNullable<Wanted['subject']> => [['2.5.4.3', name]]

/** Makes a certificate on P-256, signed by `issuer` or by itself, valid from 2020 to 2040 by default. */
export function makeCertificate(wanted: Wanted, issuer: TestCertificate | null = null): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { subject = [], dns = [], ip = [], uri = [], mail = [], isAuthority = false } = wanted
  const [from, to] = wanted.validity ?? [new Date('2020-01-01T00:00:00Z'), new Date('2040-01-01T00:00:00Z')]
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(7)])
  const name = sequence(...subject.map(([id, value]) => setOf(sequence(objectId(id), utf8(value)))))
  const names = [
    ...dns.map((value) => text(2, value)),
    ...mail.map((value) => text(1, value)),
    ...ip.map((value) => context(7, Buffer.from(value), true)),
    ...uri.map((value) => text(6, value)),
  ]
  const extensions = [
    sequence(objectId('2.5.29.19'), boolean(true), octets(isAuthority ? sequence(boolean(true)) : sequence())),
    ...(names.length === 0 ? [] : [sequence(objectId('2.5.29.17'), octets(sequence(...names)))]),
    ...(wanted.extensions ?? []),
  ]
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    issuer === null ? name : issuer.name,
    sequence(utcTime(from), utcTime(to)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(...extensions)),
  )
  const der = sequence(body, ECDSA_SHA256, bits(sign('sha256', body, (issuer ?? { privateKey }).privateKey)))
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/(.{1,64})/g, '$1\n')}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    privateKey,
    name,
    serial: serial.toString('hex').toUpperCase(),
  }
}
