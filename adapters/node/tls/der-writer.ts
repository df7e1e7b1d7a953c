/** Small pieces of ASN.1 in DER (ITU-T X.690), enough to write a certificate. */

import {
  BITS,
  BOOLEAN,
  INTEGER,
  NOTHING,
  OBJECT_ID,
  OCTETS,
  SEQUENCE,
  SET,
  UTC_TIME,
  UTF8_STRING,
} from '../../../src/engine/tls/der-tags.ts'

const tagged = (tag: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return Buffer.from([0x80 | octets.length, ...octets])
}

export const sequence = (...items: readonly Buffer[]): Buffer => tagged(SEQUENCE, Buffer.concat(items))

export const setOf = (...items: readonly Buffer[]): Buffer => tagged(SET, Buffer.concat(items))

/** A positive integer, most significant octet first. */
export function integer(value: Uint8Array): Buffer {
  const bytes = Buffer.from(value)
  return tagged(INTEGER, bytes[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

export const boolean = (value: boolean): Buffer => tagged(BOOLEAN, Buffer.from([value ? 0xff : 0]))

export const nothing = (): Buffer => tagged(NOTHING, Buffer.alloc(0))

export const utf8 = (text: string): Buffer => tagged(UTF8_STRING, Buffer.from(text, 'utf8'))

export const octets = (content: Buffer): Buffer => tagged(OCTETS, content)

/** @param unused bits at the end that do not count */
export const bits = (content: Buffer, unused = 0): Buffer =>
  tagged(BITS, Buffer.concat([Buffer.from([unused]), content]))

/** `1.2.840.113549` … */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const out = [first * 40 + second]
  for (const arc of rest) {
    const septets = [arc & 0x7f]
    for (let more = arc >>> 7; more > 0; more >>>= 7) septets.unshift((more & 0x7f) | 0x80)
    out.push(...septets)
  }
  return tagged(OBJECT_ID, Buffer.from(out))
}

/** UTCTime: years 1950 to 2049 (RFC 5280 §4.1.2.5.1). */
export const utcTime = (date: Date): Buffer =>
  tagged(UTC_TIME, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`, 'latin1'))

/** Content of a context-specific tag; constructed unless `primitive`. */
export const context = (number: number, content: Buffer, primitive = false): Buffer =>
  tagged((primitive ? 0x80 : 0xa0) | number, content)

/** A block of PEM (RFC 7468). */
export const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replace(/(.{1,64})/g, '$1\n')}-----END ${label}-----\n`
