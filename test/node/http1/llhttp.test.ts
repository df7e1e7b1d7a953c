import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { connect, createServer as createTcp } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ChunkedDecoder } from '../../../adapters/node/http1/chunked.ts'
import { parseRequestHead, Refusal } from '../../../adapters/node/http1/request-head.ts'
import { CHUNKED, parseResponseHead, UNTIL_CLOSE } from '../../../adapters/node/http1/response-head.ts'

/**
 * Our parsers beside llhttp, which is read through node:http: where both take a message they must take the same one, and
 * a message that llhttp refuses for its grammar must not be taken by us.
 */

interface Seen {
  method: string
  target: string
  lines: string[]
  content: string
}

const octets = (text: string) => Buffer.from(text, 'latin1')

/** Content and how many octets it took, or null when it is broken or not all there. */
function content(rest: string, length: number): { data: string; used: number } | null {
  if (length >= 0) return rest.length < length ? null : { data: rest.slice(0, length), used: length }
  if (length === UNTIL_CLOSE) return { data: rest, used: rest.length }
  const decoder = new ChunkedDecoder()
  let data = ''
  const buffer = octets(rest)
  const used = decoder.decode(buffer, 0, buffer.length, {
    chunkData: (from, start, end) => {
      data += from.toString('latin1', start, end)
    },
  })
  return decoder.done ? { data, used } : null
}

/** What we make of a request, and the octets that it takes. */
function ours(text: string): { seen: Seen; octets: string } | null {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return null
  const head = parseRequestHead(text, end, 1000)
  if (head instanceof Refusal) return null
  const body = content(text.slice(end + 4), head.length === -1 ? CHUNKED : head.length)
  if (body === null) return null
  const { method, target, lines } = head
  return { seen: { method, target, lines, content: body.data }, octets: text.slice(0, end + 4 + body.used) }
}

let server: Server
let port = 0
/** First request that llhttp made of each connection, by the connection's port. */
const waiting = new Map<number, (seen: Seen | null) => void>()

beforeAll(async () => {
  server = createServer(
    { keepAliveTimeout: 1, maxHeaderSize: 1 << 20, requireHostHeader: false },
    (request, response) => {
      let data = ''
      request.on('data', (chunk: Buffer) => {
        data += chunk.toString('latin1')
      })
      request.on('end', () => {
        settle(request, {
          method: request.method ?? '',
          target: request.url ?? '',
          lines: withoutHost(request.rawHeaders),
          content: data,
        })
        response.end()
        request.socket.destroy()
      })
      request.on('error', () => settle(request, null))
    },
  )
  server.on('clientError', (_error, socket) => {
    waiting.get((socket as { remotePort?: number }).remotePort ?? 0)?.(null)
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => server.close())

const settle = (request: IncomingMessage, seen: Seen | null) => waiting.get(request.socket.remotePort ?? 0)?.(seen)

function withoutHost(lines: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < lines.length; i += 2) if (lines[i]!.toLowerCase() !== 'host') kept.push(lines[i]!, lines[i + 1]!)
  return kept
}

/** What llhttp makes of a request: null when it refuses it or waits for more. */
const llhttp = (text: string): Promise<Seen | null> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let local = 0
    const done = (seen: Seen | null) => {
      waiting.delete(local)
      socket.destroy()
      resolve(seen)
    }
    socket.on('connect', () => {
      local = socket.localPort ?? 0
      waiting.set(local, done)
      socket.end(octets(text))
    })
    socket.on('error', () => done(null))
    socket.on('close', () => done(null))
    socket.resume()
  })

/** Mostly sound, so that one oddity at a time decides. */
const mostly = (sound: fc.Arbitrary<string>, odd: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 4, arbitrary: sound }, { weight: 1, arbitrary: odd })

const soundLine = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'),
    fc.constantFrom('/', '/a?b=c', '/%zz', '//x'),
    fc.constantFrom('1.1', '1.1', '1.0'),
  )
  .map(([method, target, version]) => `${method} ${target} HTTP/${version}\r\n`)
const soundField = fc
  .tuple(
    fc.constantFrom('X-A', 'x-b', 'Accept', 'A_b', '!#$%&'),
    fc.constantFrom(':', ': ', ':\t'),
    fc.constantFrom('', '1', 'a b', ' a ', 'a\tb', '\xe9', '3, 3'),
  )
  .map((parts) => `${parts.join('')}\r\n`)

const token = fc.constantFrom(
  'X-A',
  'x-b',
  'Accept',
  'Cookie',
  'A_b',
  'a.b',
  '!#$%&',
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'Host',
  'X A',
  'X:',
  '',
  ' X',
  'X\t',
  'Ünï',
)
const value = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '',
      '1',
      'chunked',
      'close',
      'keep-alive',
      'a b',
      ' a ',
      '\ta\t',
      'h',
      '3',
      '0',
      '5',
      '3, 3',
      '+3',
      '0x3',
      'gzip, chunked',
      'chunked ',
      'Chunked',
      'a\tb',
      '\xe9',
      'a\x00b',
      'a\x7fb',
      'a\rb',
      'a\nb',
      'a\r\n b',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      maxLength: 12,
    }),
  },
)
const ending = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', ' \r\n')
const fieldLine = fc
  .tuple(token, fc.constantFrom(': ', ':', ': ', ':  ', ' : ', ':\t'), value, ending)
  .map((parts) => parts.join(''))
