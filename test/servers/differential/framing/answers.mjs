// Answers of a server as octets, and what can be wrong with them.
import { CHUNKED, inPieces, spoiled } from './octets.mjs'

const HEADS = [
  ['HTTP/1.1 200 OK', 'Content-Length: 5'],
  ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'],
  ['HTTP/1.1 200 OK', 'Connection: close'],
  ['HTTP/1.1 204 No Content'],
  ['HTTP/1.1 304 Not Modified', 'ETag: "e"'],
  ['HTTP/1.1 404 Not Found', 'Content-Length: 4'],
  ['HTTP/1.0 200 OK', 'Content-Length: 5'],
  ['HTTP/1.0 200 OK'],
  ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Trailer: X-T'],
  ['HTTP/1.1 302 Found', 'Location: /x', 'Content-Length: 0'],
]
const LINES = [
  'X-A: 1',
  'Server: s',
  'Set-Cookie: a=b',
  'Cache-Control: no-store',
  'Connection: keep-alive',
  'Content-Type: text/plain',
]
const STRANGE = [
  'Content-Length: 5', 'Content-Length: 3', 'Content-Length: 0', 'Content-Length: +5', 'Content-Length: 5, 5', 'Content-Length: 0x5',
  'Content-Length: 5 ', 'Content-Length : 5', 'Content-Length: -1', 'Content-Length: ', 'Content-Length: 99999999999999999999', 'Transfer-Encoding: chunked',
  'Transfer-Encoding: CHUNKED', 'Transfer-Encoding: identity', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding : chunked', 'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: ', ' X-Folded: 1', 'X-A: 1\r\n folded', 'X-A: a\rb', 'X-A: a\nb', 'X-A\r: 1', 'X-A: \x01', 'X-A: \x00',
  'X-A: \xff', 'X A: 1', ': 1', 'X-A', 'Connection: Content-Length', 'Connection: Transfer-Encoding', 'Connection: close', 'Upgrade: websocket', 'X-A:1', 'Content-Length: 5\r\nContent-Length: 6',
  'Content-Length: 5\r\nContent-Length: 5', 'Trailer: Content-Length', 'Content_Length: 3', 'Keep-Alive: timeout=1', 'Proxy-Connection: close', 'Content-Encoding: gzip',
] // biome-ignore format: a list
const FIRST_LINES = [
  'HTTP/1.1 200', 'HTTP/1.1 200 ', 'HTTP/1.1  200 OK', 'HTTP/1.1 2000 OK', 'HTTP/1.1 20 OK', 'HTTP/1.1 abc OK', 'HTTP/1.1 -20 OK', 'HTTP/2.0 200 OK', 'HTTP/1.2 200 OK', 'HTTP/0.9 200 OK',
  'http/1.1 200 OK', 'HTTP/1.1 200 O\rK', 'HTTP/1.1\t200\tOK', ' HTTP/1.1 200 OK', '\r\nHTTP/1.1 200 OK', '\nHTTP/1.1 200 OK', 'HTTP/1.1 999 X', 'HTTP/1.1 600 X', 'HTTP/1.1 099 X', 'ICY 200 OK',
  'HTTP/1.1 101 Switching Protocols', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK', 'HTTP/1.1 200 \xff',
  'HTTP/1.1 100 Continue', 'HTTP/1.1 102 Processing\r\nContent-Length: 3\r\n\r\nHTTP/1.1 200 OK',
] // biome-ignore format: a list
/** What may stand behind an answer: nobody has asked for it. */
const LEFT_OVER = ['', '', '', '\r\n', 'x', 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned', '0\r\n\r\n', '\x00']

/**
 * What a server sends for one request.
 * @param {import('../random.mjs').Random} random
 * @returns pieces, each sent by itself, and whether it closes then
 */
export function answer(random) {
  const strangeness = random.pick([0, 0.6, 0.9])
  let [first, ...lines] = random.pick(HEADS)
  lines.push(...random.some(LINES, 0.12))
  let content = ''
  if (lines.some((line) => line.startsWith('Transfer-Encoding'))) content = random.pick(CHUNKED)
  const [, length] = /Content-Length: (\d+)/.exec(lines.join('\n')) ?? []
  if (length !== undefined) content = 'hello'.slice(0, Number(length))
  if (lines.includes('Connection: close') || (first === 'HTTP/1.0 200 OK' && length === undefined))
    content = 'until the end'
  if (random.chance(strangeness)) lines.splice(random.below(lines.length + 1), 0, random.pick(STRANGE))
  if (random.chance(strangeness / 3)) first = random.pick(FIRST_LINES)
  const text = `${[first, ...lines].join('\r\n')}\r\n\r\n${content}${random.pick(LEFT_OVER)}`
  const closes = content === 'until the end' || random.chance(0.5)
  return { pieces: inPieces(random, spoiled(random, text)), closes }
}
