import { Socket } from 'node:net'

/** Takes what a socket reads. */
export interface Reader {
  /** Octets `buffer[0, length)`. They may be overwritten after the call unless `nextBuffer` was set in it. */
  onRead(buffer: Buffer, length: number): void
  /** A buffer that the following reads go to; the reader sets it within `onRead`, `readsTo` takes it. */
  nextBuffer: Buffer | null
}

/**
 * All small reads of the process go through this one: a read's octets are used or copied before the next one. Its size
 * is also what a connection to a stalled reader keeps in memory.
 */
export const sharedBuffer: Buffer = Buffer.allocUnsafeSlow(32 * 1024)

/**
 * Fewer and larger reads make large content cheaper; this many connections at once have such a buffer, others do
 * without.
 */
const LARGE_SIZE = 256 * 1024
const MOST_LENT = 96
const MOST_SPARE = 16

const spare: Buffer[] = []
let lent = 0

/** A buffer of its own for a connection that moves large content; null when enough of them are out. */
export function borrowBuffer(): Buffer | null {
  if (lent >= MOST_LENT) return null
  lent++
  return spare.pop() ?? Buffer.allocUnsafeSlow(LARGE_SIZE)
}

/** Another one instead of a borrowed one that a write still refers to. */
export function replaceBuffer(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(LARGE_SIZE)
}

/** The loan ends; `buffer` is given back where nothing refers to it. */
export function returnBuffer(buffer: Buffer | null): void {
  lent--
  if (buffer !== null && spare.length < MOST_SPARE) spare.push(buffer)
}

/** The fields behind `net.connect`'s documented `onread` option, by which Node reads into a given buffer. */
interface ReadFields {
  readonly buffer: symbol
  readonly callback: symbol
  readonly generator: symbol
}

function findFields(): ReadFields | null {
  const callback = () => true
  const generator = () => sharedBuffer
  const probe = new Socket({ onread: { buffer: generator, callback } } as ConstructorParameters<typeof Socket>[0])
  const fields = { buffer: null as symbol | null, callback: null as symbol | null, generator: null as symbol | null }
  for (const key of Object.getOwnPropertySymbols(probe)) {
    const value = Reflect.get(probe, key) as unknown
    if (value === callback) fields.callback = key
    else if (value === generator) fields.generator = key
    else if (key.description === 'kBuffer') fields.buffer = key
  }
  probe.destroy()
  const { buffer, callback: call, generator: generate } = fields
  return buffer !== null && call !== null && generate !== null ? { buffer, callback: call, generator: generate } : null
}

const fields = findFields()

interface ReadingHandle {
  useUserBuffer?: (buffer: Uint8Array) => void
}

/**
 * Lets `reader` have what the socket reads from now on. Node's `onread` saves an allocation and a stream event per read
 * but can be asked for only where we connect ourselves; accepted sockets get the same by its fields, and where a Node
 * version has them differently the ordinary `data` event serves.
 */
export function readsTo(socket: Socket, reader: Reader): void {
  const handle = Reflect.get(socket, '_handle') as ReadingHandle | null
  if (fields !== null && typeof handle?.useUserBuffer === 'function') {
    Reflect.set(socket, fields.buffer, sharedBuffer)
    Reflect.set(socket, fields.callback, (length: number, buffer: Buffer) => {
      reader.onRead(buffer, length)
      return true
    })
    Reflect.set(socket, fields.generator, () => {
      const next = reader.nextBuffer
      if (next !== null) reader.nextBuffer = null
      return next
    })
    handle.useUserBuffer(sharedBuffer)
  } else {
    socket.on('data', (chunk: Buffer) => reader.onRead(chunk, chunk.length))
  }
  socket.resume()
}
