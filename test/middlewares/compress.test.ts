import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import type { ContentCoding } from '../../src/contracts/ports.ts'
import { type Body, BytesBody } from '../../src/http/body.ts'
import { mediaTypeOf } from '../../src/http/media-type.ts'
import { chooseCoding, namesGzip } from '../../src/middlewares/compress/accept-encoding.ts'
import { compressElement } from '../../src/middlewares/compress/compress.schema.ts'
import { compress } from '../../src/middlewares/compress/compress.ts'
import {
  buildMiddleware,
  exchange,
  prepareErrorOf,
  type RequestSketch,
  type ResponseSketch,
  TestContext,
  testScopes,
} from '../support/middleware.ts'
import { PiecesBody, textOf } from '../support/pieces.ts'

type Options = z.input<typeof compressElement.schema>

const all: ContentCoding[] = ['gzip', 'br', 'zstd']

class Marked extends BytesBody {}

const codecs = (encodings: ContentCoding[] = all) => ({
  gunzip: (body: Body) => body,
  encodings,
  compress: (_body: Body, coding: ContentCoding) => new Marked(new TextEncoder().encode(coding)),
})

async function run(options: Options, sketch: RequestSketch, answer: ResponseSketch, encodings = all) {
  const middleware = buildMiddleware(
    compressElement,
    compress,
    options,
    testScopes({ ports: { codecs: codecs(encodings) } }),
  )
  const { response, cx } = await exchange(middleware, sketch, answer)
  const { content, headers } = response
  return {
    response,
    cx,
    headers,
    coding: content instanceof Marked ? await textOf(content) : null,
    vary: headers.getAll('vary'),
  }
}

const large = 'a'.repeat(1024)
const accept = (value: string): RequestSketch => ({ headers: ['Accept-Encoding', value] })

describe('chooseCoding', () => {
  test.each<[string[], ContentCoding[], ContentCoding, ContentCoding | null]>([
    [['gzip'], all, 'gzip', 'gzip'],
    [['br, zstd, gzip'], all, 'gzip', 'gzip'],
    [['gzip, br'], ['br', 'gzip'], 'br', 'br'],
    [['br;q=0.8, gzip;q=0.6'], all, 'gzip', 'br'],
    [['gzip;q=0.8', 'br;q=1.0, zstd;q=0.7'], all, 'gzip', 'br'],
    [['gzip;q=0, br'], all, 'gzip', 'br'],
    [['gzip;q=0'], all, 'gzip', null],
    [['gzip;q=x'], all, 'gzip', null],
    [['gzip;level=1;q=0'], all, 'gzip', 'gzip'],
    [['GZIP'], all, 'gzip', null],
    [['*'], all, 'zstd', 'zstd'],
    [['br, *'], all, 'gzip', 'gzip'],
    [['br, *;q=0.5'], all, 'gzip', 'br'],
    [['identity'], all, 'gzip', null],
    [['identity, br'], all, 'gzip', 'br'],
    [['identity;q=1, br;q=0.9'], all, 'gzip', null],
    [[''], all, 'gzip', null],
    [['rar, compress'], all, 'gzip', null],
    [['x'.repeat(10_000)], all, 'gzip', null],
  ])('%j of %j', (lines, offered, otherwise, expected) => {
    expect(chooseCoding(lines, offered, otherwise)).toBe(expected)
  })

  test.each([
    ['br, gzip', true],
    ['gzip;q=0, *', false],
    ['x-gzip', false],
    ['gzip;level=1;q=0', false],
    ['br, GZIP ; q=0.1', true],
    ['*', false],
  ])('%s names gzip: %s', (line, expected) => {
    expect(namesGzip(line)).toBe(expected)
  })
})

