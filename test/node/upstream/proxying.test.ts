import { createHash, randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { NodeTransports } from '../../../adapters/node/upstream/transports.ts'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import { andThen } from '../../../src/http/maybe-promise.ts'
import { failureReply } from '../../../src/http/replies.ts'
import { dateless, get, plainTransport, Rig, turns, type Wire } from '../http1/rig.ts'

let rig: Rig
afterEach(() => rig.close())

const answer = (content: string, more = '') =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${content.length}\r\n\r\n${content}`
const post = (length: number, content = '', more = '') =>
  `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n${more}\r\n${content}`

/** Without Date and however the content was cut into chunks. */
const dechunked = (text: string): string =>
  text.includes('chunked') ? dateless(text).replace('1\r\no\r\n1\r\nk', '2\r\nok') : dateless(text)

/** A client that has sent `octets`, and the server's connection once it has seen a whole head. */
async function exchange(octets: string): Promise<[Wire, Wire]> {
  const client = await rig.client(octets)
  const server = await rig.connection(rig.server.length)
  await server.seen('\r\n\r\n')
  return [client, server]
}

describe('requests to servers', () => {
  test.each([
    [
      get('/p?q', 'x-A: 1\r\nX-b: 2\r\nx-A: 3\r\n'),
      'GET /p?q HTTP/1.1\r\nHost: h\r\nx-A: 1\r\nX-b: 2\r\nx-A: 3\r\n\r\n',
    ],
    [post(3, 'abc'), 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc'],
    [post(0), 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n'],
    [get('/', 'Content-Length: 0\r\n'), 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'],
    [`${get('/', 'Content-Length: 3\r\n')}abc`, 'GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc'],
    [
      'DELETE / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n',
      'DELETE / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ],
    ['GET http://o:1/x HTTP/1.1\r\nHost: h\r\n\r\n', 'GET /x HTTP/1.1\r\nHost: o:1\r\n\r\n'],
    ['GET / HTTP/1.0\r\nHost: h\r\n\r\n', 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ])('%j', async (octets, sent) => {
    rig = await new Rig().start()
    const client = await rig.client(octets)
    const server = await rig.connection()
    await server.until(() => server.text.length >= sent.length)
    expect(server.text).toBe(sent)
    server.send(answer('ok'))
    await client.seen('ok')
  })

  test('without a host the server gets its own address', async () => {
    rig = await new Rig().start()
    const [, server] = await exchange('GET / HTTP/1.0\r\n\r\n')
    expect(server.text).toBe(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${rig.upstreamPort}\r\n\r\n`)
  })

  test('what middlewares made can not end a line', async () => {
    rig = await new Rig().start()
    const transports = new NodeTransports({ log() {} })
    const pool = transports.open({ scheme: 'http', host: '127.0.0.1', port: rig.upstreamPort, options: plainTransport })
    const upstream = rig
    rig = await new Rig().start((request, cx) => {
      if (request.target === '/target') request.target = '/a b\r\nX: 1'
      else request.headers.append('A', 'b\r\n\r\nGET /smuggled HTTP/1.1')
      return andThen(pool.send(request, cx), (answer) =>
        answer instanceof UpstreamFailure ? failureReply(answer) : answer,
      )
    })
    const client = await rig.client(get('/target'))
    await client.seen('Internal Server Error')
    expect(upstream.server).toHaveLength(0)
    client.send(get('/value'))
    const server = await upstream.connection()
    await server.seen('\r\n\r\n')
    expect(server.text).toBe('GET /value HTTP/1.1\r\nHost: h\r\nA: b    GET /smuggled HTTP/1.1\r\n\r\n')
    upstream.close()
  })
})

