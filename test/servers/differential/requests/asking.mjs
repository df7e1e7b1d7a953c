// Random requests as octets, and what comes back.
import http2 from 'node:http2'
import net from 'node:net'
import tls from 'node:tls'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'

const TARGETS = [
  '/', '/p', '/p/', '/p/1', '/p/12/x', '/p1', '/q', '/q/', '/P', '/p.html', '/api/v1', '/api/v1/x', '/a%20b', '/a%20b/c',
  '/%C3%A9', '/%c3%a9/x', '/p/../q', '/p/./1', '//p', '/p//x', '/p;x=1', '/%70', '/p/%2e%2e/q', '/p+x',
  '/p%00', '/p%2Fx', '/p%3Fx', '/p%25x', '/p%5Cx', '/p%23', '/p%3B', '/p/?', "/p/!$&'()*+,;=:@", '/%', '/p%zz', '/~p-_.',
  'http://a.test/p', 'http://b.test', '/p#x', '/p/|', '/p/[x]', '/p/"', '/p/<x>', '/p/^`{}',
  '/p../q', '/p.%2E/x', '/p./1', '/q..', "/p/'", '/p/\\x', '/p\\..\\q', '/P../q//..', '/x/..%2Fq', '/a%20b/%2E./p',
] // biome-ignore format: a list
const QUERIES = [
  '',
  '',
  '',
  '?k=v',
  '?k=w',
  '?k=v&k=w',
  '?k',
  '?k=',
  '?K=v',
  '?k=a%20b',
  '?k=a+b',
  '?l=%',
  '?k=v;l=w',
  '?&&',
  '?k=v?x',
  '?%6b=v',
]
const HOSTS = [
  'a.test',
  'a.test',
  'b.test',
  'sub.a.test',
  'x.y.a.test',
  'A.TEST',
  'a.test.',
  'a.test:80',
  'a.test:8080',
  'b.test:443',
  '127.0.0.1',
  '[::1]',
  'other.test',
]
const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PURGE']
const LINES = [
  'X-K: v', 'X-K: w', 'x-k: v, w', 'X-K:', 'X-K:   a b  ', 'X-Other: v', 'Accept: */*', 'Accept: text/html', 'Cookie: lb=x; sid=1',
  'Cookie: a=1', 'Authorization: Basic dXNlcjpwYXNzd29yZA==', 'Authorization: Basic dXNlcjp3cm9uZw==', 'Authorization: Bearer x',
  'Origin: https://o.test', 'Origin: https://q.test', 'Origin: null', 'Access-Control-Request-Method: PUT',
  'Access-Control-Request-Headers: X-K', 'X-Forwarded-For: 10.1.1.1', 'X-Forwarded-For: 10.1.1.1, 8.8.8.8', 'X-Forwarded-For: x',
  'X-Forwarded-Proto: https', 'X-Forwarded-Host: f.test', 'X-Forwarded-Port: 99', 'X-Forwarded-Prefix: /f', 'X-Real-Ip: 9.9.9.9',
  'X-Forwarded-Uri: /u', 'X-Forwarded-Method: PUT', 'X-Forwarded-Tls-Client-Cert: x', 'Forwarded: for=1.2.3.4',
  'Accept-Encoding: gzip', 'Accept-Encoding: br', 'Accept-Encoding: gzip, br, zstd', 'Accept-Encoding: *', 'Accept-Encoding: identity',
  'Accept-Encoding: gzip;q=0, br;q=0.5', 'TE: trailers', 'TE: gzip', 'Connection: x-k', 'Connection: X-Forwarded-For', 'Keep-Alive: 5',
  'Proxy-Authorization: x', 'Proxy-Connection: keep-alive', 'Upgrade: foo', 'Via: 1.1 x', 'User-Agent: fuzz',
  'Referer: http://a.test/', 'Range: bytes=0-3', 'If-None-Match: "e"', 'Content-Type: application/grpc-web', 'Content-Type: text/plain',
  'X-Under_Score: 1', 'X.Other: v', 'X_Forwarded_For: 1.1.1.1', 'X-Auth-User: me', 'X-User: me', 'Trailer: X-T', 'Expect: 200-ok', 'Accept-Language: de',
] // biome-ignore format: a list
const BODIES = ['', 'x', 'hello', 'a'.repeat(40), 'é']

/** What servers are to answer, by the line `X-Want`. */
const WANTS = 12

/**
 * A request.
 * @param {import('../random.mjs').Random} random
 */
export function request(random) {
  const method = random.pick(METHODS)
  const target = random.pick(TARGETS)
  const lines = [
    `${method} ${target}${target === '*' || target.includes('#') ? '' : random.pick(QUERIES)} HTTP/1.${random.chance(0.95) ? 1 : 0}`,
    `Host: ${random.pick(HOSTS)}`,
    'Connection: close',
    ...(random.chance(0.7) ? [`X-Want: ${random.below(WANTS)}`] : []),
    ...Array.from({ length: random.below(5) }, () => random.pick(LINES)),
  ]
  let content = ''
  if (['POST', 'PUT', 'PATCH'].includes(method) || random.chance(0.05)) {
    const body = Buffer.from(random.pick(BODIES))
    if (random.chance(0.7)) lines.push(`Content-Length: ${body.length}`)
    else lines.push('Transfer-Encoding: chunked')
    const size = body.length.toString(16)
    content =
      lines.at(-1) === 'Transfer-Encoding: chunked'
        ? `${body.length === 0 ? '' : `${size}\r\n${body}\r\n`}0\r\n\r\n`
        : `${body}`
  }
  return `${lines.join('\r\n')}\r\n\r\n${content}`
}

