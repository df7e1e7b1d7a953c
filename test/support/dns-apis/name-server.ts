import dgram from 'node:dgram'
import {
  afterName,
  CLASS_IN,
  nameBytes,
  type ResourceRecord,
  recordBytes,
  TYPE_SOA,
  TYPE_TXT,
  textData,
  u16,
  u32,
} from '../../../adapters/node/acme/dns/message.ts'

const TYPE_CNAME = 5

/** A name server on a free port of loopback that knows where zones begin, and the texts in them. */
export interface NameServer {
  /** `host:port`. */
  readonly address: string
  stop(): Promise<void>
}

/** @param texts values of TXT records by a name without a dot at the end */
export async function startNameServer(
  zones: readonly string[],
  texts: (name: string) => readonly string[],
  aliases: Readonly<Record<string, string>> = {},
): Promise<NameServer> {
  const socket = dgram.createSocket('udp4')
  socket.on('message', (message, peer) => {
    const reply = answer(message, zones, texts, aliases)
    socket.send(reply, peer.port, peer.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${socket.address().port}`,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

const soaOf = (zone: string): ResourceRecord => ({
  name: zone,
  type: TYPE_SOA,
  class: CLASS_IN,
  ttl: 60,
  data: Buffer.concat([nameBytes(`ns.${zone}`), nameBytes(`admin.${zone}`), ...[1, 60, 60, 60, 60].map(u32)]),
})

function answer(
  message: Buffer,
  zones: readonly string[],
  texts: (name: string) => readonly string[],
  aliases: Readonly<Record<string, string>>,
): Buffer {
  const end = afterName(message, 12)
  const name = questionName(message)
  const type = message.readUInt16BE(end)
  const zone = zones.find((one) => name === one || name.endsWith(`.${one}`))
  const found: ResourceRecord[] = []
  const alias = aliases[name]
  if (alias !== undefined) found.push({ name, type: TYPE_CNAME, class: CLASS_IN, ttl: 1, data: nameBytes(alias) })
  const target = alias ?? name
  if (type === TYPE_SOA && zones.includes(target)) found.push(soaOf(target))
  if (type === TYPE_TXT) {
    for (const text of texts(target)) found.push({ name: target, type, class: CLASS_IN, ttl: 1, data: textData(text) })
  }
  const authority = found.length === 0 && zone !== undefined ? [soaOf(zone)] : []
  const isKnown = zone !== undefined || alias !== undefined
  return Buffer.concat([
    message.subarray(0, 2),
    u16(0x8400 | (isKnown ? 0 : 3)),
    ...[1, found.length, authority.length, 0].map(u16),
    message.subarray(12, end + 4),
    ...[...found, ...authority].map(recordBytes),
  ])
}

function questionName(message: Buffer): string {
  const labels: string[] = []
  for (let at = 12; message[at] !== 0; at += message[at]! + 1) {
    labels.push(message.toString('latin1', at + 1, at + 1 + message[at]!))
  }
  return labels.join('.').toLowerCase()
}