describe('answers of servers', () => {
  test.each([
    [
      'HTTP/1.1 200 Fine\r\nx-A: 1\r\nContent-Length: 2\r\nX-b: 2\r\n\r\nok',
      'HTTP/1.1 200 OK\r\nx-A: 1\r\nContent-Length: 2\r\nX-b: 2\r\n\r\nok',
    ],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n',
    ],
    ['HTTP/1.1 204 No Content\r\n\r\n', 'HTTP/1.1 204 No Content\r\n\r\n'],
    [
      'HTTP/1.1 304 Not Modified\r\nContent-Type: a/b\r\nETag: x\r\nContent-Length: 9\r\n\r\n',
      'HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n',
    ],
    [
      'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      // As Go's server: after a 1xx answer it guesses the type.
      'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nok',
    ],
  ])('%j, in one piece and octet by octet', async (octets, got) => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get())
    server.send(octets)
    await client.until(() => dateless(client.text).length >= got.length)
    expect(dateless(client.take())).toBe(got)
    client.send(get())
    server.take()
    await server.seen('\r\n\r\n')
    for (const char of octets) {
      server.send(char)
      await turns(1)
    }
    await client.until(() => dechunked(client.text).length >= dechunked(got).length)
    expect(dechunked(client.text)).toBe(dechunked(got))
    expect(rig.server).toHaveLength(1)
  })

  test('the end of the connection ends the content', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get())
    server.send('HTTP/1.1 200 OK\r\n\r\nab')
    await client.seen('ab\r\n')
    server.send('cd').socket.end()
    await client.seen('0\r\n\r\n')
    expect(dateless(client.text)).toBe(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n',
    )
    client.send(get())
    expect(await rig.connection(1)).toBeDefined()
  })

  test('HEAD has the length and no content', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange('HEAD / HTTP/1.1\r\nHost: h\r\n\r\n')
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n')
    await client.seen('\r\n\r\n')
    client.send(get('/next'))
    await server.seen('/next')
    expect(dateless(client.text)).toBe('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n')
  })

  test.each([
    ['XTTP/1.1 200 OK\r\n\r\n', 500],
    ['HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n', 500],
    ['HTTP/1.1 200 OK\nContent-Length: 1\n\na', 500],
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n', 500],
    [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1_100_000)}\r\n\r\n`, 500],
    ['HTTP/1.1 100 Continue\r\n\r\n'.repeat(200), 500],
  ])('%# malformed ones are %d', async (octets, status) => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get('/', 'Connection: close\r\n'))
    server.send(octets)
    await client.over()
    expect(client.text).toMatch(new RegExp(`HTTP/1\\.1 ${status} Internal Server Error\r\n[^]*Internal Server Error$`))
    await server.over()
  })

  test.each([
    ['', 502],
    ['HTTP/1.1 200 OK\r\nA: b', 500],
  ])('cut short after %j: %d', async (octets, status) => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get())
    server.send(octets).socket.end()
    await client.seen('\r\n\r\n')
    expect(client.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  test('content that is malformed from its first octet is cut, too', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get())
    server.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n')
    await client.over()
    expect(client.text).not.toMatch(/ 500 |0\r\n\r\n/)
  })

  test('a reset after an interim answer is 502, an end 500', async () => {
    rig = await new Rig().start()
    const early = 'HTTP/1.1 199 Early\r\n\r\n'
    const [client, server] = await exchange(get('/', 'Connection: close\r\n'))
    server.send(early)
    await client.seen('HTTP/1.1 199 status code 199\r\n\r\n')
    server.socket.resetAndDestroy()
    await client.over()
    expect(client.text).toContain('HTTP/1.1 502 ')
    const [other, second] = await exchange(get('/', 'Connection: close\r\n'))
    second.send(early)
    await other.seen('199')
    second.socket.end()
    await other.over()
    expect(other.text).toContain('HTTP/1.1 500 ')
  })

  test.each([204, 304])('HEAD: an answer %d has no length', async (status) => {
    rig = await new Rig().start()
    const [client, server] = await exchange('HEAD / HTTP/1.1\r\nHost: h\r\n\r\n')
    server.send(`HTTP/1.1 ${status} X\r\nETag: x\r\nContent-Length: 4\r\n\r\n`)
    await client.seen('\r\n\r\n')
    expect(client.text).not.toContain('Content-Length')
  })

  test.each([
    ['Content-Length: 10\r\n\r\nabc', ''],
    ['Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', ''],
    ['Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n', 'half'],
  ])('content that is cut short (%j) is cut for the client', async (rest, mode) => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get())
    server.send(`HTTP/1.1 200 OK\r\n${mode === '' ? rest : rest.slice(0, -4)}`)
    await client.seen('abc')
    if (mode !== '') server.send('zz\r\n')
    else server.socket.end()
    await client.over()
    expect(client.text).not.toContain('0\r\n\r\n')
    expect(await rig.ended()).toMatchObject([{ status: 200, aborted: true, size: 3 }])
  })

  test('cut content of unknown length resets a client that could not tell', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange('GET / HTTP/1.0\r\nHost: h\r\n\r\n')
    server.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
    await client.seen('abc')
    server.socket.end()
    await client.until(() => client.closed)
    expect(client.error).toBe('ECONNRESET')
  })
})

describe('connections to servers', () => {
  test('are used again after both messages ended cleanly', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get('/1'))
    server.send(answer('one'))
    await client.seen('one')
    client.send(post(3, 'abc'))
    await server.seen('abc')
    server.send(answer('two'))
    await client.seen('two')
    expect(rig.server).toHaveLength(1)
  })

  test.each([
    ['says so', answer('one', 'Connection: close\r\n')],
    ['speaks HTTP/1.0', answer('one').replace('1.1', '1.0')],
    ['sends more than its answer', `${answer('one')}more`],
    ['sends a second answer', answer('one') + answer('two')],
  ])('are not when the server %s', async (_name, octets) => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get('/1'))
    server.send(octets)
    await client.seen('one')
    client.send(get('/2'))
    const next = await rig.connection(1)
    await next.seen('/2')
    next.send(answer('next'))
    await client.seen('next')
    expect(client.text).not.toContain('two')
  })

  test('octets on an idle connection destroy it', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get('/1'))
    server.send(answer('one'))
    await client.seen('one')
    server.send(answer('smuggled'))
    await server.over()
    client.send(get('/2'))
    const next = await rig.connection(1)
    await next.seen('/2')
    next.send(answer('two'))
    await client.seen('two')
    expect(client.text).not.toContain('smuggled')
  })

  test('idle ones beyond the limit close; negative means none is kept', async () => {
    rig = await new Rig().start(null, {}, { maxIdleConnsPerHost: -1 })
    const [client, server] = await exchange(get('/1'))
    server.send(answer('one'))
    await client.seen('one')
    await server.over()
  })

  test('idle ones close in time', async () => {
    rig = await new Rig().start(null, {}, { idleConnTimeoutMs: 100 })
    const [client, server] = await exchange(get('/1'))
    server.send(answer('one'))
    await client.seen('one')
    await server.over()
  })

  test('a reused one that ends without an answer: GET is sent once more, POST is not', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get('/1'))
    server.send(answer('one'))
    await client.seen('one')
    server.take()
    client.send(get('/2'))
    await server.seen('/2')
    server.socket.destroy()
    const second = await rig.connection(1)
    await second.seen('/2')
    second.send(answer('two'))
    await client.seen('two')
    client.take()
    second.take()
    client.send(post(1, 'x'))
    await second.seen('\r\n\r\nx')
    second.socket.destroy()
    await client.seen('Bad Gateway')
    expect(rig.server).toHaveLength(2)
  })

  test.each([
    ['PUT', '', 1],
    ['DELETE', '', 1],
    ['OPTIONS', '', 2],
    ['TRACE', '', 2],
    ['PUT', 'Idempotency-Key: 1\r\n', 2],
    ['POST', 'X-Idempotency-Key: 1\r\n', 2],
  ])('a reused one that ends without an answer: %s %j needs %i connections', async (method, field, connections) => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get('/1'))
    server.send(answer('one'))
    await client.seen('one')
    server.take()
    client.send(`${method} /2 HTTP/1.1\r\nHost: h\r\n${field}\r\n`)
    await server.seen('/2')
    server.socket.destroy()
    if (connections === 1) await client.seen('Bad Gateway')
    else await (await rig.connection(1)).seen('/2')
    expect(rig.server).toHaveLength(connections)
  })

  test('a new one that ends without an answer is not retried', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get())
    server.socket.resetAndDestroy()
    await client.seen('Bad Gateway')
    expect(client.text).toMatch(/^HTTP\/1.1 502 /)
    expect(rig.server).toHaveLength(1)
  })

  test('a server that does not listen is 502', async () => {
    rig = await new Rig().start()
    const port = rig.upstreamPort
    rig.close()
    rig = await new Rig().start(null, {}, {}, 'http', port)
    const client = await rig.client(get())
    await client.seen('Bad Gateway')
    expect(dateless(client.text)).toBe('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 11\r\n\r\nBad Gateway')
  })

  test('responseHeaderTimeout is 504', async () => {
    rig = await new Rig().start(null, {}, { responseHeaderTimeoutMs: 100 })
    const [client, server] = await exchange(get())
    await client.seen('Gateway Timeout')
    expect(client.text).toMatch(/^HTTP\/1.1 504 /)
    await server.over()
  })
})

describe('content on its way', () => {
  test('an early answer is delivered, the rest of the request is given up, and the connection is not reused', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange(post(1_000_000, 'x'.repeat(1000)))
    server.send('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno')
    await client.seen('\r\n\r\nno')
    await server.over()
    await client.over()
    expect(client.text).toMatch(/^HTTP\/1.1 413 /)
  })

  test('the server waits for 100 Continue from us as we for it', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange(post(4, '', 'Expect: 100-continue\r\n'))
    await turns()
    expect(client.text).toBe('')
    server.send('HTTP/1.1 100 Continue\r\n\r\n')
    await client.seen('100 Continue\r\n\r\n')
    client.send('data')
    await server.seen('data')
    server.send(answer('ok'))
    await client.seen('ok')
    expect(client.text.match(/100 Continue/g)).toHaveLength(1)
  })

  test('a server that does not say 100 Continue gets the content after a second', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange(post(4, '', 'Expect: 100-continue\r\n'))
    await client.seen('100 Continue\r\n\r\n')
    client.send('data')
    await server.seen('data')
  })

  test('a refusal instead of 100 Continue', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange(post(4, '', 'Expect: 100-continue\r\n'))
    server.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
    await client.over()
    expect(dateless(client.text)).toBe('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno')
    await server.over()
  })

  test('large content passes both ways unchanged, through a stalled reader, in bounded memory', async () => {
    rig = await new Rig().start()
    const size = 24 * 1024 * 1024
    const block = randomBytes(1024 * 1024)
    const want = createHash('sha256')
    for (let sent = 0; sent < size; sent += block.length) want.update(block)
    const expected = want.digest('hex')
    const client = await rig.client(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`)
    const server = await rig.connection()
    await server.seen('\r\n\r\n')
    server.take()
    server.socket.removeAllListeners('data')
    const up = createHash('sha256')
    let upSize = 0
    server.socket.on('data', (chunk: Buffer) => {
      up.update(chunk)
      upSize += chunk.length
      if (upSize < size) return
      server.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
      for (let sent = 0; sent < size; sent += block.length) server.socket.write(block)
    })
    server.socket.pause()
    for (let sent = 0; sent < size; sent += block.length) client.socket.write(block)
    const before = process.memoryUsage().arrayBuffers
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024)
    server.socket.resume()
    await client.seen('\r\n\r\n')
    expect(up.digest('hex')).toBe(expected)
    const down = createHash('sha256')
    let downSize = client.text.length - client.text.indexOf('\r\n\r\n') - 4
    down.update(Buffer.from(client.text.slice(client.text.length - downSize), 'latin1'))
    client.socket.removeAllListeners('data')
    client.socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 200))
    await new Promise<void>((resolve) => {
      client.socket.on('data', (chunk: Buffer) => {
        down.update(chunk)
        downSize += chunk.length
        if (downSize === size) resolve()
      })
      client.socket.resume()
    })
    expect(down.digest('hex')).toBe(expected)
    expect(await rig.ended()).toEqual([{ status: 200, size, requestSize: size, aborted: false }])
  })

  test('content in very many tiny chunks, to a reader that stalls', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange(get())
    client.socket.pause()
    server.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(400_000)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    server.send(`${'2\r\nyz\r\n'.repeat(1000)}0\r\n\r\n`)
    client.socket.resume()
    await client.seen('\r\n0\r\n\r\n')
    expect(client.text.replace(/^[\s\S]*?\r\n\r\n/, '').replace(/[0-9a-f]+\r\n([^\r]*)\r\n/g, '$1')).toBe(
      `${'x'.repeat(400_000)}${'yz'.repeat(1000)}`,
    )
    expect(await rig.ended()).toMatchObject([{ size: 402_000, aborted: false }])
  })

  test('many connections with large content do not mix their octets', async () => {
    rig = await new Rig().start()
    const size = 700_000
    const clients = await Promise.all(Array.from({ length: 12 }, (_, i) => rig.client(get(`/${i}`))))
    await rig.connection(11)
    await Promise.all(
      rig.server.map(async (server) => {
        await server.seen('\r\n\r\n')
        const n = Number(/\/(\d+) /.exec(server.text)![1])
        server.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
        for (let at = 0; at < size; at += 70_000) {
          server.socket.write(Buffer.alloc(70_000, 65 + n))
          if (n % 3 === 0) await turns(1)
        }
      }),
    )
    await Promise.all(
      clients.map(async (client, n) => {
        await client.until(() => client.text.length >= size + client.text.indexOf('\r\n\r\n') + 4)
        expect(client.text.slice(client.text.indexOf('\r\n\r\n') + 4)).toBe(String.fromCharCode(65 + n).repeat(size))
      }),
    )
  })
})

