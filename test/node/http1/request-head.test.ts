import { describe, expect, test } from 'vitest'
import { parseRequestHead, Refusal } from '../../../adapters/node/http1/request-head.ts'

const parse = (head: string) => parseRequestHead(`${head}\r\n\r\n`, head.length, 100)

const refused = (head: string): [number, string] => {
  const outcome = parse(head)
  if (!(outcome instanceof Refusal)) throw new Error(`accepted: ${JSON.stringify(outcome)}`)
  return [outcome.status, outcome.text]
}

const accepted = (head: string) => {
  const outcome = parse(head)
  if (outcome instanceof Refusal) throw new Error(`refused: ${outcome.text}`)
  return outcome
}

const H = 'Host: h'

describe('a request head is taken', () => {
  test('fields keep order, case and repetition; Host is taken out', () => {
    const head = accepted(
      'GET /a?b HTTP/1.1\r\nX-b: 1\r\nHost: h.test:81\r\nx-A:\t2 \t\r\nX-b:\r\nEmpty: \r\nHigh: \xe9\x80',
    )
    expect(head).toMatchObject({
      method: 'GET',
      target: '/a?b',
      authority: 'h.test:81',
      http11: true,
      length: 0,
      persistent: true,
    })
    expect(head.lines).toEqual(['X-b', '1', 'x-A', '2', 'X-b', '', 'Empty', '', 'High', '\xe9\x80'])
  })

  test.each([
    ['GET http://o.test:8/p?q HTTP/1.1', 'o.test:8', '/p?q'],
    ['GET HTTPS://O.test HTTP/1.1', 'O.test', '/'],
    ['GET http://o.test?q HTTP/1.1', 'o.test', '/?q'],
    ['GET http://@/p HTTP/1.1', 'h', '/p'],
    ['GET http:///p HTTP/1.1', 'h', '/p'],
    ['GET http://[::1]:8/p HTTP/1.1', '[::1]:8', '/p'],
    ['GET //x/y HTTP/1.1', 'h', '//x/y'],
    ['GET /\\x HTTP/1.1', 'h', '/\\x'],
    ['OPTIONS * HTTP/1.1', 'h', '*'],
    ['GET /x#y HTTP/1.1', 'h', '/x#y'],
  ])('target of %s', (line, authority, target) => {
    expect(accepted(`${line}\r\n${H}`)).toMatchObject({ authority, target })
  })

  test.each([
    ['GET / HTTP/1.1\r\nHost: h', true],
    ['GET / HTTP/1.1\r\nHost: h\r\nConnection: close', false],
    ['GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close', false],
    ['GET / HTTP/1.1\r\nHost: h\r\nConnection: x\r\nConnection: close', false],
    ['GET / HTTP/1.0', false],
    ['GET / HTTP/1.0\r\nConnection: Keep-Alive', true],
  ])('%j keeps the connection: %s', (head, persistent) => {
    expect(accepted(head).persistent).toBe(persistent)
  })

  test.each([
    ['Content-Length: 0', 0],
    ['Content-Length: 17', 17],
    ['Content-Length: 0017', 17],
    ['Transfer-Encoding: chunked', -1],
    ['Transfer-Encoding: chunked\r\nTrailer: X-T, Content-Lengths', -1],
    ['Trailer: Content-Length\r\nContent-Length: 4', 4],
    ['transfer-encoding: CHUNKED', -1],
    ['X: y', 0],
  ])('%s frames content', (line, length) => {
    expect(accepted(`POST / HTTP/1.1\r\n${H}\r\n${line}`).length).toBe(length)
  })

  test.each([
    ['Connection: Upgrade\r\nUpgrade: WebSocket', 'WebSocket'],
    ['Connection: keep-alive, upgrade\r\nUpgrade: SPDY/3.1', 'SPDY/3.1'],
    ['Connection: Upgrade\r\nUpgrade: h2c', null],
    ['Connection: Upgrade\r\nUpgrade: H2C/1', null],
    ['Connection: Upgrade\r\nUpgrade: "h2c"', null],
    ['Connection: Upgrade\r\nUpgrade: foo, h2c', null],
    ['Connection: Upgrade\r\nUpgrade: foo,h2c;x', null],
    ['Connection: Upgrade\r\nUpgrade: foo\r\nUpgrade: h2C', null],
    ['Connection: Upgrade\r\nUpgrade: h2c-like', 'h2c-like'],
    ['Connection: Upgrade\r\nUpgrade: x, H2C', null],
    ['Upgrade: websocket', null],
    ['Connection: Upgrade', null],
  ])('%j asks for an upgrade to %s', (lines, upgrade) => {
    expect(accepted(`GET / HTTP/1.1\r\n${H}\r\n${lines}`).upgrade).toBe(upgrade)
  })

  test.each(['', 'h', 'H.test', '[::1]', '[::1]:80', 'a_b.test:', '127.0.0.1:65535', "a!$&'()*+,;=b"])(
    'Host %j',
    (host) => {
      expect(accepted(`GET / HTTP/1.1\r\nHost: ${host}`).authority).toBe(host)
    },
  )

  test('HTTP/1.0 needs no Host', () => {
    expect(accepted('GET / HTTP/1.0')).toMatchObject({ authority: '', http11: false })
  })

  test.each(['/%2f?%zz', '/?%', '/%41'])('escapes: %s', (target) => {
    expect(accepted(`GET ${target} HTTP/1.1\r\n${H}`).target).toBe(target)
  })

  test('HTTP/1.0 may expect, too', () => {
    expect(accepted('POST / HTTP/1.0\r\nExpect: x').expect).toBe('x')
  })

  test('any token is a method', () => {
    expect(accepted(`pro-PFIND~ / HTTP/1.1\r\n${H}`).method).toBe('pro-PFIND~')
  })
})

