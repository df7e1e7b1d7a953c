import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { Accept } from '../../adapters/node/http/accept.ts'
import { bareReply } from '../../src/http/replies.ts'
import { Rig } from './http1/rig.ts'
import { DATA, END_HEADERS, END_STREAM, FrameWire, frame, request, SETTINGS, WINDOW_UPDATE } from './http2/frames.ts'
import { Http2Rig } from './http2/rig.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const OCTETS = 4_000_000

/** Takes content and notes how much of it came in one turn of the event loop at most, and in how many pieces. */
class Meter {
  received = 0
  most = 0
  pieces = 0
  done: Promise<void>
  readonly accept: Accept
  #over = false

  constructor() {
    let over = () => {}
    this.done = new Promise((resolve) => {
      over = resolve
    })
    this.accept = ({ content }) => {
      this.#watch()
      return new Promise((resolve) => {
        content!.pipe({
          write: (chunk) => {
            this.received += chunk.byteLength
            this.pieces++
            return true
          },
          end: () => {
            this.#over = true
            resolve(bareReply(200))
            over()
          },
          fail: over,
        })
      })
    }
  }

  #watch(): void {
    const before = this.received
    setImmediate(() => {
      this.most = Math.max(this.most, this.received - before)
      if (!this.#over) this.#watch()
    })
  }
}

/** Sends it over and over, as fast as the other side takes it, and then the end. */
function pump(socket: Socket, piece: Buffer, times: number, end: Buffer): void {
  let left = times
  const more = () => {
    while (left > 0) {
      left--
      if (!socket.write(piece) && left > 0) {
        socket.once('drain', more)
        return
      }
    }
    socket.write(end)
  }
  more()
}

test('chunks of an octet are read by and by, and put together', async () => {
  const meter = new Meter()
  const rig = await new Rig().start(meter.accept)
  closers.push(() => rig.close())
  const socket = connect(rig.port, '127.0.0.1')
  closers.push(() => socket.destroy())
  socket.write('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n')
  pump(socket, Buffer.from('1\r\na\r\n'.repeat(OCTETS / 10)), 10, Buffer.from('0\r\n\r\n'))
  await meter.done
  expect(meter.received).toBe(OCTETS)
  // One read, of which a sixth is content, and not up to 32 of them.
  expect(meter.most).toBeLessThan(256 * 1024 * (1 / 6) + 1)
  expect(meter.pieces).toBeLessThan(OCTETS / 100)
})

test('so are frames of an octet', async () => {
  const meter = new Meter()
  const rig = await new Http2Rig().start(meter.accept)
  closers.push(() => rig.close())
  const wire = await FrameWire.open(rig.port)
  closers.push(() => wire.socket.destroy())
  wire.send(frame(SETTINGS, 0, 0))
  const lines = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'h'],
  ] as const
  wire.send(request(1, lines, END_HEADERS))
  const content = 200_000
  pump(
    wire.socket,
    Buffer.concat(Array<Buffer>(content / 10).fill(frame(DATA, 0, 1, Buffer.from('a')))),
    10,
    frame(DATA, END_STREAM, 1),
  )
  await meter.done
  expect(meter.received).toBe(content)
  // One read of 64 KiB, of which a tenth is content.
  expect(meter.most).toBeLessThan(20_000)
  expect(meter.pieces).toBeLessThan(content / 100)
  expect(wire.frames.some(({ type }) => type === WINDOW_UPDATE)).toBe(true)
})
