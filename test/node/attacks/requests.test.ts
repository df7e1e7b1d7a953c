import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { type RawServer, startRawServer, talk } from '../../support/raw-server.ts'

let server: RawServer
let proxy: TestProxy

beforeAll(async () => {
  server = await startRawServer((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  const routers = Object.fromEntries(
    ['admin', 'strip', 'rewrite', 'moved', 'buffered'].map((name) => [
      name,
      { rule: `PathPrefix(\`/${name}\`)`, service: 'app', middlewares: [name] },
    ]),
  )
  proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: { ...routers, all: { rule: 'PathPrefix(`/`)', service: 'app', priority: 1 } },
        middlewares: {
          admin: { ipAllowList: { sourceRange: ['10.0.0.0/8'] } },
          strip: { stripPrefix: { prefixes: ['/strip'] } },
          rewrite: { replacePathRegex: { regex: '^/rewrite/(.*)', replacement: '/$1' } },
          moved: { redirectRegex: { regex: '^http://[^/]+/moved/(.*)', replacement: '/$1' } },
          buffered: { buffering: { maxRequestBodyBytes: 1_000_000 } },
        },
        services: { app: { loadBalancer: { servers: [{ url: server.url }] } } },
      },
    }),
    // Longer targets than the default takes reach the code that reads paths.
    ['--entryPoints.web.http.maxTargetBytes=1000000'],
  )
})
afterEach(() => {
  server.take()
})
afterAll(async () => {
  await proxy.stop()
  await server.close()
})

const HOST = 'Host: a.test\r\nConnection: close\r\n'
const ask = (octets: string): Promise<string> => talk(proxy.port, octets)
const get = (target: string, more = ''): Promise<string> => ask(`GET ${target} HTTP/1.1\r\n${HOST}${more}\r\n`)
const post = (fields: string, content: string): Promise<string> =>
  ask(`POST / HTTP/1.1\r\n${HOST}${fields}\r\n${content}`)
const statusOf = (answer: string): number => Number(answer.slice(9, 12))
const lineOf = (): string => server.take().split('\r\n')[0]!

describe('two ways to read where a request ends', () => {
  test.each([
    ['Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\nG', 400],
    ['Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', '5c\r\nGPOST / HTTP/1.1\r\n\r\n', 400],
    ['Content-Length: 3\r\nContent-Length: 0\r\n', 'abc', 400],
    ['Content-Length: 3, 3\r\n', 'abc', 400],
    ['Content-Length: +3\r\n', 'abc', 400],
    ['Transfer-Encoding: xchunked\r\n', '0\r\n\r\n', 501],
    ['Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n', 501],
    ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n', 501],
    ['Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n', 400],
    ['Transfer-Encoding : chunked\r\n', '0\r\n\r\n', 400],
    ['Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n', 400],
  ])('%j is refused and no server hears of it', async (fields, content, status) => {
    const answer = await post(fields, content)
    expect(statusOf(answer)).toBe(status)
    expect(answer).toContain('Connection: close')
    expect(server.take()).toBe('')
  })

  test.each(['0x3', '3 ', '+3', '-1', '', '3\n', 'fffffffffffff'])('a chunk of the size %j', async (size) => {
    expect(statusOf(await post('Transfer-Encoding: chunked\r\n', `${size}\r\nabc\r\n0\r\n\r\n`))).toBe(400)
  })

  test.each([
    ['Transfer_Encoding', 'Content_Length'],
    ['transfer.encoding', 'content.length'],
    ['Transfer~Encoding', 'Content!Length'],
  ])('a server that folds names gets no second length (%s)', async (coding, length) => {
    expect(statusOf(await post(`${coding}: chunked\r\n${length}: 7\r\nContent-Length: 3\r\n`, 'abc'))).toBe(200)
    const seen = server.take()
    expect(seen).toMatch(/\r\nContent-Length: 3\r\n\r\nabc$/)
    expect(seen).not.toMatch(/chunked|: 7/)
  })

  test.each(['Content-Length', 'Transfer-Encoding', 'Host', 'X-Forwarded-For', 'X-Real-Ip'])(
    'Connection can not take %s away',
    async (name) => {
      await ask(`POST / HTTP/1.1\r\nHost: a.test\r\nConnection: close, ${name}\r\nContent-Length: 3\r\n\r\nabc`)
      const seen = server.take()
      expect(seen).toMatch(/^POST \/ HTTP\/1\.1\r\nHost: a\.test\r\n/)
      expect(seen).toMatch(/\r\nX-Forwarded-For: 127\.0\.0\.1\r\n/)
      expect(seen).toMatch(/\r\nX-Real-Ip: 127\.0\.0\.1\r\n/)
      expect(seen).toMatch(/\r\nContent-Length: 3\r\n\r\nabc$/)
    },
  )

  test('content of a GET that looks like a request stays content', async () => {
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
    await ask(`GET / HTTP/1.1\r\n${HOST}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`)
    expect(server.take().endsWith(`\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`)).toBe(true)
  })
})