describe('a client that leaves', () => {
  const cases: [string, string, (server: Wire) => void][] = [
    ['before the answer', get(), () => {}],
    ['with half its content sent', post(100, 'abc'), () => {}],
    ['in the middle of the answer', get(), (server) => server.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')],
    ['in an endless answer', get(), (server) => server.send('HTTP/1.1 200 OK\r\n\r\nabc')],
  ]
  test.each(cases)('%s ends the exchange with the server', async (_name, octets, act) => {
    for (const leave of ['destroy', 'resetAndDestroy'] as const) {
      rig?.close()
      rig = await new Rig().start()
      const [client, server] = await exchange(octets)
      act(server)
      await turns(20)
      client.socket[leave]()
      await server.over()
      expect(await rig.ended()).toMatchObject([{ aborted: true }])
      await turns()
      expect(rig.ends).toHaveLength(1)
    }
  })

  test('while the server is dialled', async () => {
    rig = await new Rig().start()
    const client = await rig.client(get())
    client.socket.resetAndDestroy()
    await rig.ended()
  })
})

describe('upgrades', () => {
  const handshake = get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')
  const switched = 'HTTP/1.1 101 Switching Protocols\r\nX: 1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'

  test('101 makes a tunnel; what the server sent along passes, what the client sent ahead does not', async () => {
    rig = await new Rig().start()
    const [client, server] = await exchange(`${handshake}ahead`)
    expect(server.text).toContain('Upgrade: websocket\r\n')
    server.send(`${switched}first`)
    await client.seen('first')
    expect(dateless(client.take())).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nX: 1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nfirst',
    )
    server.take()
    client.send('ping')
    await server.seen('ping')
    expect(server.text).toBe('ping')
    server.send('pong')
    await client.seen('pong')
    expect(rig.ends).toHaveLength(0)
    client.socket.end()
    await server.until(() => server.ended)
    server.send('last').socket.end()
    await client.seen('last')
    await client.over()
    expect(await rig.ended()).toEqual([{ status: 101, size: 13, requestSize: 4, aborted: false }])
  })

  test('a tunnel has back pressure and no idle limit', async () => {
    rig = await new Rig().start(null, { idleTimeoutMs: 100, readTimeoutMs: 100, writeTimeoutMs: 100 })
    const [client, server] = await exchange(handshake)
    server.send(switched)
    await client.seen('\r\n\r\n')
    client.take()
    await new Promise((resolve) => setTimeout(resolve, 350))
    client.socket.pause()
    const block = Buffer.alloc(1024 * 1024, 'x')
    for (let i = 0; i < 16; i++) server.socket.write(block)
    await new Promise((resolve) => setTimeout(resolve, 100))
    client.socket.resume()
    await client.until(() => client.text.length === 16 * block.length)
  })

  test.each([
    ['another protocol', switched.replace('Upgrade: websocket', 'Upgrade: other'), 500],
    ['no protocol', switched.replace('Upgrade: websocket\r\n', ''), 500],
    ['a protocol that its Connection does not name', switched.replace('Connection: Upgrade\r\n', ''), 500],
    ['a refusal', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno', 403],
  ])('%s', async (_name, octets, status) => {
    rig = await new Rig().start()
    const [client, server] = await exchange(handshake)
    server.send(octets)
    await client.seen('\r\n\r\n')
    expect(client.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  test('either side that dies ends the other', async () => {
    for (const side of [0, 1]) {
      rig?.close()
      rig = await new Rig().start()
      const ends = await exchange(handshake)
      ends[1].send(switched)
      await ends[0].seen('\r\n\r\n')
      ends[side]!.socket.resetAndDestroy()
      await ends[1 - side]!.over()
      await rig.ended()
    }
  })
})
