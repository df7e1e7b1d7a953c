// Requests as octets, one after the other on a connection, and what can be wrong with them.
import { CHUNKED, inPieces, spoiled } from './octets.mjs'

const HEADS = [
  ['GET /a HTTP/1.1', 'Host: a.test'],
  ['HEAD /h HTTP/1.1', 'Host: a.test'],
  ['POST /b HTTP/1.1', 'Host: a.test', 'Content-Length: 5'],
  ['POST /c HTTP/1.1', 'Host: a.test', 'Transfer-Encoding: chunked'],
  ['PUT /d HTTP/1.1', 'Host: a.test', 'Content-Length: 0'],
  ['DELETE /e HTTP/1.1', 'Host: a.test', 'Content-Length: 3'],
  ['POST /f HTTP/1.1', 'Host: a.test', 'Transfer-Encoding: chunked', 'Trailer: X-T'],
  ['GET /g HTTP/1.0', 'Host: a.test', 'Connection: keep-alive'],
  ['OPTIONS /i HTTP/1.1', 'Host: a.test', 'Content-Type: text/plain'],
]
const LINES = [
  'X-A: 1',
  'Accept: */*',
  'Cookie: a=b',
  'X-Long: xxxxxxxxxxxxxxxxxxxx',
  'Connection: close',
  'Expect: 100-continue',
]

/** Lines that smuggle, or are said to. */
const STRANGE = [
  'Content-Length: 5', 'Content-Length: 3', 'Content-Length: 0', 'Content-Length: +5', 'Content-Length: 5, 5', 'Content-Length: 5,3',
  'Content-Length: 0x5', 'Content-Length: 5 ', 'Content-Length:\t5', 'Content-Length : 5', 'Content-Length: -1', 'Content-Length: ',
  'Content-Length: 99999999999999999999', 'content_length: 5', 'Content-Length\x00: 5', 'Transfer-Encoding: chunked', 'Transfer-Encoding: CHUNKED',
  'Transfer-Encoding: identity', 'Transfer-Encoding: chunked, identity', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding : chunked',
  'Transfer-Encoding:\x0bchunked', 'Transfer-Encoding: xchunked', 'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: "chunked"', 'Transfer-Encoding: chunked;x=y', 'Transfer-Encoding: ', 'TE: chunked', ' X-Folded: 1', '\tX-Folded: 1',
  'X-A: 1\r\n folded', 'X-A: a\rb', 'X-A: a\nb', 'X-A\r: 1', 'X-A: \x01', 'X-A: \x7f', 'X-A: \xff', 'X A: 1', ': 1', 'X-A', '', 'Host: b.test', 'Host: ',
  'Host: a.test\r\nHost: a.test', 'Connection: Content-Length', 'Connection: Transfer-Encoding', 'Connection: Host', 'Upgrade: h2c',
  'X-\u00e9: 1', 'X(A): 1', 'X-A:1', 'X-A:  1  ', '\x00: 1', 'Content-Length: 5\r\nContent-Length: 5', 'Content-Length: 5\r\nContent-Length: 6',
  'Trailer: Content-Length', 'Content-Encoding: chunked', 'Content-Length: 1e1', 'Content-Length: \uff15',
] // biome-ignore format: a list
const FIRST_LINES = [
  'GET  /a HTTP/1.1', 'GET /a  HTTP/1.1', ' GET /a HTTP/1.1', 'GET\t/a\tHTTP/1.1', 'GET /a HTTP/1.1 ', 'GET /a HTTP/2.0', 'GET /a HTTP/1.2', 'GET /a HTTP/0.9',
  'GET /a', 'get /a HTTP/1.1', 'G@T /a HTTP/1.1', 'GET /a b HTTP/1.1', 'GET /a\x00b HTTP/1.1', 'GET a HTTP/1.1', 'GET * HTTP/1.1', 'GET http://b.test/a HTTP/1.1',
  'GET http:///a HTTP/1.1', 'CONNECT a.test:443 HTTP/1.1', 'GET /a HTTP/1.1x', 'GET /a http/1.1', 'GET /a HTTP/11', 'GET /a\r HTTP/1.1', '\r\nGET /a HTTP/1.1',
  '\r\n\r\nGET /a HTTP/1.1', '\nGET /a HTTP/1.1', 'GET /\xff HTTP/1.1', 'PRI * HTTP/2.0', 'GET //a HTTP/1.1', 'GET /a HTTP/1.1\r',
] // biome-ignore format: a list

/** One request of a stream, with its content. @param {import('../random.mjs').Random} random */
function message(random, strangeness) {
  let [first, ...lines] = random.pick(HEADS)
  // Of several Connection fields Go looks at the first alone, to know whether an old client stays.
  const isMeant = (line) => !(first.endsWith('1.0') && line.startsWith('Connection'))
  lines.push(...random.some(LINES, 0.12).filter(isMeant))
  let content = ''
  if (lines.some((line) => line.startsWith('Transfer-Encoding'))) content = random.pick(CHUNKED)
  const [, length] = /Content-Length: (\d+)/.exec(lines.join('\n')) ?? []
  if (length !== undefined) content = 'GET /smuggled HTTP/1.1\r\n\r\n'.slice(0, Number(length))
  if (random.chance(strangeness)) {
    const at = random.below(lines.length + 1)
    const strange = random.pick(STRANGE)
    if (isMeant(strange)) lines.splice(at, 0, strange)
  }
  if (random.chance(strangeness / 3)) first = random.pick(FIRST_LINES)
  if (random.chance(strangeness / 8)) lines = lines.filter((line) => !line.startsWith('Host'))
  return `${[first, ...lines].join('\r\n')}\r\n\r\n${content}`
}

/**
 * What a client sends on one connection.
 * @param {import('../random.mjs').Random} random
 * @returns pieces, each sent by itself
 */
export function stream(random) {
  const strangeness = random.pick([0, 0.4, 0.8])
  let text = Array.from({ length: 1 + random.below(3) }, () => message(random, strangeness)).join('')
  if (random.chance(0.7)) text += 'GET /last HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n'
  return inPieces(random, spoiled(random, text))
}
