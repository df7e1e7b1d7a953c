import { describe, expect, test } from 'vitest'
import { CHUNKED, parseResponseHead, UNTIL_CLOSE } from '../../../adapters/node/http1/response-head.ts'

const parse = (head: string, method = 'GET') => parseResponseHead(`${head}\r\n\r\n`, head.length, method, 100)

describe('a response head is taken', () => {
  test.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 3', 'GET', 200, 3, true],
    ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close', 'GET', 200, 3, false],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked', 'GET', 200, CHUNKED, true],
    ['HTTP/1.1 200 OK', 'GET', 200, UNTIL_CLOSE, false],
    ['HTTP/1.0 200 OK', 'GET', 200, UNTIL_CLOSE, false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 3', 'GET', 200, 3, false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive', 'GET', 200, 3, true],
    ['HTTP/1.1 200', 'GET', 200, UNTIL_CLOSE, false],
    ['HTTP/1.1 200 ', 'GET', 200, UNTIL_CLOSE, false],
    ['HTTP/1.1 999 \xe9 x', 'GET', 999, UNTIL_CLOSE, false],
    ['HTTP/1.1 200 OK\r\nContent-Length: 3', 'HEAD', 200, 0, true],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked', 'HEAD', 200, 0, true],
    ['HTTP/1.1 200 OK', 'HEAD', 200, 0, true],
    ['HTTP/1.1 204 No Content\r\nContent-Length: 3', 'GET', 204, 0, true],
    ['HTTP/1.1 304 Not Modified\r\nContent-Length: 3', 'GET', 304, 0, true],
    ['HTTP/1.1 100 Continue', 'GET', 100, 0, true],
  ])('%j to %s', (head, method, status, length, persistent) => {
    expect(parse(head, method)).toMatchObject({ status, length, persistent })
  })

  test('fields keep order, case and repetition', () => {
    expect(parse('HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nx-a: 1\r\nSet-Cookie: b')).toHaveProperty('lines', [
      'Set-Cookie',
      'a',
      'x-a',
      '1',
      'Set-Cookie',
      'b',
    ])
  })
})

describe('a response head is refused', () => {
  test.each([
    'XTTP/1.1 200 OK',
    'HTTP/1.1 099 X',
    'HTTP/1.1 1000 X',
    'HTTP/1.1 20 X',
    'HTTP/1.1 abc X',
    'HTTP/1.1  200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/1.1 200 O\x00K',
    'HTTP/1.1 200 OK\nA: b',
    'HTTP/1.1 200 OK\r\nA: b\r\n c',
    'HTTP/1.1 200 OK\r\nA : b',
    'HTTP/1.1 200 OK\r\nA: b\x00',
    'HTTP/1.1 200 OK\r\nA',
    'HTTP/1.1 200 OK\r\nContent-Length: x',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T, Content-Length',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked',
  ])('%j', (head) => {
    expect(parse(head)).toBeNull()
  })
})
