import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
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

/**
 * By UDP and TCP.
 * @param texts values of TXT records by a name without a dot at the end
 * @param port 0: a free one
 */
export async function startNameServer(
  zones: readonly string[],
  texts: (name: string) => readonly string[],
  aliases: Readonly<Record<string, string>> = {},
  port = 0,
): Promise<NameServer> {
  const reply = (message: Buffer): Buffer => answer(message, zones, texts, aliases)
  const sockets = new Set<net.Socket>()
  const streams = net.createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // A client that leaves without reading.
    socket.on('error', () => socket.destroy())
    socket.on('data', (message) => {
      const content = reply(message.subarray(2))
      socket.write(Buffer.concat([u16(content.length), content]))
    })
  })
  const packets = dgram.createSocket('udp4')
  packets.on('message', (message, peer) => packets.send(reply(message), peer.port, peer.address))
  await once(streams.listen(port, '127.0.0.1'), 'listening')
  const address = streams.address() as net.AddressInfo
  packets.bind(address.port, '127.0.0.1')
  await once(packets, 'listening')
  return {
    address: `127.0.0.1:${address.port}`,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await Promise.all([
        new Promise((resolve) => streams.close(resolve)),
        new Promise((resolve) => packets.close(() => resolve(null))),
      ])
    },
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
