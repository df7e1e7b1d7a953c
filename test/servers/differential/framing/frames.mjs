// Requests over HTTP/2 as frames, and what can be wrong with their fields. Frames that are wrong themselves are not among
// them: whether a whole message has gone on by then is a matter of time.
import { CONTINUATION, DATA, END_HEADERS, END_STREAM, frame, HEADERS, section } from '../../../node/http2/frames.ts'

const LINES = [
  ['accept', '*/*'], ['cookie', 'a=b'], ['cookie', 'c=d'], ['x-a', '1'], ['content-type', 'text/plain'], ['te', 'trailers'], ['user-agent', 'x'], ['x-long', 'y'.repeat(200)],
] // biome-ignore format: a list
/** Fields of which nghttp2 says nothing are not among them: docs/differences.md. */
const STRANGE = [
  ['X-Upper', '1'], ['connection', 'keep-alive'], ['connection', 'x-a'], ['transfer-encoding', 'chunked'], ['keep-alive', '5'], ['proxy-connection', 'close'], ['upgrade', 'h2c'], ['te', 'gzip'],
  ['host', 'b.test'], ['host', 'a.test'], ['host', ''], ['content-length', '5'], ['content-length', '0'], ['content-length', '5, 5'], ['content-length', '+5'], ['content-length', ''], ['content-length', '99999999999999999999'],
  ['x-a', ' a'], ['x-a', 'a '], ['x-a', '\xff'], ['x_a', '1'],
  [':path', '/other'], [':method', 'POST'], [':authority', 'b.test'], [':scheme', 'https'], [':status', '200'], [':x', '1'], [':protocol', 'websocket'], ['expect', '100-continue'], ['trailer', 'content-length'],
  ['content_length', '3'], ['x-forwarded-for', '1.1.1.1'], ['x_forwarded_for', '1.1.1.1'], ['content-length', '5 '], ['http2-settings', 'AAMAAABkAAQAoAAAAAIAAAAA'],
] // biome-ignore format: a list
const PATHS = [
  '',
  '*',
  'a',
  'http://b.test/a',
  '/a b',
  '/a\x00',
  '/a#x',
  '/\xff',
  '//a',
  '/a?b=c',
  '/%zz',
  '/a\r\nx: y',
  '/..',
  '/a\t',
]
const METHODS = ['', 'get', 'G T', 'GET ', 'CONNECT', 'OPTIONS', 'PURGE', 'G\r\nX: y', 'PRI']
const AUTHORITIES = [
  '',
  'a.test:80',
  'user@a.test',
  'a.test,b.test',
  'a test',
  'a.test\r\nx: y',
  '[::1]',
  'a.test:x',
  'A.TEST',
  '/',
]

/** What stands in front of the fields, which may be strange too. */
function pseudo(random, method, strangeness) {
  const fields = {
    ':method': random.chance(strangeness / 4) ? random.pick(METHODS) : method,
    ':scheme': random.chance(strangeness / 6) ? random.pick(['', 'https', 'ftp', 'HTTP']) : 'http',
    ':path': random.chance(strangeness / 3) ? random.pick(PATHS) : random.pick(['/a', '/b', '/c?d=e']),
    ':authority': random.chance(strangeness / 4) ? random.pick(AUTHORITIES) : 'a.test',
  }
  const lines = Object.entries(fields)
  return random.chance(strangeness / 5) ? lines.filter(() => random.chance(0.75)) : lines
}

/** A field section in one frame, or in several. */
function heads(random, stream, block, flags) {
  if (random.chance(0.8)) return [frame(HEADERS, flags | END_HEADERS, stream, block)]
  const at = random.below(block.length + 1)
  return [
    frame(HEADERS, flags, stream, block.subarray(0, at)),
    frame(CONTINUATION, END_HEADERS, stream, block.subarray(at)),
  ]
}

/** One request, content included, as frames of a stream. */
function message(random, stream, strangeness) {
  const method = random.pick(['GET', 'GET', 'POST', 'PUT', 'DELETE', 'HEAD'])
  let lines = [...pseudo(random, method, strangeness), ...random.some(LINES, 0.15)]
  const size = method === 'POST' || method === 'PUT' || random.chance(0.1) ? random.pick([0, 3, 5]) : -1
  if (size >= 0 && random.chance(0.6)) lines.push(['content-length', String(size)])
  const strange = random.pick(STRANGE)
  const isLength = strange[0] === 'content-length'
  if (random.chance(strangeness) && !(isLength && size >= 0)) lines.splice(random.below(lines.length + 1), 0, strange)
  if (random.chance(strangeness / 6)) lines = lines.toReversed()
  const hasTrailers = random.chance(0.1)
  const frames = heads(random, stream, section(lines), size < 0 && !hasTrailers ? END_STREAM : 0)
  if (size >= 0) {
    const content = Buffer.from('GET /smuggled'.slice(0, size))
    const cut = random.below(content.length + 1)
    if (random.chance(0.3))
      frames.push(
        frame(DATA, 0, stream, content.subarray(0, cut)),
        frame(DATA, hasTrailers ? 0 : END_STREAM, stream, content.subarray(cut)),
      )
    else frames.push(frame(DATA, hasTrailers ? 0 : END_STREAM, stream, content))
  }
  if (hasTrailers) {
    frames.push(...heads(random, stream, section([['x-t', '1']]), END_STREAM))
  }
  return frames
}

/**
 * What a client sends on one connection behind preface and settings.
 * @param {import('../random.mjs').Random} random
 */
export function connectionFrames(random) {
  const strangeness = random.pick([0, 0.5, 0.9])
  const frames = []
  // Go ends the connection with content of a stream that it has reset, and with it what stands behind.
  const count = strangeness === 0 ? 1 + random.below(3) : 1
  for (let i = 0; i < count; i++) frames.push(...message(random, 2 * i + 1, strangeness))
  return frames
}
