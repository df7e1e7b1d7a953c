import { afterEach, describe, expect, test } from 'vitest'
import type { NodeContext } from '../../../adapters/node/http/node-context.ts'
import { StreamBody } from '../../../src/http/body.ts'
import { Fields } from '../../../src/http/fields.ts'
import { bareReply, errorReply, phraseReply } from '../../../src/http/replies.ts'
import type { ProxyRequest } from '../../../src/http/request.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import { dateless, get, Rig, turns } from './rig.ts'

let rig: Rig
afterEach(() => rig.close())

const text = (status: number, content: string) => new ProxyResponse(status, new Fields(), content)
const echoPath = (request: ProxyRequest) => text(200, request.target)
const ok = (length: number | string, content = '') => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${content}`

describe('answers of our own', () => {
  test.each([
    ['GET', () => text(200, 'hé'), 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nh\xc3\xa9'],
    ['GET', () => bareReply(400), 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'],
    ['GET', () => phraseReply(502), 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 11\r\n\r\nBad Gateway'],
    ['HEAD', () => text(200, 'abc'), 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n'],
    ['HEAD', () => text(304, 'abc'), 'HTTP/1.1 304 Not Modified\r\n\r\n'],
    ['GET', () => new ProxyResponse(204, new Fields(['Content-Length', '3']), null), 'HTTP/1.1 204 No Content\r\n\r\n'],
    [
      'GET',
      () => errorReply(404, '404 page not found'),
      'HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 19\r\n\r\n404 page not found\n',
    ],
    [
      'GET',
      () => new ProxyResponse(799, new Fields(), null),
      'HTTP/1.1 799 status code 799\r\nContent-Length: 0\r\n\r\n',
    ],
    [
      'GET',
      () => new ProxyResponse(200, new Fields(['A', 'b\r\nEvil: 1', 'C', 'd\u010aEvil: 2', 'bad name', 'x']), null),
      'HTTP/1.1 200 OK\r\nA: b  Evil: 1\r\nC: d?Evil: 2\r\nContent-Length: 0\r\n\r\n',
    ],
    [
      'GET',
      () => {
        throw new Error('a bug')
      },
      'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    ],
  ])('%s %s', async (method, reply, octets) => {
    rig = await new Rig().start(reply)
    const client = await rig.client(`${method} / HTTP/1.1\r\nHost: h\r\n\r\n`)
    await client.seen('\r\n\r\n')
    expect(dateless(client.text)).toBe(octets)
    expect(client.text).toMatch(/Date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n/)
  })

  test('a Date that is there stays', async () => {
    rig = await new Rig().start(() => new ProxyResponse(200, new Fields(['date', 'x']), null))
    const client = await rig.client(get())
    await client.seen('\r\n\r\n')
    expect(client.text).toBe('HTTP/1.1 200 OK\r\ndate: x\r\nContent-Length: 0\r\n\r\n')
  })

  test('content of unknown length is chunked, and delimited by the end in HTTP/1.0', async () => {
    const stream = () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('abc'))
          controller.close()
        },
      })
    rig = await new Rig().start(() => new ProxyResponse(200, new Fields(), new StreamBody(stream(), null)))
    const client = await rig.client(get())
    await client.seen('\r\n0\r\n\r\n')
    expect(dateless(client.text)).toBe('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n')
    const old = await rig.client('GET / HTTP/1.0\r\n\r\n')
    await old.over()
    expect(dateless(old.text)).toBe('HTTP/1.0 200 OK\r\n\r\nabc')
  })

  test.each([
    [2, 'shorter than the stream'],
    [5, 'longer than the stream'],
  ])('content that is not as long as declared (%d) ends the connection', async (length) => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('abc'))
        controller.close()
      },
    })
    rig = await new Rig().start(() => new ProxyResponse(200, new Fields(), new StreamBody(stream, length)))
    const client = await rig.client(get())
    await client.over()
    expect(client.text).not.toContain('abc\r\n')
    expect((await rig.ended())[0]).toMatchObject({ aborted: true })
  })
})

describe('connections', () => {
  test('pipelined requests are answered in order, one at a time', async () => {
    const release: (() => void)[] = []
    let running = 0
    rig = await new Rig().start(async (request) => {
      expect(++running).toBe(1)
      if (request.target === '/1') await new Promise<void>((resolve) => release.push(resolve))
      running--
      return text(200, request.target)
    })
    const client = await rig.client(get('/1') + get('/2') + get('/3'))
    await rig.until(() => release.length > 0)
    await turns()
    expect(client.text).toBe('')
    release[0]!()
    await client.seen('/3')
    expect(dateless(client.text)).toBe(ok(2, '/1') + ok(2, '/2') + ok(2, '/3'))
    expect(rig.ends).toHaveLength(3)
  })

  test('very many pipelined requests in odd pieces', async () => {
    rig = await new Rig().start(echoPath)
    const client = await rig.client()
    let all = ''
    for (let i = 0; i < 3000; i++) all += get(`/${i}`)
    for (let at = 0; at < all.length; at += 4001) client.send(all.slice(at, at + 4001))
    await client.seen('/2999')
    expect(client.text.match(/\r\n\r\n\/\d+/g)).toEqual(Array.from({ length: 3000 }, (_, i) => `\r\n\r\n/${i}`))
  })

  test('a head that comes octet by octet', async () => {
    rig = await new Rig().start(echoPath)
    const client = await rig.client()
    for (const char of `${get('/a')}${get('/b')}`) {
      client.send(char)
      await turns(1)
    }
    await client.seen('/b')
    expect(dateless(client.text)).toBe(ok(2, '/a') + ok(2, '/b'))
  })

  test.each([
    [get('/', 'Connection: close\r\n'), 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n/'],
    ['GET / HTTP/1.0\r\n\r\n', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n/'],
  ])('%j is the last request', async (request, answer) => {
    rig = await new Rig().start(echoPath)
    const client = await rig.client(request)
    await client.over()
    expect(dateless(client.text)).toBe(answer)
  })

  test('HTTP/1.0 may keep the connection', async () => {
    rig = await new Rig().start(echoPath)
    const client = await rig.client('GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    await client.seen('/a')
    expect(dateless(client.take())).toBe('HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n/a')
    await client.send('GET /b HTTP/1.0\r\n\r\n').over()
    expect(client.text).toContain('/b')
  })

  test('keepAliveMaxRequests', async () => {
    rig = await new Rig().start(echoPath, { keepAliveMaxRequests: 2 })
    const client = await rig.client(get('/a') + get('/b') + get('/c'))
    await client.over()
    expect(dateless(client.text)).toBe(
      `${ok(2, '/a')}HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/b`,
    )
  })

  test('a handler may ask for the connection to be closed', async () => {
    rig = await new Rig().start(() => new ProxyResponse(200, new Fields(['Connection', 'close']), null))
    const client = await rig.client(get())
    await client.over()
    expect(dateless(client.text)).toBe('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  })
})

describe('what never reaches a handler', () => {
  test.each([
    ['a head that is too large', `GET / HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(21000)}\r\n\r\n`, 431],
    ['a head without end', `GET / HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(21000)}`, 431],
    ['bare line feeds', 'GET / HTTP/1.1\nHost: h\n\n', 400],
    ['HTTP/0.9', 'GET /\r\n\r\n', 400],
    [
      'both lengths',
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['CONNECT', 'CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n', 501],
    ['another expectation', get('/', 'Expect: x\r\nContent-Length: 1\r\n'), 417],
  ])('%s', async (_name, octets, status) => {
    let handled = 0
    rig = await new Rig().start(() => {
      handled++
      return bareReply(200)
    })
    const client = await rig.client(octets)
    await client.over()
    expect(client.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nConnection: close\r\n`))
    expect(client.text.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(handled).toBe(0)
  })

  test('OPTIONS *', async () => {
    rig = await new Rig().start(echoPath)
    const client = await rig.client('OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n')
    await client.seen('\r\n\r\n')
    expect(dateless(client.text)).toBe(ok(0))
  })
})

