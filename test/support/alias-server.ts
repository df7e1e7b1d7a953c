import dgram from 'node:dgram'
import { once } from 'node:events'
import { afterName, CLASS_IN, nameBytes, recordBytes, u16 } from '../../adapters/node/acme/dns/message.ts'

const TYPE_CNAME = 5

/** A name server that knows aliases and nothing else, by UDP on loopback. */
export interface AliasServer {
  readonly port: number
  aliases: Readonly<Record<string, string>>
  ttlSeconds: number
  /** Of answers; 0: all is well. */
  code: number
  /** Names that were asked for. */
  readonly questions: string[]
  /** What becomes of an answer. */
  change: (reply: Buffer) => Buffer
  stop(): Promise<void>
}

/** @param port 0: a free one */
export async function startAliasServer(port = 0): Promise<AliasServer> {
  const socket = dgram.createSocket('udp4')
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  const server: AliasServer = {
    port: socket.address().port,
    aliases: {},
    ttlSeconds: 60,
    code: 0,
    questions: [],
    change: (reply) => reply,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  }
  socket.on('message', (message, peer) => {
    const end = afterName(message, 12)
    const labels: string[] = []
    for (let at = 12; message[at] !== 0; at += message[at]! + 1) {
      labels.push(message.toString('latin1', at + 1, at + 1 + message[at]!))
    }
    const name = labels.join('.').toLowerCase()
    server.questions.push(name)
    const target = server.aliases[name]
    const isAlias = target !== undefined && message.readUInt16BE(end) === TYPE_CNAME
    const data = isAlias ? mixedCase(target) : Buffer.alloc(0)
    const record = { name, type: TYPE_CNAME, class: CLASS_IN, ttl: server.ttlSeconds, data }
    const head = [u16(0x8180 | server.code), ...[1, isAlias ? 1 : 0, 0, 0].map(u16)]
    const reply = [
      message.subarray(0, 2),
      ...head,
      message.subarray(12, end + 4),
      ...(isAlias ? [recordBytes(record)] : []),
    ]
    socket.send(server.change(Buffer.concat(reply)), peer.port, peer.address)
  })
  return server
}

/** Names keep their case on the way. */
function mixedCase(name: string): Buffer {
  const bytes = nameBytes(name)
  let at = 1
  for (const label of name.split('.')) {
    bytes.write(label, at, 'latin1')
    at += label.length + 1
  }
  return bytes
}
