import { afterEach, describe, expect, test } from 'vitest'
import type { Accept, EntryPointHttpOptions } from '../../../adapters/node/http/accept.ts'
import type { Http2Options } from '../../../src/compiler/install/entry-point-options.ts'
import { BytesBody, StreamBody } from '../../../src/http/body.ts'
import { Fields } from '../../../src/http/fields.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import {
  ACK,
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
import { answerOf, Http2Rig } from './rig.ts'

const rigs: Http2Rig[] = []
async function serve(
  accept: Accept,
  options: Partial<EntryPointHttpOptions> = {},
  http2: Partial<Http2Options> = {},
): Promise<Http2Rig> {
  const rig = new Http2Rig()
  rigs.push(rig)
  return await rig.start(accept, options, http2)
}
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.close()
})

const ok = (text = 'ok'): ProxyResponse => new ProxyResponse(200, new Fields(['X-A', '1']), text)
const echo: Accept = async (asked) => {
  const bytes = asked.content === null ? new Uint8Array() : await asked.content.bytes(1e9)
  return new ProxyResponse(200, new Fields(), Buffer.from(bytes).toString('latin1'))
}

describe('exchanges', () => {
  test('a request as handlers see it, and its answer', async () => {
    const seen: unknown[] = []
    const rig = await serve((asked) => {
      seen.push(
        asked.method,
        asked.scheme,
        asked.authority,
        asked.target,
        asked.version,
        asked.headers.lines,
        asked.content,
      )
      return ok()
    })
    const answer = await rig.ask({ ':method': 'PURGE', ':path': '/p?q=1', ':authority': 'h.test:8', 'x-b': ['1', '2'] })
    expect(seen).toEqual(['PURGE', 'http', 'h.test:8', '/p?q=1', 'HTTP/2.0', ['X-B', '1', 'X-B', '2'], null])
    expect(answer).toMatchObject({ status: 200, text: 'ok', code: 0 })
    expect(answer.fields).toMatchObject({ 'x-a': '1', 'content-length': '2', date: expect.any(String) as string })
    expect(rig.ends).toEqual([{ status: 200, size: 2, requestSize: 0, aborted: false }])
  })

  test('large content both ways', async () => {
    const rig = await serve((asked) => new ProxyResponse(200, new Fields(), asked.content))
    const text = 'x'.repeat(3_000_000)
    expect((await rig.ask({ ':method': 'POST' }, text)).text).toBe(text)
    expect(rig.ends[0]).toMatchObject({ size: 3_000_000, requestSize: 3_000_000 })
  })

  test.each([
    ['', 0],
    ['', 20],
    ['abc', 0],
    ['abc', 20],
  ])('content %j that ends apart from its head, read after %i ms', async (content, ms) => {
    const rig = await serve(async (asked) => {
      if (ms > 0) await new Promise((wake) => setTimeout(wake, ms))
      return new ProxyResponse(200, new Fields(), `${(await asked.content!.bytes(100)).length}`)
    })
    const stream = rig.client().request({ ':method': 'POST', ':path': '/' }, { endStream: false })
    stream.end(content)
    const { length } = content
    expect(await answerOf(stream)).toMatchObject({ status: 200, text: `${length}` })
    expect(rig.ends).toEqual([{ status: 200, size: 1, requestSize: length, aborted: false }])
  })

  test('trailers both ways', async () => {
    const rig = await serve(async (asked) => {
      await asked.content!.bytes(100)
      const content = new StreamBody(new Blob(['body']).stream(), null)
      return new ProxyResponse(200, new Fields(), Object.assign(content, { trailers: asked.content!.trailers }))
    })
    const stream = rig.client().request({ ':method': 'POST', ':path': '/' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-t': '1' }))
    stream.end('content')
    expect(await answerOf(stream)).toMatchObject({ text: 'body', trailers: { 'x-t': '1' } })
  })

  test.each([
    ['HEAD', 200, { 'content-length': '5' }],
    ['GET', 204, {}],
    ['GET', 304, {}],
  ])('%s %i has no content', async (method, status, fields) => {
    const rig = await serve(() => new ProxyResponse(status, new Fields(['Content-Length', '5']), 'hello'))
    const answer = await rig.ask({ ':method': method })
    expect(answer).toMatchObject({ status, text: '', fields })
  })

  test('informational answers, and the one that a waiting client gets', async () => {
    const rig = await serve(async (asked, cx) => {
      cx.handling.informational?.(103, new Fields(['Link', '</a>']))
      if (asked.content !== null) await asked.content.bytes(100)
      return ok()
    })
    expect((await rig.ask()).informational).toEqual([103])
    const stream = rig.client().request({ ':method': 'POST', ':path': '/', expect: '100-continue' })
    stream.on('continue', () => stream.end('now'))
    expect((await answerOf(stream)).status).toBe(200)
  })

  test('an answer before the content: the rest is not wanted', async () => {
    const rig = await serve(() => ok())
    const stream = rig.client().request({ ':method': 'POST', ':path': '/' })
    stream.write('x'.repeat(1000))
    expect(await answerOf(stream)).toMatchObject({ status: 200, text: 'ok', code: 0 })
  })

  test('content that breaks off resets the stream, and its neighbours go on', async () => {
    const rig = await serve((asked) => {
      if (asked.target !== '/cut') return ok()
      let pulled = 0
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (pulled++ === 0) controller.enqueue(new TextEncoder().encode('half'))
          else controller.error(new Error('gone'))
        },
      })
      return new ProxyResponse(200, new Fields(), new StreamBody(stream, null))
    })
    const session = rig.client()
    expect((await rig.ask({ ':path': '/cut' }, null, session)).code).toBe(2)
    expect((await rig.ask({}, null, session)).text).toBe('ok')
    const wire = await FrameWire.open(rig.port)
    wire.send(
      request(
        1,
        GET.map(([name, value]) => [name, name === ':path' ? '/cut' : value] as const),
      ),
    )
    await wire.frame(RST_STREAM, 1)
    // Not even for a moment it may look complete.
    expect(wire.frames.filter(({ type, flags }) => type === DATA && (flags & END_STREAM) !== 0)).toEqual([])
    wire.socket.destroy()
  })

  test('content that is not as long as its answer says', async () => {
    const lie = (length: number) => Object.assign(new BytesBody(Buffer.from('four')), { length })
    const rig = await serve((asked) => new ProxyResponse(200, new Fields(), lie(Number(asked.target.slice(1)))))
    expect((await rig.ask({ ':path': '/3' })).code).toBe(2)
    expect((await rig.ask({ ':path': '/5' })).code).toBe(2)
    expect((await rig.ask({ ':path': '/4' })).text).toBe('four')
  })

  test('a client that leaves aborts its exchange', async () => {
    const rig = await serve(() => new Promise(() => undefined))
    const wire = await FrameWire.open(rig.port)
    wire.send(request(1, GET), frame(RST_STREAM, 0, 1, error(8)))
    await rig.until(() => rig.ends.length === 1)
    wire.socket.destroy()
    expect(rig.aborted).toBe(1)
    expect(rig.ends[0]).toMatchObject({ status: 499, aborted: true })
  })

  test('content reset by its client, without an error, is not complete', async () => {
    const outcome: unknown[] = []
    const rig = await serve((asked) => {
      void asked.content!.bytes(100).then(
        (bytes) => outcome.push(bytes.length),
        () => outcome.push('cut'),
      )
      return new Promise(() => undefined)
    })
    const wire = await FrameWire.open(rig.port)
    const post = GET.map(([name, value]) => [name, name === ':method' ? 'POST' : value] as const)
    wire.send(request(1, post, END_HEADERS), frame(DATA, 0, 1, Buffer.from('half')), frame(RST_STREAM, 0, 1, error(0)))
    await rig.until(() => rig.ends.length === 1)
    expect(outcome).toEqual(['cut'])
    wire.socket.destroy()
  })

  test('bugs of handlers end their exchange alone', async () => {
    const rig = await serve((asked) => {
      if (asked.target === '/sync') throw new Error('bug')
      if (asked.target === '/async') return Promise.reject(new Error('bug'))
      return ok()
    })
    expect((await rig.ask({ ':path': '/sync' })).status).toBe(500)
    expect((await rig.ask({ ':path': '/async' })).status).toBe(500)
    expect((await rig.ask()).status).toBe(200)
    expect(rig.bugs).toHaveLength(2)
  })
})