describe('who the client says it is', () => {
  test.each([
    'X_Forwarded_For',
    'x.forwarded.for',
    'X-FORWARDED-FOR',
    'X~Forwarded~For',
    'X_Real_Ip',
    'X-Forwarded_Host',
  ])('%s does not reach a server', async (name) => {
    await get('/', `${name}: 6.6.6.6\r\n`)
    expect(server.take()).not.toContain('6.6.6.6')
  })
})

describe('paths around a guard', () => {
  test.each(['//admin', '/x/../admin', '/%61dmin', '/%2e%2e/admin', '/./admin', '/strip/../admin', '/.%2e/admin'])(
    '%s is the guarded path',
    async (target) => {
      expect(statusOf(await get(target))).toBe(403)
      expect(server.take()).toBe('')
    },
  )

  test.each([
    '/strip..',
    '/strip../admin',
    '/strip%2f..%2fadmin',
    '/a#b',
    '/%zz',
    '/%',
    '/a\x7f',
    'ftp://b/',
    'http://u@a/',
  ])('%s is refused', async (target) => {
    expect(statusOf(await get(target))).toBe(400)
    expect(server.take()).toBe('')
  })

  test.each([
    ['/..%5cadmin', '/..%5Cadmin'],
    ['/..%2fadmin', '/..%2Fadmin'],
    ['/%c0%ae%c0%ae/admin', '/%C0%AE%C0%AE/admin'],
    ['/%00/admin', '/%00/admin'],
    ['/rewrite/%0d%0aX: 1'.replace(' ', ''), '/%0D%0AX:1'],
    ['http://b.test//x/../y', '/y'],
  ])('%s reaches servers as %s', async (target, seen) => {
    expect(statusOf(await get(target))).toBe(200)
    expect(lineOf()).toBe(`GET ${seen} HTTP/1.1`)
  })

  test.each(['/moved//evil.test', '/moved/\\evil.test', '/moved/%2fevil.test', '/moved/%5cevil.test'])(
    '%s redirects to no other host',
    async (target) => {
      expect(/\r\nLocation: ([^\r]*)/.exec(await get(target))?.[1]).toMatch(/^\/(?![/\\])/)
    },
  )
})

test.each(['put', 'Get', 'pOST'])('the method %s is handed on as it was sent', async (method) => {
  expect(statusOf(await ask(`${method} / HTTP/1.1\r\n${HOST}\r\n`))).toBe(200)
  expect(lineOf()).toBe(`${method} / HTTP/1.1`)
})

describe('much of everything', () => {
  test.each(['%20', '%FF', '%C3', '%F0%9F', 'a%CC'])(
    'a path of three hundred thousand %s',
    async (sequence) => {
      for (const path of ['/', '/strip/', '/rewrite/', '/moved/']) {
        const answer = await get(path + sequence.repeat(900_000 / sequence.length))
        expect([200, 302]).toContain(statusOf(answer))
      }
      expect(proxy.logged.filter(({ level }) => level === 'error')).toEqual([])
    },
    20_000,
  )

  test('one field too many, or one octet', async () => {
    expect(statusOf(await get('/', 'A: b\r\n'.repeat(1001)))).toBe(431)
    expect(statusOf(await get('/', `A: ${'b'.repeat(1_100_000)}\r\n`))).toBe(431)
  })

  test('content in a hundred thousand chunks of one octet', async () => {
    const chunks = `${'1\r\nx\r\n'.repeat(100_000)}0\r\n\r\n`
    const head = `POST /buffered HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`
    expect(statusOf(await ask(head + chunks))).toBe(200)
    expect(server.take()).toMatch(/\r\nContent-Length: 100000\r\n\r\nx{100000}$/)
  })
})
