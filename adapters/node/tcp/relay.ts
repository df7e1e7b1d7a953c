import type { Socket } from 'node:net'
import { readOnAfterFailedWrite } from '../sockets/failed-writes.ts'
import {
  borrowBuffer,
  type Reader,
  readsTo,
  replaceBuffer,
  returnBuffer,
  sharedBuffer,
} from '../sockets/socket-reads.ts'
import { Timed, timers } from '../sockets/timer-wheel.ts'

/** Reads of at least this much make a side get a buffer of its own. */
const BULK = 32 * 1024
/** A side gives its buffer back after so many small reads in a row. */
const SMALL_READS = 32
/** What is still to be sent when a connection is over may take so long. */
const FLUSH_MS = 10_000
/** So long a client that goes on sending is still read: a reset could destroy what the server said last, on its way. */
const LINGER_MS = 1000

/** Two sockets whose octets go to one another, as they are, with back pressure and half-close in both directions. */
export class Relay extends Timed {
  readonly #sides: readonly [Side, Side]
  readonly #terminationDelayMs: number
  readonly #over: () => void
  #timer: NodeJS.Timeout | null = null
  #finished = false
  #open = 2

  /**
   * @param terminationDelayMs once one side has ended the other may go on for so long; negative: until it ends itself
   * @param over called once, when both sockets are closed
   */
  constructor(client: Socket, server: Socket, terminationDelayMs: number, over: () => void) {
    super()
    this.#terminationDelayMs = terminationDelayMs
    this.#over = over
    const a = new Side(client, this)
    const b = new Side(server, this)
    a.other = b
    b.other = a
    this.#sides = [a, b]
  }

  /** @param fromClient octets of the client that were read already */
  start(fromClient: Uint8Array | null): void {
    const [client, server] = this.#sides
    client.listen()
    server.listen()
    if (fromClient !== null && fromClient.length > 0) client.pass(fromClient)
    client.read()
    server.read()
  }

  /** One side has nothing more to say. */
  ended(side: Side): void {
    side.done = true
    if (this.#finished) return
    const { socket, done } = side.other
    socket.end()
    if (done || side.broken) this.#finish()
    else if (this.#terminationDelayMs === 0) this.#finish()
    else if (this.#terminationDelayMs > 0 && this.#timer === null) {
      this.#timer = setTimeout(() => this.#finish(), this.#terminationDelayMs)
    }
  }

  closed(): void {
    this.#open--
    if (this.#open > 0) {
      this.#finish()
      return
    }
    this.#callOff()
    timers.remove(this)
    this.#over()
  }

  /** Nothing more is read; what is written goes out. */
  #finish(): void {
    if (this.#finished) return
    this.#finished = true
    this.#callOff()
    timers.set(this, timers.now() + FLUSH_MS)
    const [client, server] = this.#sides
    if (client.done || client.socket.destroyed) client.socket.destroySoon()
    else this.#linger(client.socket)
    client.done = true
    server.done = true
    server.socket.destroySoon()
  }

  #linger(socket: Socket): void {
    socket.end(() => {
      if (this.#open > 0) timers.set(this, timers.now() + LINGER_MS)
    })
    socket.once('end', () => socket.destroySoon())
    socket.resume()
  }

  #callOff(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  override onDeadline(): void {
    for (const { socket } of this.#sides) socket.destroy()
  }
}

class Side implements Reader {
  readonly socket: Socket
  nextBuffer: Buffer | null = null
  other!: Side
  /** Nothing more is taken from it. */
  done = false
  /** Nothing can be sent to it any more, while what it has sent is read to its end. */
  broken = false
  readonly #relay: Relay
  #own: Buffer | null = null
  #smallReads = 0

  constructor(socket: Socket, relay: Relay) {
    this.socket = socket
    this.#relay = relay
  }

  listen(): void {
    const { socket } = this
    readOnAfterFailedWrite(socket, () => {
      this.broken = true
      // Nobody takes what waits for it.
      if (!this.other.done) this.other.socket.resume()
    })
    socket.on('error', () => undefined)
    socket.on('end', () => this.#relay.ended(this))
    socket.on('drain', () => {
      if (!this.other.done) this.other.socket.resume()
    })
    socket.on('close', () => {
      if (this.#own !== null) returnBuffer(null)
      this.#own = null
      this.#relay.closed()
    })
  }

  read(): void {
    const { socket } = this
    // What came in before anybody asked, TLS brings along with its handshake.
    while (socket.readableLength > 0) {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) break
      this.pass(chunk)
    }
    if (socket.destroyed) return
    readsTo(socket, this)
    if (this.other.socket.writableNeedDrain) socket.pause()
  }

  /** Sends octets on that nobody else will touch. */
  pass(chunk: Uint8Array): boolean {
    const { socket } = this.other
    return socket.writable ? socket.write(chunk) : true
  }

  onRead(buffer: Buffer, length: number): void {
    if (this.done) return
    const chunk = buffer.subarray(0, length)
    const own = this.#own
    let goOn: boolean
    if (buffer === sharedBuffer) {
      goOn = this.pass(Buffer.from(chunk))
      if (length >= BULK && own === null) {
        this.#own = borrowBuffer()
        this.nextBuffer = this.#own
      }
    } else {
      goOn = this.pass(chunk)
      if (buffer === own) this.#after(length)
    }
    if (!goOn) this.socket.pause()
  }

  /** The buffer is used again only when no write refers to it. */
  #after(length: number): void {
    const waits = this.other.socket.writableLength > 0
    this.#smallReads = length < BULK ? this.#smallReads + 1 : 0
    if (this.#smallReads > SMALL_READS) {
      returnBuffer(waits ? null : this.#own)
      this.#own = null
      this.#smallReads = 0
      this.nextBuffer = sharedBuffer
    } else if (waits) {
      this.#own = replaceBuffer()
      this.nextBuffer = this.#own
    }
  }
}
