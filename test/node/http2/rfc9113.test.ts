import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Fields } from '../../../src/http/fields.ts'
import type { ProxyRequest } from '../../../src/http/request.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  error,
  FrameWire,
  frame,
  GET,
  GOAWAY,
  HEADERS,
  PING,
  RST_STREAM,
  request,
  SETTINGS,
  section,
} from './frames.ts'
import { Http2Rig } from './rig.ts'

/** What a server must do with what a client must not send (RFC 9113), frame by frame. */

const PRIORITY = 2
const PUSH_PROMISE = 5
const WINDOW_UPDATE = 8
const PADDED = 8

const rig = new Http2Rig()
let handled = 0
let seen: ProxyRequest | null = null

beforeAll(async () => {
  await rig.start(
    async (asked) => {
      handled++
      seen = asked
      if (asked.content !== null) await asked.content.bytes(1e6)
      return new ProxyResponse(200, new Fields(), 'ok')
    },
    {},
    {},
  )
})

afterAll(() => rig.close())

const setting = (id: number, value: number): Buffer => {
  const payload = Buffer.alloc(6)
  payload.writeUInt16BE(id)
  payload.writeUInt32BE(value, 2)
  return frame(SETTINGS, 0, 0, payload)
}
const post = (extra: readonly (readonly [string, string])[] = []) =>
  request(1, [[':method', 'POST'], ...GET.slice(1), ...extra], END_HEADERS)
const without = (name: string) => GET.filter(([known]) => known !== name)
const withLines = (...lines: readonly (readonly [string, string])[]) => request(1, [...GET, ...lines])

const ends: [section: string, what: string, frames: Buffer[]][] = [
  ['4.2', 'a frame larger than SETTINGS_MAX_FRAME_SIZE', [post(), frame(DATA, 0, 1, Buffer.alloc(2 ** 21))]],
  [
    '4.3',
    'a field section that can not be decoded',
    [frame(HEADERS, END_HEADERS | END_STREAM, 1, Buffer.from([0x80]))],
  ],
  ['5.1', 'DATA on an idle stream', [frame(DATA, END_STREAM, 1, Buffer.from('x'))]],
  ['5.1', 'RST_STREAM on an idle stream', [frame(RST_STREAM, 0, 1, error(8))]],
  ['5.1', 'WINDOW_UPDATE on an idle stream', [frame(WINDOW_UPDATE, 0, 1, error(1))]],
  ['5.1.1', 'a stream of even number', [request(2, GET)]],
  ['6.1', 'DATA on stream 0', [frame(DATA, 0, 0, Buffer.from('x'))]],
  ['6.1', 'padding longer than its frame', [post(), frame(DATA, PADDED, 1, Buffer.from([9, 1]))]],
  ['6.2', 'HEADERS on stream 0', [frame(HEADERS, END_HEADERS | END_STREAM, 0, section(GET))]],
  [
    '6.2',
    'another frame inside a field section',
    [frame(HEADERS, END_STREAM, 1, section(GET)), frame(PING, 0, 0, Buffer.alloc(8))],
  ],
  ['6.2', 'another stream inside a field section', [frame(HEADERS, END_STREAM, 1, section(GET)), request(3, GET)]],
  ['6.4', 'RST_STREAM on stream 0', [frame(RST_STREAM, 0, 0, error(8))]],
  ['6.4', 'RST_STREAM of another length', [request(1, GET), frame(RST_STREAM, 0, 1, Buffer.alloc(3))]],
  ['6.5', 'SETTINGS on a stream', [frame(SETTINGS, 0, 1)]],
  ['6.5', 'SETTINGS of another length', [frame(SETTINGS, 0, 0, Buffer.alloc(5))]],
  ['6.5', 'an acknowledgement with a payload', [frame(SETTINGS, 1, 0, Buffer.alloc(6))]],
  ['6.5.2', 'SETTINGS_ENABLE_PUSH of 2', [setting(2, 2)]],
  ['6.5.2', 'SETTINGS_INITIAL_WINDOW_SIZE of 2^31', [setting(4, 2 ** 31)]],
  ['6.5.2', 'SETTINGS_MAX_FRAME_SIZE below 16384', [setting(5, 16_383)]],
  ['6.5.2', 'SETTINGS_MAX_FRAME_SIZE of 2^24', [setting(5, 2 ** 24)]],
  ['6.6', 'PUSH_PROMISE of a client', [frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.alloc(4))]],
  ['6.7', 'PING on a stream', [frame(PING, 0, 1, Buffer.alloc(8))]],
  ['6.7', 'PING of another length', [frame(PING, 0, 0, Buffer.alloc(7))]],
  ['6.8', 'GOAWAY on a stream', [frame(GOAWAY, 0, 1, Buffer.alloc(8))]],
  ['6.9', 'WINDOW_UPDATE by 0 on the connection', [frame(WINDOW_UPDATE, 0, 0, error(0))]],
  ['6.9', 'WINDOW_UPDATE of another length', [frame(WINDOW_UPDATE, 0, 0, Buffer.alloc(3))]],
  [
    '6.9.1',
    'a window larger than 2^31-1',
    [frame(WINDOW_UPDATE, 0, 0, error(2 ** 31 - 1)), frame(WINDOW_UPDATE, 0, 0, error(2 ** 31 - 1))],
  ],
  ['6.10', 'CONTINUATION without HEADERS', [frame(CONTINUATION, END_HEADERS, 1, section(GET))]],
  ['6.10', 'CONTINUATION on stream 0', [frame(HEADERS, 0, 1, section(GET)), frame(CONTINUATION, END_HEADERS, 0)]],
]