describe('a request head is refused', () => {
  test.each([
    ['this is not http'],
    ['GET /x'],
    [`GET  / HTTP/1.1\r\n${H}`],
    [`GET /  HTTP/1.1\r\n${H}`],
    [`GET / HTTP/1.1 \r\n${H}`],
    [` GET / HTTP/1.1\r\n${H}`],
    [`GET\t/ HTTP/1.1\r\n${H}`],
    [`G@T / HTTP/1.1\r\n${H}`],
    [`GET / http/1.1\r\n${H}`],
    [`GET / HTTP/1.1x\r\n${H}`],
    [`GET / HTTP/11\r\n${H}`],
    [`GET x HTTP/1.1\r\n${H}`],
    [`GET * HTTP/1.1\r\n${H}`],
    [`GET ftp://h/ HTTP/1.1\r\n${H}`],
    [`GET http://u@h/ HTTP/1.1\r\n${H}`],
    [`GET http://u:p@h/ HTTP/1.1\r\n${H}`],
    [`GET http://h:1:2/ HTTP/1.1\r\n${H}`],
    [`GET /%zz HTTP/1.1\r\n${H}`],
    [`GET /a%2 HTTP/1.1\r\n${H}`],
    [`GET /a% HTTP/1.1\r\n${H}`],
    [`GET http://h/%?x HTTP/1.1\r\n${H}`],
    [`GET /\x01 HTTP/1.1\r\n${H}`],
    [`GET /\x7f HTTP/1.1\r\n${H}`],
    [`GET /\xc3\xa9 HTTP/1.1\r\n${H}`],
    [`\r\nGET / HTTP/1.1\r\n${H}`],
    [`GET / HTTP/1.1\r\n${H}\r\nX: a\r\n b`],
    [`GET / HTTP/1.1\r\n${H}\r\n b`],
    [`GET / HTTP/1.1\r\n${H}\r\n: a`],
    [`GET / HTTP/1.1\r\n${H}\r\nX`],
    [`GET / HTTP/1.1\r\n${H}\r\nX\x00: a`],
    [`GET / HTTP/1.1\r\n${H}\r\nX: a\x00b`],
    [`GET / HTTP/1.1\r\n${H}\r\nX: a\x01`],
    [`GET / HTTP/1.1\r\n${H}\r\nX: a\x7f`],
    [`GET / HTTP/1.1\r\n${H}\r\nX: a\nY: b`],
    [`GET / HTTP/1.1\r\n${H}\r\nX: a\rY: b`],
    [`GET / HTTP/1.1\n${H}`],
    [`GET / HTTP/1.1\r\n${H}\r\n${H}`],
    [`GET / HTTP/1.0\r\n${H}\r\n${H}`],
  ])('%j', (head) => {
    expect(refused(head)).toEqual([400, '400 Bad Request'])
  })

  test.each([
    ['GET / HTTP/1.1', 400, '400 Bad Request: missing required Host header'],
    ['GET http://h/ HTTP/1.1', 400, '400 Bad Request: missing required Host header'],
    ['GET / HTTP/1.1\r\nHost: x..', 400, '400 Bad Request: malformed Host header'],
    ['GET / HTTP/1.1\r\nHost: .x', 400, '400 Bad Request: malformed Host header'],
    ['GET / HTTP/1.1\r\nHost: a..b:80', 400, '400 Bad Request: malformed Host header'],
    ['GET / HTTP/1.1\r\nHost: .', 400, '400 Bad Request: malformed Host header'],
    ['GET http://x../ HTTP/1.1\r\nHost: x', 400, '400 Bad Request'],
    ['GET / HTTP/1.1\r\nHost: a b', 400, '400 Bad Request: malformed Host header'],
    ['GET / HTTP/1.1\r\nHost: a@b', 400, '400 Bad Request: malformed Host header'],
    ['GET / HTTP/1.1\r\nHost: a:1:2', 400, '400 Bad Request: malformed Host header'],
    ['GET / HTTP/1.1\r\nHost: a:x', 400, '400 Bad Request: malformed Host header'],
    ['GET / HTTP/1.1\r\nHost: a/b', 400, '400 Bad Request: malformed Host header'],
    ['GET / HTTP/1.1\r\nHost: [::1', 400, '400 Bad Request: malformed Host header'],
    ['GET / HTTP/1.1\r\nHost: ::1', 400, '400 Bad Request: malformed Host header'],
    ['GET / HTTP/1.1\r\nHost: a\\b', 400, '400 Bad Request: malformed Host header'],
    [`GET / HTTP/1.1\r\n${H}\r\nX : a`, 400, '400 Bad Request: invalid header name'],
    [`GET / HTTP/1.1\r\n${H}\r\nContent-Length : 1`, 400, '400 Bad Request: invalid header name'],
    [`GET / HTTP/2.0\r\n${H}`, 505, '505 HTTP Version Not Supported: unsupported protocol version'],
    [`GET / HTTP/1.2\r\n${H}`, 505, '505 HTTP Version Not Supported: unsupported protocol version'],
    [`GET / HTTP/0.9\r\n${H}`, 505, '505 HTTP Version Not Supported: unsupported protocol version'],
    [`GET / HTTP/1.1\r\n${H}\r\n${'X: y\r\n'.repeat(100)}X: y`, 431, '431 Request Header Fields Too Large'],
  ])('%j by %d %s', (head, status, text) => {
    expect(refused(head)).toEqual([status, text])
  })

  // Vectors of request smuggling.
  test.each([
    ['Content-Length: 4\r\nTransfer-Encoding: chunked', 400],
    ['Transfer-Encoding: chunked\r\nContent-Length: 4', 400],
    ['Transfer-Encoding: chunked\r\nTrailer: Content-Length', 400],
    ['Trailer: X-T\r\nTrailer: X-U, transfer-encoding\r\nTransfer-Encoding: chunked', 400],
    ['Trailer: trailer\r\nTransfer-Encoding: chunked', 400],
    ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', 501],
    ['Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', 501],
    ['Transfer-Encoding: chunked, identity', 501],
    ['Transfer-Encoding: identity, chunked', 501],
    ['Transfer-Encoding: gzip, chunked', 501],
    ['Transfer-Encoding: chunked, chunked', 501],
    ['Transfer-Encoding: xchunked', 501],
    ['Transfer-Encoding: "chunked"', 501],
    ['Transfer-Encoding: chunked;q=1', 501],
    ['Transfer-Encoding:', 501],
    ['Transfer-Encoding:\x0bchunked', 400],
    ['Transfer-Encoding: chunked\x0b', 400],
    ['Transfer-Encoding\t: chunked', 400],
    ['Transfer-Encoding : chunked', 400],
    [' Transfer-Encoding: chunked', 400],
    ['X: y\r\n\tTransfer-Encoding: chunked', 400],
    ['X: y\nTransfer-Encoding: chunked', 400],
    ['X: y\rTransfer-Encoding: chunked', 400],
    ['Content-Length: 4\r\nContent-Length: 4', 400],
    ['Content-Length: 4\r\nContent-Length: 5', 400],
    ['Content-Length: 4, 4', 400],
    ['Content-Length: +4', 400],
    ['Content-Length: -4', 400],
    ['Content-Length: 0x4', 400],
    ['Content-Length: 4 4', 400],
    ['Content-Length: 4.0', 400],
    ['Content-Length: 1e1', 400],
    ['Content-Length: ', 400],
    ['Content-Length: \xb2', 400],
    ['Content-Length: 9999999999999999', 400],
    ['Content-Length: 18446744073709551617', 400],
  ])('framing %j by %d', (lines, status) => {
    expect(refused(`POST / HTTP/1.1\r\n${H}\r\n${lines}`)[0]).toBe(status)
  })

  test('chunked in HTTP/1.0', () => {
    expect(refused('POST / HTTP/1.0\r\nTransfer-Encoding: chunked')[0]).toBe(400)
  })
})