describe('what is no request', () => {
  test.each<[string, Record<string, string>, number]>([
    ['another Host', { host: 'other' }, 400],
    ['CONNECT', { ':method': 'CONNECT' }, 501],
    ['OPTIONS *', { ':method': 'OPTIONS', ':path': '*' }, 200],
  ])('%s is answered without a handler', async (what, fields, status) => {
    const rig = await serve(() => ok())
    const all = what === 'CONNECT' ? { ...fields, ':authority': 'h' } : { ':path': '/', ':authority': 'h', ...fields }
    const stream = rig.client().request(all, { endStream: true })
    expect(await answerOf(stream)).toMatchObject({ status })
    expect(rig.begun).toBe(0)
  })

  test('a malformed one resets its stream', async () => {
    const rig = await serve(() => ok())
    const wire = await FrameWire.open(rig.port)
    wire.send(request(1, [...GET, ['connection', 'close']]), request(3, [...GET, ['Upper', 'x']]))
    expect((await wire.frame(RST_STREAM, 1))?.payload).toEqual(error(1))
    expect((await wire.frame(RST_STREAM, 3))?.payload).toEqual(error(1))
    wire.send(request(5, GET))
    expect(await wire.frame(HEADERS, 5)).not.toBeNull()
    wire.socket.destroy()
    expect(rig.ends).toHaveLength(1)
  })
})