describe('compress', () => {
  test.each<[string, Options, RequestSketch, ResponseSketch, string | null, string[]]>([
    ['gzip', {}, accept('gzip'), { content: large }, 'gzip', ['Accept-Encoding']],
    [
      'behind the own Vary',
      {},
      accept('br'),
      { content: large, headers: ['Vary', 'Origin'] },
      'br',
      ['Accept-Encoding', 'Origin'],
    ],
    ['below the threshold', {}, accept('gzip'), { content: large.slice(1) }, null, ['Accept-Encoding']],
    ['own threshold', { minResponseBodyBytes: 3 }, accept('zstd'), { content: 'abc' }, 'zstd', ['Accept-Encoding']],
    ['a stream, however short', {}, accept('br'), { content: new PiecesBody(['a']) }, 'br', ['Accept-Encoding']],
    ['an empty stream', {}, accept('gzip'), { content: new PiecesBody([]) }, null, ['Accept-Encoding']],
    ['nothing', {}, accept('gzip'), { status: 304, content: '' }, null, ['Accept-Encoding']],
    ['HEAD', {}, { method: 'HEAD', ...accept('gzip') }, { content: large }, null, []],
    ['a switched connection', {}, accept('gzip'), { status: 101, content: large }, null, []],
    ['no Accept-Encoding', {}, {}, { content: large }, null, []],
    ['default encoding', { defaultEncoding: 'br' }, {}, { content: large }, 'br', ['Accept-Encoding']],
    ['default gzip is not applied', { defaultEncoding: 'gzip' }, {}, { content: large }, null, ['Accept-Encoding']],
    ['gzip for * is not applied', {}, accept('*'), { content: large }, null, ['Accept-Encoding']],
    [
      'encoded already',
      {},
      accept('gzip'),
      { content: large, headers: ['Content-Encoding', 'x'] },
      null,
      ['Accept-Encoding'],
    ],
    [
      'gRPC answer',
      {},
      accept('gzip'),
      { content: large, headers: ['Content-Type', 'application/grpc'] },
      null,
      ['Accept-Encoding'],
    ],
    [
      'gRPC request',
      {},
      { headers: ['Accept-Encoding', 'gzip', 'Content-Type', 'Application/GRPC'] },
      { content: large },
      null,
      [],
    ],
    [
      'excluded',
      { excludedContentTypes: ['Text/HTML; a=b'] },
      accept('br'),
      { content: large, headers: ['Content-Type', 'text/html; charset=x'] },
      null,
      ['Accept-Encoding'],
    ],
    [
      'included',
      { includedContentTypes: ['text/html'] },
      accept('br'),
      { content: large, headers: ['Content-Type', 'text/html; charset=x'] },
      'br',
      ['Accept-Encoding'],
    ],
    [
      'not included',
      { includedContentTypes: ['text/html'] },
      accept('gzip'),
      { content: large, headers: ['Content-Type', 'text/plain'] },
      null,
      ['Accept-Encoding'],
    ],
    [
      'no media type, gzip',
      {},
      accept('gzip'),
      { content: large, headers: ['Content-Type', '/x'] },
      'gzip',
      ['Accept-Encoding'],
    ],
    ['no media type', {}, accept('br'), { content: large, headers: ['Content-Type', '/x'] }, null, ['Accept-Encoding']],
    [
      'untyped, gzip looks',
      { includedContentTypes: ['text/html'] },
      accept('gzip'),
      { content: large },
      null,
      ['Accept-Encoding'],
    ],
    [
      'untyped, gzip finds',
      { includedContentTypes: ['text/plain'] },
      accept('gzip'),
      { content: large },
      'gzip',
      ['Accept-Encoding'],
    ],
    [
      'untyped, br does not look',
      { includedContentTypes: ['text/html'] },
      accept('br'),
      { content: large },
      'br',
      ['Accept-Encoding'],
    ],
    [
      'a range, gzip',
      {},
      accept('gzip'),
      { content: large, headers: ['Content-Range', 'bytes 0-1/2'] },
      null,
      ['Accept-Encoding'],
    ],
    [
      'a range, br',
      {},
      accept('br'),
      { content: large, headers: ['Content-Range', 'bytes 0-1/2'] },
      null,
      ['Accept-Encoding'],
    ],
    ['several ranges, zstd', {}, accept('zstd'), { status: 206, content: large }, null, ['Accept-Encoding']],
    [
      'forbidden to transform',
      {},
      accept('br'),
      { content: large, headers: ['Cache-Control', 'max-age=1', 'Cache-Control', 'public, No-Transform'] },
      null,
      ['Accept-Encoding'],
    ],
    [
      'no-transform within a quoted text',
      {},
      accept('br'),
      { content: large, headers: ['Cache-Control', 'private="a, no-transform, b"'] },
      'br',
      ['Accept-Encoding'],
    ],
    [
      'switched off by the server, br',
      {},
      accept('br'),
      { content: large, headers: ['No-Gzip-Compression', '1'] },
      'br',
      ['Accept-Encoding'],
    ],
  ])('%s', async (_name, options, sketch, answer, coding, vary) => {
    const outcome = await run(options, sketch, answer)
    expect([outcome.coding, outcome.vary]).toEqual([coding, vary])
    if (coding !== null) expect(outcome.headers.get('content-encoding')).toBe(coding)
  })

  test('fields of a compressed answer', async () => {
    const headers = ['Content-Length', '1024', 'Accept-Ranges', 'bytes', 'ETag', '"a"']
    const gzip = await run({}, accept('gzip'), { content: large, headers })
    expect(gzip.headers.lines).toEqual(['Vary', 'Accept-Encoding', 'ETag', 'W/"a"', 'Content-Encoding', 'gzip'])
    expect(gzip.cx.record.originSize).toBe(1024)
    const br = await run({}, accept('br'), { content: large, headers })
    expect(br.headers.lines).toEqual([
      'Vary',
      'Accept-Encoding',
      'Accept-Ranges',
      'bytes',
      'ETag',
      'W/"a"',
      'Content-Encoding',
      'br',
    ])
  })

  test.each<[Body, number]>([
    [new PiecesBody(['ab', 'cde'], 'complete'), 5],
    [new PiecesBody(['ab', 'cde'], 'broken'), -1],
  ])('content of unknown length is counted as it comes, where somebody asks for it', async (content, size) => {
    const passing = { ...codecs(), compress: (body: Body) => body }
    const middleware = buildMiddleware(compressElement, compress, {}, testScopes({ ports: { codecs: passing } }))
    const cx = new TestContext()
    let said = 0
    cx.onEnd(() => (said = cx.record.originSize))
    const { response } = await exchange(middleware, accept('gzip'), { content }, cx)
    await textOf(response.content).catch(() => {})
    cx.end({ status: 200, size: 3, requestSize: 0, aborted: false })
    expect(said).toBe(size)
  })

  test('a server may switch gzip off', async () => {
    const { coding, headers } = await run({}, accept('gzip'), { content: large, headers: ['No-Gzip-Compression', '1'] })
    expect([coding, headers.has('no-gzip-compression')]).toEqual([null, false])
  })

  test('only what the platform can make is offered', async () => {
    expect((await run({}, accept('zstd, br;q=0.5'), { content: large }, ['gzip', 'br'])).coding).toBe('br')
    expect((await run({ encodings: ['zstd'] }, accept('zstd'), { content: large }, ['gzip'])).vary).toEqual([])
  })

  test.each<[Options, string]>([
    [
      { excludedContentTypes: ['a/b'], includedContentTypes: ['c/d'] },
      'excludedContentTypes and includedContentTypes options are mutually exclusive',
    ],
    [{ encodings: ['gzip', 'deflate'] }, 'unsupported encoding: deflate'],
    [{ encodings: [] }, 'at least one encoding must be specified'],
    [{ encodings: ['gzip'], defaultEncoding: 'br' }, 'unsupported default encoding: br'],
    [{ excludedContentTypes: [''] }, 'parsing excluded media type: mime: no media type'],
    [{ includedContentTypes: ['/x'] }, 'parsing included media type: mime: no media type'],
    [{ includedContentTypes: ['a b'] }, 'parsing included media type: mime: expected slash after first token'],
    [{ includedContentTypes: ['text/'] }, 'parsing included media type: mime: expected token after slash'],
    [{ includedContentTypes: ['a/b c'] }, 'parsing included media type: mime: unexpected content after media subtype'],
    [{ includedContentTypes: ['a/b;x'] }, 'parsing included media type: mime: invalid media parameter'],
  ])('%o: %s', (options, error) => {
    expect(prepareErrorOf(compressElement, options)).toBe(error)
  })
})

test.each([
  ['text/html', 'text/html'],
  [' Text/HTML ; charset="a\\"b" ; x=y;', 'text/html'],
  ['text', 'text'],
  ['', null],
  ['text/', null],
  ['text/html; charset', null],
  ['text/html, a/b', null],
  ['x'.repeat(2_000), null],
])('media type of %j', (value, expected) => {
  expect(mediaTypeOf(value)).toBe(expected)
})