/** Reset the stream or end the connection: RFC 9113 §8.1.1 allows both. */
const malformed: [section: string, what: string, frames: Buffer[]][] = [
  ['8.2.1', 'a name in upper case', [withLines(['X-Upper', 'a'])]],
  ['8.2.2', 'a connection-specific field', [withLines(['connection', 'keep-alive'])]],
  ['8.2.2', 'transfer-encoding', [withLines(['transfer-encoding', 'chunked'])]],
  ['8.2.2', 'te other than trailers', [withLines(['te', 'gzip'])]],
  ['8.3', 'a pseudo-field after others', [request(1, [...without(':path'), ['x-a', 'b'], [':path', '/']])]],
  ['8.3', 'a pseudo-field twice', [withLines([':path', '/other'])]],
  ['8.3', 'an unknown pseudo-field', [request(1, [[':odd', 'a'], ...GET])]],
  ['8.3', 'a pseudo-field of responses', [request(1, [[':status', '200'], ...GET])]],
  ['8.3', 'a pseudo-field in trailers', [post(), request(1, [[':path', '/']])]],
  ['8.3.1', 'no method', [request(1, without(':method'))]],
  ['8.3.1', 'no scheme', [request(1, without(':scheme'))]],
  ['8.3.1', 'no path', [request(1, without(':path'))]],
  ['8.3.1', 'an empty path', [request(1, [...without(':path'), [':path', '']])]],
  [
    '8.1.1',
    'less content than its length',
    [post([['content-length', '5']]), frame(DATA, END_STREAM, 1, Buffer.from('abc'))],
  ],
  [
    '8.1.1',
    'more content than its length',
    [post([['content-length', '1']]), frame(DATA, END_STREAM, 1, Buffer.from('abc'))],
  ],
  ['6.9', 'WINDOW_UPDATE by 0 on a stream', [post(), frame(WINDOW_UPDATE, 0, 1, error(0))]],
]

const fine: [section: string, what: string, frames: Buffer[]][] = [
  ['4.1', 'a frame of unknown type', [frame(0x77, 0xff, 0, Buffer.from('x')), request(1, GET)]],
  [
    '5.3',
    'PRIORITY, which means nothing any more',
    [frame(PRIORITY, 0, 1, Buffer.from([0, 0, 0, 3, 5])), request(1, GET)],
  ],
  ['6.1', 'padding', [post(), frame(DATA, PADDED | END_STREAM, 1, Buffer.from([2, 65, 0, 0]))]],
  ['6.5.2', 'an unknown setting', [setting(0x99, 7), request(1, GET)]],
  [
    '6.10',
    'a field section in pieces',
    [
      frame(HEADERS, END_STREAM, 1, section(GET.slice(0, 2))),
      frame(CONTINUATION, END_HEADERS, 1, section(GET.slice(2))),
    ],
  ],
  ['8.1', 'trailers', [post(), frame(DATA, 0, 1, Buffer.from('x')), request(1, [['x-sum', '1']])]],
  ['8.2.2', 'te: trailers', [withLines(['te', 'trailers'])]],
]

