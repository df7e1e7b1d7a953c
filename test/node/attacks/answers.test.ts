import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { type RawServer, startRawServer, talk } from '../../support/raw-server.ts'

const OK = 'HTTP/1.1 200 OK\r\n'
const GOOD = `${OK}Content-Length: 4\r\n\r\ngood`

let server: RawServer
let proxy: TestProxy
/** What the server says to a request of `/evil`. */
let evil = ''

beforeAll(async () => {
  server = await startRawServer((socket, head) => {
    socket.write(Buffer.from(head.startsWith('GET /evil') ? evil : GOOD, 'latin1'))
  })
  proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: { all: { rule: 'PathPrefix(`/`)', service: 'app' } },
        services: { app: { loadBalancer: { servers: [{ url: server.url }] } } },
      },
    }),
  )
})
afterAll(async () => {
  await proxy.stop()
  await server.close()
})

const get = (target: string, more = ''): Promise<string> =>
  talk(proxy.port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}\r\n`)

async function attack(answer: string): Promise<string> {
  evil = answer
  return get('/evil')
}

describe('answers that can be read in two ways', () => {
  test.each([
    ['both lengths', `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ['two lengths', `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`],
    ['a list of lengths', `${OK}Content-Length: 2, 2\r\n\r\nok`],
    ['a signed length', `${OK}Content-Length: +2\r\n\r\nok`],
    ['a bare line feed', `${OK}A: b\nContent-Length: 2\r\n\r\nok`],
    ['a folded line', `${OK}A: b\r\n c\r\nContent-Length: 2\r\n\r\nok`],
    ['a bare carriage return', `${OK}A: b\rSet-Cookie: c\r\nContent-Length: 2\r\n\r\nok`],
    ['a blank before the colon', `${OK}Content-Length : 2\r\n\r\nok`],
    ['a NUL', `${OK}A: \0\r\nContent-Length: 2\r\n\r\nok`],
    ['another coding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['no status', 'HTTP/1.1 000 X\r\nContent-Length: 2\r\n\r\nok'],
    ['a long status', 'HTTP/1.1 2000 X\r\nContent-Length: 2\r\n\r\nok'],
    ['another version', 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['a switch nobody asked for', 'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nevil'],
    ['an endless row of 1xx', 'HTTP/1.1 102 P\r\n\r\n'.repeat(1000) + GOOD],
    ['too many fields', `${OK}${'A: b\r\n'.repeat(2000)}Content-Length: 2\r\n\r\nok`],
    ['a head of two megabytes', `${OK}A: ${'b'.repeat(2_000_000)}\r\n\r\n`],
  ])('%s: refused, and the connection is dropped', async (_name, answer) => {
    expect((await attack(answer)).replace(/(?:HTTP\/1\.1 102 Processing\r\n\r\n)*/, '')).toMatch(/^HTTP\/1\.1 500 /)
    expect(await get('/')).toMatch(/\r\n\r\ngood$/)
  })

  test.each([
    ['a whole answer behind the answer', `${OK}Content-Length: 2\r\n\r\nok${OK}Content-Length: 4\r\n\r\nevil`],
    [
      '… behind chunks',
      `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${OK}Content-Length: 4\r\n\r\nevil`,
    ],
    ['content of a 204', `HTTP/1.1 204 N\r\nContent-Length: 4\r\n\r\nevil`],
    ['content of a 304', `HTTP/1.1 304 N\r\nContent-Length: 4\r\n\r\nevil`],
  ])('%s is nobody’s answer', async (_name, answer) => {
    expect(await attack(answer)).not.toContain('evil')
    for (let i = 0; i < 3; i++) expect(await get('/')).toMatch(/\r\n\r\ngood$/)
  })
})

describe('content', () => {
  test('trailers that would be taken for fields of the head are dropped', async () => {
    const trailers =
      'Content-Length: 5\r\nTransfer-Encoding: x\r\nX-Sum: y\r\nConnection: X\r\nHost: q\r\nSet-Cookie: a=b\r\n'
    const answer = await attack(`${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${trailers}\r\n`)
    expect(answer).toMatch(/\r\n\r\n2\r\nok\r\n0\r\nX-Sum: y\r\n\r\n$/)
  })

  test('gzip that only we asked for and that is none is cut off, not passed', async () => {
    const answer = await attack(`${OK}Content-Encoding: gzip\r\nContent-Length: 7\r\n\r\ngarbage`)
    expect(answer).not.toContain('garbage')
    expect(answer).not.toMatch(/\r\n0\r\n\r\n$/)
  })

  test('gzip that ends early does not look complete', async () => {
    const whole = gzipSync('hello '.repeat(1000)).toString('latin1')
    const cut = whole.slice(0, -6)
    expect(await attack(`${OK}Content-Encoding: gzip\r\nContent-Length: ${cut.length}\r\n\r\n${cut}`)).not.toMatch(
      /\r\n0\r\n\r\n$/,
    )
  })
})