describe('bounds', () => {
  const goneFor = async (wire: FrameWire): Promise<number> => {
    await wire.over()
    const goaway = wire.frames.find(({ type }) => type === GOAWAY)
    return goaway === undefined ? -1 : goaway.payload.readUInt32BE(4)
  }

  test('streams at once', async () => {
    const rig = await serve(() => new Promise(() => undefined), {}, { maxConcurrentStreams: 2 })
    const wire = await FrameWire.open(rig.port)
    await wire.frame(SETTINGS)
    wire.send(frame(SETTINGS, ACK, 0))
    wire.send(request(1, GET), request(3, GET), request(5, GET))
    expect(await goneFor(wire)).toBe(1)
    expect(rig.ends).toHaveLength(2)
  })

  test('rapid resets', async () => {
    let handled = 0
    const rig = await serve(() => {
      handled++
      return new Promise(() => undefined)
    })
    const wire = await FrameWire.open(rig.port)
    for (let at = 0; at < 3000 && !wire.closed; at += 20) {
      const frames: Buffer[] = []
      for (let i = at; i < at + 20; i++) frames.push(request(2 * i + 1, GET), frame(RST_STREAM, 0, 2 * i + 1, error(8)))
      wire.send(...frames)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect([11, -1]).toContain(await goneFor(wire))
    expect(handled).toBeLessThan(1100)
    await rig.until(() => rig.ends.length === handled)
  })

  test('CONTINUATION without end', async () => {
    const rig = await serve(() => ok())
    const wire = await FrameWire.open(rig.port)
    wire.send(frame(HEADERS, END_STREAM, 1, section(GET)))
    for (let i = 0; i < 5000 && !wire.closed; i++) {
      wire.send(frame(CONTINUATION, 0, 1, section([[`x-${i}`, 'y'.repeat(100)]])))
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await wire.over()
    expect(rig.ends).toHaveLength(0)
  })

  test.each([
    ['PING', (): Buffer => frame(PING, 0, 0, Buffer.alloc(8))],
    ['SETTINGS', (): Buffer => frame(SETTINGS, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100]))],
  ])('%s without end', async (_, make) => {
    const rig = await serve(() => ok())
    const wire = await FrameWire.open(rig.port)
    for (let i = 0; i < 5000 && !wire.closed; i++) {
      wire.send(make())
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect([11, -1]).toContain(await goneFor(wire))
  })

  test('a head that is too large', async () => {
    const rig = await serve(() => ok(), { maxHeaderBytes: 1000 })
    const answer = await rig.ask({ 'x-large': 'x'.repeat(60_000) })
    expect(answer.status).toBe(431)
    expect((await rig.ask()).status).toBe(200)
  })

  test('content is taken no faster than it is read', async () => {
    let written = 0
    const rig = await serve(() => {
      return new Promise(() => undefined)
    })
    const stream = rig.client().request({ ':method': 'POST', ':path': '/' })
    stream.on('error', () => undefined)
    const chunk = Buffer.alloc(64 * 1024)
    await new Promise<void>((resolve) => {
      const more = (): void => {
        written += chunk.length
        stream.write(chunk, () => {
          if (written < 20_000_000) more()
        })
      }
      more()
      const watch = (left: number, before: number): void => {
        if (left === 0) resolve()
        else setImmediate(() => watch(before === written ? left - 1 : 200, written))
      }
      watch(200, -1)
    })
    expect(written).toBeLessThan(2_000_000)
  })
})

describe('the end of a connection', () => {
  test('draining ends with the last exchange', async () => {
    let release = () => {}
    const rig = await serve(async () => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      return ok()
    })
    const session = rig.client()
    const gone = new Promise((resolve) => session.on('goaway', (code) => resolve(code)))
    const slow = rig.ask({}, null, session)
    await rig.until(() => rig.begun === 1)
    const drained = rig.tracker.drain()
    expect(await gone).toBe(0)
    release()
    expect((await slow).text).toBe('ok')
    await drained
    expect(rig.tracker.size).toBe(0)
  })

  test.each([
    ['requests', { keepAliveMaxRequests: 2 }],
    ['time', { keepAliveMaxTimeMs: 0.001 }],
  ])('after so many, or so much: %s', async (_, options) => {
    const rig = await serve(() => ok(), options)
    const session = rig.client()
    const gone = new Promise((resolve) => session.on('goaway', (code) => resolve(code)))
    const closed = new Promise<void>((resolve) => session.on('close', () => resolve()))
    expect((await rig.ask({}, null, session)).status).toBe(200)
    if ('keepAliveMaxRequests' in options) expect((await rig.ask({}, null, session)).status).toBe(200)
    expect(await gone).toBe(0)
    await closed
  })

  test('an answer that asks for it', async () => {
    const rig = await serve(() => new ProxyResponse(200, new Fields(['Connection', 'close']), 'bye'))
    const session = rig.client()
    const gone = new Promise((resolve) => session.on('goaway', (code) => resolve(code)))
    expect((await rig.ask({}, null, session)).text).toBe('bye')
    expect(await gone).toBe(0)
  })

  test('idle ones close', async () => {
    const rig = await serve(() => ok(), { idleTimeoutMs: 100 })
    const session = rig.client()
    await rig.ask({}, null, session)
    await new Promise<void>((resolve) => session.on('close', () => resolve()))
    await rig.tracker.drain()
    expect(rig.tracker.size).toBe(0)
  })

  test('a request that is not complete in time is reset', async () => {
    const rig = await serve(echo, { readTimeoutMs: 100 })
    const stream = rig.client().request({ ':method': 'POST', ':path': '/' })
    stream.write('x')
    expect((await answerOf(stream)).code).toBe(2)
  })

  test('an answer that takes too long is reset', async () => {
    const rig = await serve(() => new Promise(() => undefined), { writeTimeoutMs: 100 })
    expect((await rig.ask()).code).toBe(2)
    expect(rig.ends[0]).toMatchObject({ status: 499, aborted: true })
  })
})
