import type { ClientCertificate } from './request-context.ts'

/** Attributes that Go knows by name, in its order of names of a certificate, and how it writes them. */
const KNOWN: readonly (readonly [attribute: string, written: string, isSingle: boolean])[] = [
  ['C', 'C', false],
  ['O', 'O', false],
  ['OU', 'OU', false],
  ['L', 'L', false],
  ['ST', 'ST', false],
  ['street', 'STREET', false],
  ['postalCode', 'POSTALCODE', false],
  ['CN', 'CN', true],
  ['serialNumber', 'SERIALNUMBER', true],
]

/** The others that have a short name here. */
const NUMBERS: ReadonlyMap<string, string> = new Map([
  ['SN', '2.5.4.4'],
  ['DC', '0.9.2342.19200300.100.1.25'],
  ['UID', '0.9.2342.19200300.100.1.1'],
  ['emailAddress', '1.2.840.113549.1.9.1'],
])

/** A distinguished name as Go's `pkix.Name.String` writes it (RFC 2253): the last part first. */
export function nameText(name: ClientCertificate['subject']): string {
  const known = new Set(KNOWN.map(([attribute]) => attribute))
  const others = name
    .filter(([attribute]) => !known.has(attribute))
    .map(([attribute, value]) => `${NUMBERS.get(attribute) ?? attribute}=#${derText(value)}`)
  const parts = KNOWN.flatMap(([attribute, written, isSingle]) => {
    const values = name.filter(([found]) => found === attribute).map(([, value]) => `${written}=${escaped(value)}`)
    if (values.length === 0) return []
    return [isSingle ? values.at(-1)! : values.join('+')]
  })
  return [...others, ...parts].reverse().join(',')
}

const escaped = (value: string): string =>
  value
    .replace(/[,+"\\<>;]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ')

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?*&]*$/

/** A text as DER, in hexadecimal digits: that is how attributes without a name are written. */
function derText(value: string): string {
  const octets = new TextEncoder().encode(value)
  const { length } = octets
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  const tag = PRINTABLE.test(value) ? 0x13 : 0x0c
  return [tag, ...size, ...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('')
}
