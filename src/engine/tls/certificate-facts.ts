import { parseIp } from '../../http/ip.ts'
import type { ClientCertificate } from '../../http/request-context.ts'
import { type DerElement, DerReader, dottedOf } from './der-reader.ts'
import { BMP_STRING, BOOLEAN, INTEGER, OBJECT_ID, OCTETS, SEQUENCE, SET, T61_STRING, UTC_TIME } from './der-tags.ts'

const ALTERNATIVE_NAME = '2.5.29.17'

/** More certificates than a client has any reason to send. */
export const LONGEST_CHAIN = 10

/** Short names of attributes (RFC 4514 §3 and what OpenSSL adds). */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.17': 'postalCode',
  '0.9.2342.19200300.100.1.25': 'DC',
  '0.9.2342.19200300.100.1.1': 'UID',
  '1.2.840.113549.1.9.1': 'emailAddress',
}

type Name = readonly (readonly [name: string, value: string])[]

/** Reads what is asked of a certificate out of its DER (RFC 5280 §4.1); throws `DerError`. */
export function certificateFacts(der: Uint8Array): ClientCertificate {
  const body = new DerReader(der).enter(SEQUENCE).enter(SEQUENCE)
  body.skip(0xa0)
  const serialNumber = decimalOf(body.take(INTEGER))
  body.take(SEQUENCE)
  const issuer = nameOf(body.enter(SEQUENCE))
  const validity = body.enter(SEQUENCE)
  const notBefore = timeOf(validity.next())
  const notAfter = timeOf(validity.next())
  const subject = nameOf(body.enter(SEQUENCE))
  body.take(SEQUENCE)
  body.skip(0x81)
  body.skip(0x82)
  const alternativeNames = body.peek() === 0xa3 ? alternativeNamesOf(body.enter(0xa3).enter(SEQUENCE)) : []
  return { der, subject, issuer, serialNumber, notBefore, notAfter, alternativeNames }
}

/** What a server's certificate is called, lower case: common name, DNS names and addresses. */
export function serverNamesOf({ subject, alternativeNames }: ClientCertificate): string[] {
  const names = new Set<string>()
  for (const [name, value] of subject) if (name === 'CN' && value !== '') names.add(value.toLowerCase())
  for (const name of alternativeNames) {
    if (parseIp(name) !== null || !/[@/:]/.test(name)) names.add(name.toLowerCase())
  }
  return [...names]
}

function nameOf(reader: DerReader): Name {
  const parts: [string, string][] = []
  while (!reader.done) {
    const set = reader.enter(SET)
    while (!set.done) {
      const attribute = set.enter(SEQUENCE)
      const type = dottedOf(attribute.take(OBJECT_ID))
      parts.push([ATTRIBUTES[type] ?? type, textOf(attribute.next())])
    }
  }
  return parts
}

function textOf({ tag, content }: DerElement): string {
  if (tag === T61_STRING) return latin1(content)
  if (tag !== BMP_STRING) return utf8.decode(content)
  let text = ''
  for (let i = 0; i + 1 < content.length; i += 2) text += String.fromCharCode(content[i]! * 256 + content[i + 1]!)
  return text
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

function latin1(content: Uint8Array): string {
  let text = ''
  for (const octet of content) text += String.fromCharCode(octet)
  return text
}

const hex = (content: Uint8Array): string =>
  Array.from(content, (octet) => octet.toString(16).padStart(2, '0')).join('')

/** UTCTime or GeneralizedTime in whole seconds; an invalid date for anything else. */
export function timeOf({ tag, content }: DerElement): Date {
  const text = latin1(content)
  const digits = tag === UTC_TIME ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text
  const [, year, month, day, hour, minute, second = '00'] =
    /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})?Z$/.exec(digits) ?? []
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

function decimalOf(content: Uint8Array): string {
  const value = BigInt(`0x${hex(content) || '0'}`)
  const negative = content.length > 0 && content[0]! >= 0x80
  return String(negative ? value - (1n << BigInt(content.length * 8)) : value)
}

function alternativeNamesOf(extensions: DerReader): string[] {
  while (!extensions.done) {
    const extension = extensions.enter(SEQUENCE)
    const id = dottedOf(extension.take(OBJECT_ID))
    extension.skip(BOOLEAN)
    const value = extension.take(OCTETS)
    if (id === ALTERNATIVE_NAME) return generalNames(new DerReader(value).enter(SEQUENCE))
  }
  return []
}

/** Go's order (`crypto/x509`, Traefik `getSANs`): DNS names, mail addresses, IP addresses, URIs. */
function generalNames(reader: DerReader): string[] {
  const dns: string[] = []
  const mail: string[] = []
  const addresses: string[] = []
  const uris: string[] = []
  while (!reader.done) {
    const { tag, content } = reader.next()
    const text = () => latin1(content)
    if (tag === 0x82) dns.push(text())
    else if (tag === 0x81) mail.push(text())
    else if (tag === 0x86) uris.push(text())
    else if (tag === 0x87) addresses.push(addressOf(content))
  }
  return [...dns, ...mail, ...addresses, ...uris]
}

function addressOf(content: Uint8Array): string {
  if (content.length === 4) return content.join('.')
  if (content.length !== 16) return hex(content)
  const groups = Array.from({ length: 8 }, (_, i) => (content[2 * i]! * 256 + content[2 * i + 1]!).toString(16))
  return compressed(groups)
}

/** RFC 5952: the longest run of two or more zero groups becomes `::`. */
function compressed(groups: readonly string[]): string {
  let best = { at: -1, length: 1 }
  for (let at = 0; at < 8; at++) {
    let length = 0
    while (groups[at + length] === '0') length++
    if (length > best.length) best = { at, length }
  }
  if (best.at === -1) return groups.join(':')
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`
}
