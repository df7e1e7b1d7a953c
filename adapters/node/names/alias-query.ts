import { randomInt } from 'node:crypto'
import dgram from 'node:dgram'
import net from 'node:net'

/** Where an alias leads (RFC 1035 §3.3.1). */
export interface Alias {
  /** Lower case, without a dot at the end. */
  readonly target: string
  readonly ttlMs: number
}

const TYPE_CNAME = 5
const CLASS_IN = 1
const MOST_POINTERS = 20
const LONGEST_NAME = 253
/** A packet may be lost: it is sent once more. */
const TRIES = 2

/**
 * Asks one server for the alias that a name is, by UDP.
 * @param server address and port
 * @returns null: it is none
 * @throws Error where the server does not answer in time, or says that it can't
 */
export function queryAlias(
  server: { readonly host: string; readonly port: number },
  name: string,
  limitMs: number,
): Promise<Alias | null> {
  return new Promise((resolve, reject) => {
    const id = randomInt(0x10000)
    const question = questionFor(id, name)
    const socket = dgram.createSocket(net.isIPv6(server.host) ? 'udp6' : 'udp4')
    let left = TRIES
    const end = (): void => {
      clearTimeout(timer)
      socket.close()
    }
    const fail = (error: Error): void => {
      end()
      reject(error)
    }
    const send = (): void => {
      if (left-- === 0) {
        fail(new Error(`${server.host} does not answer within ${limitMs / 1000} s`))
        return
      }
      socket.send(question)
      timer = setTimeout(send, limitMs / TRIES)
    }
    let timer: NodeJS.Timeout | undefined
    socket.once('error', fail)
    // Nothing comes from anybody else then.
    socket.connect(server.port, server.host, send)
    socket.on('message', (message) => {
      if (!isAnswerTo(message, id, question)) return
      end()
      try {
        resolve(aliasIn(message, name, question.length))
      } catch (error) {
        reject(error as Error)
      }
    })
  })
}

function questionFor(id: number, name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(label, 'latin1'))
  const head = Buffer.alloc(12)
  head.writeUInt16BE(id, 0)
  // Recursion is desired.
  head.writeUInt16BE(0x0100, 2)
  head.writeUInt16BE(1, 4)
  const end = Buffer.from([0, 0, TYPE_CNAME, 0, CLASS_IN])
  return Buffer.concat([head, ...labels.flatMap((label) => [Buffer.from([label.length]), label]), end])
}

/** Anything else that arrives is dropped: it may be late, or forged. */
function isAnswerTo(message: Buffer, id: number, question: Buffer): boolean {
  if (message.length < question.length || message.readUInt16BE(0) !== id || (message[2]! & 0x80) === 0) return false
  const asked = (of: Buffer): string => of.toString('latin1', 12, question.length).toLowerCase()
  return asked(message) === asked(question)
}

/** The record of the name itself stands first. @throws Error where the server can't say, or the answer is cut off */
function aliasIn(message: Buffer, name: string, start: number): Alias | null {
  const code = message[3]! & 0xf
  if (code !== 0 && code !== 3) throw new Error(`the name server answers with code ${code}`)
  if (message.readUInt16BE(6) === 0) return null
  const owner = nameAt(message, start)
  if (owner.next + 10 > message.length) throw new Error('the name server’s answer is cut off')
  if (owner.name !== name || message.readUInt16BE(owner.next) !== TYPE_CNAME) return null
  const target = nameAt(message, owner.next + 10).name
  return target === '' ? null : { target, ttlMs: message.readUInt32BE(owner.next + 4) * 1000 }
}

/** A name with its pointers followed, lower case. */
function nameAt(message: Buffer, start: number): { readonly name: string; readonly next: number } {
  const labels: string[] = []
  let at = start
  let next: number | null = null
  for (let pointers = 0; ; ) {
    const length = message[at]
    if (length === undefined) throw new Error('the name server’s answer is cut off')
    if (length === 0) break
    if ((length & 0xc0) === 0xc0) {
      next ??= at + 2
      if (++pointers > MOST_POINTERS || at + 1 >= message.length) throw new Error('the name server’s answer has a loop')
      at = message.readUInt16BE(at) & 0x3fff
      continue
    }
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  const name = labels.join('.').toLowerCase()
  if (name.length > LONGEST_NAME) throw new Error('the name server’s answer has a name that is too long')
  return { name, next: next ?? at + 1 }
}