describe('content of requests', () => {
  const read = async (request: ProxyRequest) =>
    text(200, request.content === null ? '(none)' : Buffer.from(await request.content.bytes(1e6)).toString('latin1'))

  test.each([
    ['Content-Length: 3\r\n\r\nabc', 'abc'],
    ['Content-Length: 0\r\n\r\n', '(none)'],
    ['\r\n', '(none)'],
    ['Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n', 'abc'],
    ['Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n', ''],
  ])('%j and a request behind it', async (rest, content) => {
    rig = await new Rig().start(read)
    const whole = `POST / HTTP/1.1\r\nHost: h\r\n${rest}${get('/', 'Content-Length: 4\r\n')}next`
    const client = await rig.client(whole)
    await client.seen('next')
    expect(dateless(client.take())).toBe(ok(content.length, content) + ok(4, 'next'))
    for (const char of whole) {
      client.send(char)
      await turns(1)
    }
    await client.seen('next')
    expect(dateless(client.text)).toBe(ok(content.length, content) + ok(4, 'next'))
    const size = content === '(none)' ? 0 : content.length
    expect(rig.ends.map((end) => end.requestSize)).toEqual([size, 4, size, 4])
  })

  test.each(['zz\r\n', '0x1\r\na\r\n', '1\r\nab\r\n0\r\n\r\n'])('broken chunks %j are 400', async (chunks) => {
    rig = await new Rig().start(read)
    const client = await rig.client(
      `POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}${get('/x')}`,
    )
    await client.over()
    expect(dateless(client.text)).toBe('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  })

  test.each([99, 100, 199, 1000])('a final answer of the status %i is 500', async (status) => {
    rig = await new Rig().start(() => bareReply(status))
    const client = await rig.client(get())
    await client.seen('\r\n\r\n')
    expect(dateless(client.text)).toBe('HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n')
  })

  test.each([
    ['x', 417],
    ['100-Continue, x', 200],
  ])('Expect: %s is %i', async (expectation, status) => {
    rig = await new Rig().start((request) => read(request))
    const client = await rig.client(
      `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: ${expectation}\r\nConnection: close\r\n\r\nhi`,
    )
    await client.over()
    expect(client.text).toContain(`HTTP/1.1 ${status} `)
  })

  test('100 Continue is sent when the content is wanted', async () => {
    let go = () => {}
    rig = await new Rig().start(async (request) => {
      await new Promise<void>((resolve) => {
        go = resolve
      })
      return read(request)
    })
    const client = await rig.client('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n')
    await rig.until(() => rig.contexts.length > 0)
    await turns()
    expect(client.text).toBe('')
    go()
    await client.seen('HTTP/1.1 100 Continue\r\n\r\n')
    await client.send('hi').seen('\r\n\r\nhi')
    expect(dateless(client.text)).toBe(`HTTP/1.1 100 Continue\r\n\r\n${ok(2, 'hi')}`)
  })

  test('an answer without the content that was expected ends the connection', async () => {
    rig = await new Rig().start(() => bareReply(403))
    const client = await rig.client('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n')
    await client.over()
    expect(dateless(client.text)).toBe('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  })

  test('a little content that nobody read is drained', async () => {
    rig = await new Rig().start(echoPath)
    const client = await rig.client(`POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(40000)}`)
    await client.seen('/a')
    await client.send(`${'x'.repeat(60000)}${get('/b')}`).seen('/b')
    expect(dateless(client.text)).toBe(ok(2, '/a') + ok(2, '/b'))
  })

  test('much content that nobody reads ends the connection, and the answer still arrives', async () => {
    rig = await new Rig().start(() => bareReply(413))
    const client = await rig.client(
      `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n${'x'.repeat(100000)}`,
    )
    await client.over()
    expect(dateless(client.text)).toBe(
      'HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    )
  })
})

describe('time limits', () => {
  test.each([
    ['a silent client', '', { readTimeoutMs: 150 }],
    ['half a head', 'GET / HT', { readTimeoutMs: 150 }],
    ['half the content', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc', { readTimeoutMs: 150 }],
    ['a slow answer', get(), { writeTimeoutMs: 150 }],
  ])('%s is closed without an answer', async (_name, octets, options) => {
    rig = await new Rig().start(() => new Promise<ProxyResponse>(() => {}), options)
    const client = await rig.client(octets)
    await client.over()
    expect(client.text).toBe('')
    if (rig.contexts.length > 0) {
      expect(await rig.ended()).toMatchObject([{ status: 499, aborted: true }])
      expect(rig.contexts[0]!.aborted).toBe(true)
    }
  })

  test('an idle connection is closed', async () => {
    rig = await new Rig().start(echoPath, { idleTimeoutMs: 150 })
    const client = await rig.client(get('/a'))
    await client.over()
    expect(client.text).toContain('/a')
  })

  test('keepAliveMaxTime', async () => {
    rig = await new Rig().start(echoPath, { keepAliveMaxTimeMs: 1 })
    const client = await rig.client()
    await new Promise((resolve) => setTimeout(resolve, 5))
    await client.send(get('/a')).over()
    expect(client.text).toContain('Connection: close\r\n')
  })
})

describe('graceful stop', () => {
  test('idle connections end at once, the others after their answer', async () => {
    let go = () => {}
    rig = await new Rig().start(async (request) => {
      if (request.target === '/slow') {
        await new Promise<void>((resolve) => {
          go = resolve
        })
      }
      return text(200, request.target)
    })
    const idle = await rig.client(get('/a'))
    await idle.seen('/a')
    const busy = await rig.client(get('/slow'))
    await rig.until(() => rig.contexts.length === 2)
    await turns()
    let empty = false
    const drained = rig.tracker.drain().then(() => {
      empty = true
    })
    await idle.over()
    expect(empty).toBe(false)
    go()
    await busy.over()
    expect(dateless(busy.text)).toBe('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n/slow')
    await drained
    expect(rig.tracker.size).toBe(0)
  })
})

test('a request that was on its way when the server stopped is answered, and told to be the last', async () => {
  rig = await new Rig().start((request) => text(200, request.target))
  const idle = await rig.client(get('/a'))
  await idle.seen('/a')
  idle.take()
  const drained = rig.tracker.drain()
  idle.send(get('/b'))
  await idle.over()
  expect(dateless(idle.text)).toBe('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/b')
  await drained
})

test.each([
  ['nobody looks at', false],
  ['a middleware gives up', true],
])('content that %s is none of the exchange', async (_, isGivenUp) => {
  rig = await new Rig().start((request) => {
    if (isGivenUp) request.content?.cancel()
    return new ProxyResponse(413, new Fields(), 'no')
  })
  const client = await rig.client('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello')
  await client.seen('no')
  expect(await rig.ended()).toEqual([{ status: 413, size: 2, requestSize: 0, aborted: false }])
})

describe('a client that leaves', () => {
  test('aborts the exchange once', async () => {
    let aborts = 0
    let seen: NodeContext | null = null
    rig = await new Rig().start((_request, cx) => {
      seen = cx
      cx.onAbort(() => aborts++)
      return new Promise<ProxyResponse>(() => {})
    })
    const client = await rig.client(get())
    await turns(20)
    client.socket.resetAndDestroy()
    expect(await rig.ended()).toEqual([{ status: 499, size: 0, requestSize: 0, aborted: true }])
    expect(aborts).toBe(1)
    expect(seen!.aborted).toBe(true)
  })

  test('ends its side: the exchange is aborted, as Traefik does, and 499 is answered', async () => {
    rig = await new Rig().start(
      (_request, cx) =>
        new Promise<ProxyResponse>((resolve) => {
          cx.onAbort(() => resolve(phraseReply(499)))
        }),
    )
    const client = await rig.client(get())
    client.socket.end()
    await client.over()
    expect(client.text).toMatch(/^HTTP\/1.1 499 /)
  })
})