/** Whoever misbehaves harms nobody else. */
async function expectOthersServed(): Promise<void> {
  expect((await rig.ask()).status).toBe(200)
}

describe('what ends the connection', () => {
  test.each(ends)('§%s %s', async (_, __, frames) => {
    const wire = await FrameWire.open(rig.port)
    wire.send(...frames)
    await wire.until(() => wire.closed || wire.frames.some(({ type }) => type === GOAWAY))
    const goaway = wire.frames.find(({ type }) => type === GOAWAY)
    if (goaway !== undefined) expect(goaway.payload.readUInt32BE(4)).not.toBe(0)
    wire.socket.destroy()
    await expectOthersServed()
  })

  test('§3.4 another preface', async () => {
    const socket = connect(rig.port, '127.0.0.1')
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('error', () => undefined)
    socket.resume()
    socket.write('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')
    await closed
    await expectOthersServed()
  })
})

describe('what ends the stream at least', () => {
  test.each(malformed)('§%s %s', async (_, __, frames) => {
    const before = handled
    const wire = await FrameWire.open(rig.port)
    wire.send(...frames)
    const isOver = () =>
      wire.closed ||
      wire.frames.some(
        ({ type, stream }) => type === GOAWAY || (type === RST_STREAM && stream === 1) || isRefusal(type, stream),
      )
    const isRefusal = (type: number, stream: number) => type === HEADERS && stream === 1
    await wire.until(isOver)
    const answer = wire.frames.find(({ type, stream }) => isRefusal(type, stream))
    // An answer is a refusal of ours: no handler has seen such a request, or its content broke off.
    if (answer !== undefined) expect(handled).toBe(before)
    wire.socket.destroy()
    await expectOthersServed()
  })
})

describe('what is served', () => {
  test.each(fine)('§%s %s', async (_, __, frames) => {
    const wire = await FrameWire.open(rig.port)
    wire.send(...frames)
    expect(await wire.frame(HEADERS, 1)).not.toBeNull()
    wire.socket.destroy()
  })
})

/** Two places where Node's nghttp2 is milder than the RFC and decides before we see anything: what counts is kept. */
describe('what nghttp2 leaves out', () => {
  test('§5.1.1 a stream with a lower number than one before gets no answer', async () => {
    const wire = await FrameWire.open(rig.port)
    const before = handled
    wire.send(request(5, GET), request(3, GET), frame(PING, 0, 0, Buffer.alloc(8)))
    expect(await wire.frame(HEADERS, 5)).not.toBeNull()
    await wire.frame(PING)
    expect(wire.frames.some(({ stream }) => stream === 3)).toBe(false)
    expect(handled).toBe(before + 1)
    wire.socket.destroy()
  })

  test('§8.2.1 a field that no message may have goes nowhere', async () => {
    const wire = await FrameWire.open(rig.port)
    wire.send(withLines(['x-evil', 'b\nc'], ['x:evil', '1'], ['x-evil', '\x01']))
    expect(await wire.frame(HEADERS, 1)).not.toBeNull()
    expect(seen!.headers.lines).toEqual([])
    wire.socket.destroy()
  })

  test('§8.2.1 a field with a blank at an end is not left out', async () => {
    const wire = await FrameWire.open(rig.port)
    wire.send(withLines(['x-a', ' a b '], ['x-b', 'c']))
    await wire.frame(HEADERS, 1)
    expect(seen!.headers.lines).toEqual(['X-A', 'a b', 'X-B', 'c'])
    wire.socket.destroy()
  })
})