/** @returns status, fields by lower-case name, content; `null`: the connection ended without an answer */
/** @param {string} from the address that the client has */
export const ask = (port, text, limitMs = 15_000, from = undefined) =>
  askBy(net.connect({ port, host: '127.0.0.1', localAddress: from }), text, limitMs)

/** The same octets through TLS. */
export const askByTls = (port, text, limitMs = 15_000) =>
  askBy(tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false }), text, limitMs)

function askBy(socket, text, limitMs) {
  return new Promise((resolve) => {
    const pieces = []
    const timer = setTimeout(() => socket.destroy(), limitMs)
    socket.on('data', (piece) => pieces.push(piece))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answerOf(Buffer.concat(pieces)))
    })
    socket.write(text)
  })
}

/** What HTTP/2 knows of an exchange by itself. */
const OF_CONNECTIONS =
  /^(connection|keep-alive|proxy-connection|transfer-encoding|upgrade|host|expect|te: (?!trailers$))/i

/**
 * The same request over HTTP/2 and TLS.
 * @param {{ key?: string, cert?: string }} credentials that are shown where the proxy asks for them
 * @returns as `ask`; `null` also where it is none for HTTP/2
 */
export function askSecurely(port, text, credentials = {}, limitMs = 15_000) {
  const end = text.indexOf('\r\n\r\n')
  const [first, ...lines] = text.slice(0, end).split('\r\n')
  const [method, target] = first.split(' ')
  const host = lines[0].slice('Host: '.length)
  const fields = {
    ':method': method,
    ':path': target.replace(/^http:\/\/[^/?]*\/?/, '/'),
    ':authority': host,
    ':scheme': 'https',
  }
  for (const line of lines) {
    if (OF_CONNECTIONS.test(line)) continue
    const at = line.indexOf(':')
    const name = line.slice(0, at).toLowerCase()
    const value = line.slice(at + 1).trim()
    fields[name] = fields[name] === undefined ? value : [fields[name], value].flat()
  }
  const isChunked = /\r\nTransfer-Encoding: chunked/.test(text.slice(0, end))
  const content = isChunked ? dechunked(Buffer.from(text.slice(end + 4))) : Buffer.from(text.slice(end + 4))
  return new Promise((resolve) => {
    const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, ...credentials })
    const timer = setTimeout(() => session.destroy(), limitMs)
    const finish = (answer) => {
      clearTimeout(timer)
      session.destroy()
      resolve(answer)
    }
    session.on('error', () => finish(null))
    try {
      const stream = session.request(fields, { endStream: content.length === 0 && !isChunked })
      const pieces = []
      let head = {}
      stream.on('response', (response) => (head = response))
      stream.on('data', (piece) => pieces.push(piece))
      stream.on('error', () => finish(null))
      stream.on('close', () => {
        const { ':status': status = 0, ...rest } = head
        const answered = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, [value].flat()]))
        finish({ status, fields: answered, content: decoded(Buffer.concat(pieces), answered) })
      })
      if (content.length > 0 || isChunked) stream.end(content)
    } catch {
      // Node's own client refuses some of what can be written by hand.
      finish(null)
    }
  })
}

function answerOf(octets) {
  let rest = octets
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return null
    const [first, ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n')
    rest = rest.subarray(end + 4)
    const status = Number(first.split(' ')[1])
    if (status < 200) continue
    const fields = {}
    for (const line of lines) {
      const at = line.indexOf(':')
      const name = line.slice(0, at).toLowerCase()
      fields[name] = [...(fields[name] ?? []), line.slice(at + 1).trim()]
    }
    const isChunked = fields['transfer-encoding']?.[0] === 'chunked'
    return { status, fields, content: decoded(isChunked ? dechunked(rest) : rest, fields) }
  }
}

const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync }

/** Encoders differ, and so does how long what they write is. */
function decoded(content, fields) {
  const decoder = DECODERS[fields['content-encoding']?.[0]]
  if (decoder === undefined || content.length === 0) return content.toString('latin1')
  delete fields['content-length']
  delete fields['transfer-encoding']
  try {
    return decoder(content).toString('latin1')
  } catch (error) {
    // What can't be decoded is no more than a difference.
    return `${error.message}: ${content.toString('latin1')}`
  }
}

function dechunked(octets) {
  const pieces = []
  let rest = octets
  for (;;) {
    const end = rest.indexOf('\r\n')
    const size = Number.parseInt(rest.subarray(0, end).toString('latin1'), 16)
    if (end === -1 || Number.isNaN(size)) return Buffer.concat([...pieces, Buffer.from('<broken>')])
    if (size === 0) return Buffer.concat(pieces)
    pieces.push(rest.subarray(end + 2, end + 2 + size))
    rest = rest.subarray(end + 4 + size)
  }
}
