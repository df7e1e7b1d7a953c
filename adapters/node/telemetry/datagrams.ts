import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { connect, type Socket as Stream } from 'node:net'
import { getSystemErrorName } from 'node:util'
import type { Destination } from './pusher.ts'

/** Bytes of a datagram that networks carry in one piece, and those that a local socket takes. */
const UDP_BYTES = 1432
const LOCAL_BYTES = 8192

/** `host:port` over UDP; a name is looked up again for each send. */
export class UdpDestination implements Destination {
  readonly name: string
  readonly #host: string
  readonly #port: number

  /** @throws Error where the address is none */
  constructor(address: string) {
    const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(address)
    const port = Number(match?.[3])
    if (match === null || port > 65535) throw new Error(`"${address}" is no address: host:port is`)
    this.name = `udp://${address}`
    this.#host = match[1] ?? (match[2] || 'localhost')
    this.#port = port
  }

  async send(lines: readonly string[]): Promise<void> {
    const { address, family } = await lookup(this.#host)
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
    try {
      for (const datagram of packed(lines, UDP_BYTES)) await sent(socket, datagram, this.#port, address)
    } finally {
      socket.close()
    }
  }

  close(): void {}
}

const sent = (socket: Socket, datagram: string, port: number, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.send(datagram, port, address, (error) => (error === null ? resolve() : reject(error)))
  })

/** A Unix socket of the type `stream`. */
export class UnixStreamDestination implements Destination {
  readonly name: string
  readonly #path: string

  constructor(path: string) {
    this.name = `unixstream://${path}`
    this.#path = path
  }

  async send(lines: readonly string[], signal: AbortSignal): Promise<void> {
    if (lines.length === 0) return
    const stream = await connected(this.#path, signal)
    await new Promise<void>((resolve, reject) => {
      stream.on('error', reject)
      stream.on('close', () => resolve())
      signal.addEventListener('abort', () => stream.destroy(new Error('nobody reads')), { once: true })
      // DogStatsD frames what comes by a stream: the length as four octets, the least first.
      for (const datagram of packed(lines, LOCAL_BYTES)) {
        const bytes = Buffer.from(datagram)
        const length = Buffer.alloc(4)
        length.writeUInt32LE(bytes.length)
        stream.write(length)
        stream.write(bytes)
      }
      stream.end(() => stream.destroySoon())
    })
  }

  close(): void {}
}

const connected = (path: string, signal: AbortSignal): Promise<Stream> =>
  new Promise((resolve, reject) => {
    const stream = connect({ path, signal })
    stream.once('connect', () => {
      stream.off('error', reject)
      resolve(stream)
    })
    stream.once('error', reject)
  })

/** An optional peer: Node itself has no Unix sockets of datagrams. */
const LIBRARY = 'unix-dgram'

/** As much of `unix-dgram` as is used. */
export interface UnixDatagramLibrary {
  readonly default: { createSocket(type: 'unix_dgram'): UnixDatagrams }
}

interface UnixDatagrams {
  send(bytes: Buffer, offset: number, length: number, path: string, done: (error?: { errno: number }) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  close(): void
}

/** A Unix socket of datagrams, as Datadog's agent has it. */
export class UnixDatagramDestination implements Destination {
  readonly name: string
  readonly #path: string
  readonly #load: () => Promise<UnixDatagramLibrary>
  #socket: UnixDatagrams | null = null

  /** @param load gives the library; rejects with `ERR_MODULE_NOT_FOUND` where it is not installed */
  constructor(path: string, load = () => import(LIBRARY) as Promise<UnixDatagramLibrary>) {
    this.name = `unixgram://${path}`
    this.#path = path
    this.#load = load
  }

  async send(lines: readonly string[]): Promise<void> {
    this.#socket ??= await openDatagrams(this.#load)
    const socket = this.#socket
    for (const datagram of packed(lines, LOCAL_BYTES)) {
      await new Promise<void>((resolve, reject) => {
        const bytes = Buffer.from(datagram)
        socket.send(bytes, 0, bytes.length, this.#path, (error) => {
          if (error === undefined) resolve()
          else reject(new Error(`${this.#path}: ${error.errno < 0 ? getSystemErrorName(error.errno) : 'nobody reads'}`))
        })
      })
    }
  }

  close(): void {
    this.#socket?.close()
  }
}

async function openDatagrams(load: () => Promise<UnixDatagramLibrary>): Promise<UnixDatagrams> {
  let library: UnixDatagramLibrary
  try {
    library = await load()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Error(
      `Unix sockets of datagrams need the package ${LIBRARY}: npm install ${LIBRARY}, or use UDP or unixstream://`,
    )
  }
  const socket = library.default.createSocket('unix_dgram')
  // What fails is told to who sends.
  socket.on('error', () => undefined)
  return socket
}

/** Lines together, as many as a datagram takes; one that is longer goes alone. */
export function* packed(lines: Iterable<string>, most: number): Generator<string> {
  let datagram = ''
  let length = 0
  for (const line of lines) {
    const bytes = Buffer.byteLength(line) + 1
    if (length > 0 && length + bytes > most) {
      yield datagram
      datagram = ''
      length = 0
    }
    datagram += `${line}\n`
    length += bytes
  }
  if (length > 0) yield datagram
}