const requestLine = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'get', 'G T', ''),
    fc.constantFrom(' ', ' ', ' ', ' ', '  ', '\t'),
    fc.constantFrom('/', '/a?b=c', '/%zz', '//x', '/\x7f', '/a b', 'x', '/#f', '/\xe9', '/a\x00'),
    fc.constantFrom(' ', ' ', ' ', ' ', '  '),
    fc.constantFrom(
      'HTTP/1.1',
      'HTTP/1.1',
      'HTTP/1.1',
      'HTTP/1.0',
      'HTTP/1.2',
      'HTTP/0.9',
      'HTTP/2.0',
      'http/1.1',
      'HTTP/1.1 ',
    ),
    ending,
  )
  .map((parts) => parts.join(''))
const body = fc.constantFrom(
  '',
  'abc',
  'abcde',
  '3\r\nabc\r\n0\r\n\r\n',
  '0\r\n\r\n',
  '3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n',
  '0x3\r\nabc\r\n0\r\n\r\n',
  '3\nabc\n0\n\n',
  '3 \r\nabc\r\n0\r\n\r\n',
  '03\r\nabc\r\n0\r\n\r\n',
  '3\r\nabcd\r\n0\r\n\r\n',
  'fffffffffffffffff\r\nabc',
)
const framing = fc.constantFrom(
  '',
  '',
  'Content-Length: 3\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n',
  'Content-Length: 3\r\nContent-Length: 3\r\n',
  'Transfer-Encoding: identity\r\n',
  'transfer-encoding:\tchunked\r\n',
)

describe('requests beside llhttp', () => {
  test('what both take is the same, and nothing that llhttp refuses is taken', async () => {
    let both = 0
    await fc.assert(
      fc.asyncProperty(
        mostly(soundLine, requestLine),
        fc.array(mostly(soundField, fieldLine), { maxLength: 3 }),
        framing,
        body,
        async (line, fields, frame, rest) => {
          const text = `${line}Host: h\r\n${fields.join('')}${frame}\r\n${rest}`
          const mine = ours(text)
          if (mine === null) return
          const theirs = await llhttp(mine.octets)
          // llhttp knows a fixed list of methods and wants targets to be URLs; nothing else may differ.
          if (theirs === null && (/^[a-z]/.test(text) || mine.seen.target.includes('#'))) return
          expect(theirs).toEqual(mine.seen)
          both++
        },
      ),
      { numRuns: 4000 },
    )
    expect(both).toBeGreaterThan(500)
  }, 60_000)

  test('sound requests with any content', async () => {
    const field = fc.tuple(
      fc.constantFrom('X-A', 'x-b', 'Accept', 'A_b'),
      fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 20 }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(field, { maxLength: 8 }),
        fc.uint8Array({ maxLength: 60 }),
        fc.boolean(),
        async (fields, bytes, chunks) => {
          const data = Buffer.from(bytes).toString('latin1')
          const sized = data === '' ? '' : `${data.length.toString(16)}\r\n${data}\r\n`
          const text = `POST /x HTTP/1.1\r\nHost: h\r\n${fields.map(([name, text]) => `${name}: ${text}\r\n`).join('')}${
            chunks
              ? `Transfer-Encoding: chunked\r\n\r\n${sized}0\r\n\r\n`
              : `Content-Length: ${data.length}\r\n\r\n${data}`
          }`
          const mine = ours(text)
          expect(mine?.seen.content).toBe(data)
          expect(await llhttp(text)).toEqual(mine?.seen)
        },
      ),
      { numRuns: 300 },
    )
  }, 60_000)
})

describe('responses beside llhttp', () => {
  /** What llhttp makes of a response's octets. */
  const llhttpResponse = (text: string): Promise<{ status: number; lines: string[]; content: string } | null> =>
    new Promise((resolve) => {
      const tcp = createTcp((socket) => {
        socket.on('error', () => undefined)
        socket.once('data', () => socket.end(octets(text)))
      })
      tcp.listen(0, '127.0.0.1', () => {
        const address = tcp.address()
        const done = (seen: { status: number; lines: string[]; content: string } | null) => {
          tcp.close()
          outgoing.destroy()
          resolve(seen)
        }
        const outgoing = httpRequest({
          port: typeof address === 'object' && address !== null ? address.port : 0,
          host: '127.0.0.1',
          agent: false,
        })
        outgoing.on('error', () => done(null))
        outgoing.on('response', (response) => {
          let data = ''
          response.on('data', (chunk: Buffer) => {
            data += chunk.toString('latin1')
          })
          response.on('error', () => done(null))
          response.on('end', () =>
            done(
              response.complete
                ? { status: response.statusCode ?? 0, lines: response.rawHeaders, content: data }
                : null,
            ),
          )
        })
        outgoing.end()
      })
    })

  test('what both take is the same', async () => {
    const statusLine = fc
      .tuple(
        fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/1.2', 'HTP/1.1'),
        fc.constantFrom(' 200 OK', ' 404 Not Found', ' 500', ' 200 ', ' 20 OK', ' 2000 OK', '  200 OK', ' 200 O\x00K'),
        ending,
      )
      .map((parts) => parts.join(''))
    let both = 0
    await fc.assert(
      fc.asyncProperty(
        mostly(fc.constant('HTTP/1.1 200 OK\r\n'), statusLine),
        fc.array(mostly(soundField, fieldLine), { maxLength: 2 }),
        framing,
        body,
        async (line, fields, frame, rest) => {
          const text = `${line}${fields.join('')}${frame}\r\n${rest}`
          const end = text.indexOf('\r\n\r\n')
          const head = end === -1 ? null : parseResponseHead(text, end, 'GET', 100)
          if (head === null || head === 'count') return
          const mine = content(text.slice(end + 4), head.length)
          if (mine === null) return
          const theirs = await llhttpResponse(text.slice(0, end + 4 + mine.used))
          expect(theirs).toEqual({ status: head.status, lines: head.lines, content: mine.data })
          both++
        },
      ),
      { numRuns: 2000 },
    )
    expect(both).toBeGreaterThan(250)
  }, 60_000)
})
