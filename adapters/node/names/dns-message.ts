import { randomInt } from 'node:crypto'

/** Messages of DNS (RFC 1035 §4, updates by RFC 2136), as far as records of challenges and aliases of hosts need them. */

export const CLASS_IN = 1
export const CLASS_NONE = 254
export const CLASS_ANY = 255
export const TYPE_SOA = 6
export const TYPE_TXT = 16
export const TYPE_TSIG = 250

const OPCODE_UPDATE = 5
const MOST_RECORDS = 1000

export const u16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff])
export const u32 = (value: number): Buffer => Buffer.concat([u16(Math.floor(value / 0x10000)), u16(value % 0x10000)])

/** A name without compression, lower case. @throws Error where a label is too long */
export function nameBytes(name: string): Buffer {
  const pieces: Buffer[] = []
  for (const label of name.toLowerCase().replace(/\.$/, '').split('.')) {
    const octets = Buffer.from(label, 'latin1')
    if (octets.length === 0 || octets.length > 63) throw new Error(`${name} is no name of DNS`)
    pieces.push(Buffer.from([octets.length]), octets)
  }
  return Buffer.concat([...pieces, Buffer.from([0])])
}

export interface ResourceRecord {
  readonly name: string
  readonly type: number
  readonly class: number
  readonly ttl: number
  readonly data: Buffer
}

export const recordBytes = (record: ResourceRecord): Buffer =>
  Buffer.concat([
    nameBytes(record.name),
    u16(record.type),
    u16(record.class),
    u32(record.ttl),
    u16(record.data.length),
    record.data,
  ])

/** Content of a TXT record; longer texts come in pieces. */
export function textData(text: string): Buffer {
  const octets = Buffer.from(text, 'utf8')
  const pieces: Buffer[] = []
  for (let at = 0; at < octets.length || at === 0; at += 255) {
    const piece = octets.subarray(at, at + 255)
    pieces.push(Buffer.from([piece.length]), piece)
  }
  return Buffer.concat(pieces)
}

/** An update of one zone. */
export interface DnsUpdate {
  readonly id: number
  readonly bytes: Buffer
}

export function updateMessage(zone: string, changes: readonly ResourceRecord[]): DnsUpdate {
  const id = randomInt(0x10000)
  const header = [u16(id), u16(OPCODE_UPDATE << 11), u16(1), u16(0), u16(changes.length), u16(0)]
  const question = Buffer.concat([nameBytes(zone), u16(TYPE_SOA), u16(CLASS_IN)])
  return { id, bytes: Buffer.concat([...header, question, ...changes.map(recordBytes)]) }
}

/** The same with a record more at the end. */
export function withAdditional(message: Buffer, record: Buffer): Buffer {
  const whole = Buffer.concat([message, record])
  whole.writeUInt16BE(message.readUInt16BE(10) + 1, 10)
  return whole
}

export interface DnsReply {
  readonly id: number
  readonly code: number
  readonly isTruncated: boolean
  /** The signature, and where it begins; null: there is none. */
  readonly tsig: { readonly at: number; readonly data: Buffer } | null
}

/** @throws Error where it is no reply */
export function parseReply(message: Buffer): DnsReply {
  if (message.length < 12) throw new Error('the name server’s answer is too short')
  const flags = message.readUInt16BE(2)
  if ((flags & 0x8000) === 0) throw new Error('the name server’s answer is none')
  const counts = [4, 6, 8, 10].map((at) => message.readUInt16BE(at))
  const total = counts[1]! + counts[2]! + counts[3]!
  if (total + counts[0]! > MOST_RECORDS) throw new Error('the name server’s answer has too many records')
  const id = message.readUInt16BE(0)
  let at = 12
  for (let i = 0; i < counts[0]!; i++) at = afterName(message, at) + 4
  if (at > message.length) throw new Error('the name server’s answer is cut off')
  let tsig: DnsReply['tsig'] = null
  for (let i = 0; i < total; i++) {
    const begin = at
    at = afterName(message, at)
    if (at + 10 > message.length) throw new Error('the name server’s answer is cut off')
    const type = message.readUInt16BE(at)
    const length = message.readUInt16BE(at + 8)
    at += 10 + length
    if (at > message.length) throw new Error('the name server’s answer is cut off')
    if (type === TYPE_TSIG) tsig = { at: begin, data: message.subarray(at - length, at) }
  }
  return { id, code: flags & 0xf, isTruncated: (flags & 0x200) !== 0, tsig }
}

/** Names end with an empty label or with a pointer, which need not be followed. */
export function afterName(message: Buffer, start: number): number {
  for (let at = start; ; ) {
    const length = message[at]
    if (length === undefined) throw new Error('the name server’s answer is cut off')
    if (length === 0) return at + 1
    if ((length & 0xc0) === 0xc0) return at + 2
    if ((length & 0xc0) !== 0) throw new Error('the name server’s answer has a label of unknown kind')
    at += length + 1
  }
}

const CODES: Readonly<Record<number, string>> = {
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
  6: 'YXDOMAIN',
  7: 'YXRRSET',
  8: 'NXRRSET',
  9: 'NOTAUTH',
  10: 'NOTZONE',
}

export const codeText = (code: number): string => CODES[code] ?? `code ${code}`
