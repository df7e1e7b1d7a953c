import { connect, type Socket } from 'node:net'

/** Frames of HTTP/2 by hand (RFC 9113 §4.1), for what no client library sends. */

export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3
export const SETTINGS = 4
export const PING = 6
export const GOAWAY = 7
export const WINDOW_UPDATE = 8
export const CONTINUATION = 9

export const END_STREAM = 1
export const ACK = 1
export const END_HEADERS = 4

export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A field section, every line a literal without indexing and without Huffman coding (RFC 7541 §6.2.2). */
export function section(lines: readonly (readonly [name: string, value: string])[]): Buffer {
  const text = (value: string) => {
    const octets = Buffer.from(value, 'latin1')
    if (octets.length < 127) return Buffer.concat([Buffer.from([octets.length]), octets])
    const length = [127]
    let rest = octets.length - 127
    for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128)
    return Buffer.concat([Buffer.from([...length, rest]), octets])
  }
  return Buffer.concat(lines.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
}

export const request = (
  stream: number,
  lines: readonly (readonly [string, string])[],
  flags = END_HEADERS | END_STREAM,
): Buffer => frame(HEADERS, flags, stream, section(lines))

export const GET: readonly (readonly [string, string])[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'h'],
]

export const error = (code: number): Buffer => {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(code)
  return payload
}

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** One end of an HTTP/2 connection, frame by frame. It acknowledges nothing by itself. */
export class FrameWire {
  readonly socket: Socket
  readonly frames: Frame[] = []
  closed = false
  #rest = Buffer.alloc(0)
  #wake: (() => void)[] = []

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk])
      this.#read()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.closed = true
      this.#notify()
    })
  }

  /** Connects and sends preface and empty SETTINGS. */
  static async open(port: number): Promise<FrameWire> {
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    const wire = new FrameWire(socket)
    wire.send(PREFACE, frame(SETTINGS, 0, 0))
    return wire
  }

  #read(): void {
    if (this.#rest.subarray(0, PREFACE.length).equals(PREFACE)) this.#rest = this.#rest.subarray(PREFACE.length)
    for (;;) {
      if (this.#rest.length < 9) break
      const length = this.#rest.readUIntBE(0, 3)
      if (this.#rest.length < 9 + length) break
      const [type = 0, flags = 0] = this.#rest.subarray(3, 5)
      const stream = this.#rest.readUInt32BE(5)
      this.frames.push({ type, flags, stream, payload: this.#rest.subarray(9, 9 + length) })
      this.#rest = this.#rest.subarray(9 + length)
    }
    this.#notify()
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }

  send(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames))
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((wake) => this.#wake.push(wake))
  }

  /** The first frame of that type; resolves when it comes, with null when the connection closes first. */
  async frame(type: number, stream?: number): Promise<Frame | null> {
    const find = () => this.frames.find((one) => one.type === type && (stream === undefined || one.stream === stream))
    await this.until(() => this.closed || find() !== undefined)
    return find() ?? null
  }

  over(): Promise<void> {
    return this.until(() => this.closed)
  }
}
