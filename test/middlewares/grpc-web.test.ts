import { describe, expect, test } from 'vitest'
import type { Body } from '../../src/http/body.ts'
import { Fields } from '../../src/http/fields.ts'
import { grpcWebElement } from '../../src/middlewares/grpc-web/grpc-web.schema.ts'
import { grpcWeb } from '../../src/middlewares/grpc-web/grpc-web.ts'
import { trailerFrame } from '../../src/middlewares/grpc-web/grpc-web-content.ts'
import { buildMiddleware, exchange, TestContext } from '../support/middleware.ts'
import { PiecesBody, textOf } from '../support/pieces.ts'

const middleware = buildMiddleware(grpcWebElement, grpcWeb, { allowOrigins: ['https://web.example'] })

const preflight = (...headers: string[]) =>
  exchange(middleware, {
    method: 'OPTIONS',
    headers: [
      'Access-Control-Request-Method',
      'POST',
      'Access-Control-Request-Headers',
      'content-type,x-grpc-web',
      ...headers,
    ],
  })

const vary = ['Vary', 'Origin', 'Vary', 'Access-Control-Request-Method', 'Vary', 'Access-Control-Request-Headers']

describe('preflight', () => {
  test('of an allowed origin', async () => {
    const { response, seen } = await preflight('Origin', 'https://web.example')
    expect([response.status, response.content, seen]).toEqual([200, null, null])
    expect(response.headers.lines).toEqual([
      ...vary,
      ...['Access-Control-Allow-Origin', 'https://web.example', 'Access-Control-Allow-Methods', 'POST'],
      ...['Access-Control-Allow-Headers', 'Content-Type, X-Grpc-Web', 'Access-Control-Allow-Credentials', 'true'],
      ...['Access-Control-Max-Age', '600'],
    ])
  })

  test.each([[['Origin', 'https://evil.example']], [[]]])('of %o', async (origin) => {
    expect((await preflight(...origin)).response.headers.lines).toEqual(vary)
  })

  test('others pass', async () => {
    const { seen, response } = await exchange(middleware, {
      method: 'OPTIONS',
      headers: ['Access-Control-Request-Method', 'POST'],
    })
    expect(seen).not.toBeNull()
    expect(response.headers.lines).toEqual([])
  })

  test('without a method it counts as a call', async () => {
    const { seen, response } = await exchange(middleware, {
      method: 'OPTIONS',
      headers: ['Access-Control-Request-Headers', 'x-grpc-web'],
    })
    expect([seen!.headers.has('content-type'), response.headers.get('vary')]).toEqual([false, 'Origin'])
  })
})

async function call(type: string, pieces: string[], origin = 'https://web.example') {
  const content = new PiecesBody(['hello'])
  content.trailers = new Fields(['Grpc-Status', '0', 'grpc-message', 'ok'])
  const { response, seen } = await exchange(
    middleware,
    {
      method: 'POST',
      headers: ['Content-Type', type, 'Origin', origin, 'Content-Length', '4'],
      content: new PiecesBody(pieces),
    },
    { headers: ['Content-Type', 'application/grpc+proto', 'X-A', '1', 'Content-Length', '5'], content },
  )
  const sent = await textOf(seen!.content)
  const received =
    typeof response.content === 'string' ? '' : Buffer.from(await response.content!.bytes(1e6)).toString('latin1')
  return { response, seen: seen!, sent, received }
}

const frame = '\x80\0\0\0\x22grpc-message: ok\r\ngrpc-status: 0\r\n'

describe('call', () => {
  test('binary', async () => {
    const { response, seen, sent, received } = await call('application/grpc-web+proto', ['ping'])
    expect([seen.headers.get('content-type'), seen.headers.has('content-length'), seen.content!.length, sent]).toEqual([
      'application/grpc+proto',
      false,
      null,
      'ping',
    ])
    expect(received).toBe(`hello${frame}`)
    expect(response.headers.lines).toEqual([
      ...['Vary', 'Origin', 'Content-Type', 'application/grpc-web+proto', 'X-A', '1'],
      ...['Access-Control-Allow-Origin', 'https://web.example', 'Access-Control-Allow-Credentials', 'true'],
      'Access-Control-Expose-Headers',
      'Content-Type, Vary, X-A, Content-Length, Access-Control-Allow-Origin, Access-Control-Allow-Credentials, grpc-status, grpc-message',
    ])
  })

  test('trailers have become content: none follow, none are announced', async () => {
    const { response } = await call('application/grpc-web', ['ping'])
    expect([response.headers.has('trailer'), (response.content as Body).trailers]).toEqual([false, null])
  })

  test.each([[['cGluZw==']], [['cGl', 'uZw', '==']], [['cGlu', 'Zw==']], [['cA==aW5n']], [['cGlu\r\nZw==']]])(
    'text %j',
    async (pieces) => {
      const { response, seen, sent, received } = await call('application/grpc-web-text', pieces)
      expect([seen.headers.get('content-type'), sent]).toEqual(['application/grpc', 'ping'])
      expect(received).toBe(btoa('hello') + btoa(frame))
      expect(response.headers.get('content-type')).toBe('application/grpc-web-text+proto')
    },
  )

  test.each([[['cGl']], [['c*==']]])('text that is no base64 breaks off: %j', async (pieces) => {
    await expect(call('application/grpc-web-text', pieces)).rejects.toThrow()
  })

  test.each(['application/grpc-web', 'application/grpc-web-text'])(
    'of %s what the server has sent is counted where somebody asks for it',
    async (type) => {
      const cx = new TestContext()
      let size = -1
      cx.onEnd(() => (size = cx.record.originSize))
      const call = { method: 'POST', headers: ['Content-Type', type] }
      const { response } = await exchange(middleware, call, { content: new PiecesBody(['ab', 'cde']) }, cx)
      await textOf(response.content)
      cx.end({ status: 200, size: 99, requestSize: 0, aborted: false })
      expect(size).toBe(5)
    },
  )

  test('nobody counts for nobody', async () => {
    const call = { method: 'POST', headers: ['Content-Type', 'application/grpc-web'] }
    const { response, cx } = await exchange(middleware, call)
    await textOf(response.content)
    expect(cx.record.originSize).toBe(-1)
  })

  test('a refused origin is not blocked', async () => {
    const { response } = await call('application/grpc-web', ['x'], 'https://evil.example')
    expect([response.status, response.headers.has('access-control-allow-origin')]).toEqual([200, false])
  })

  test('an answer of our own gets an empty frame', async () => {
    const { response } = await exchange(
      middleware,
      { method: 'POST', headers: ['Content-Type', 'application/grpc-web'] },
      { status: 403, content: 'no' },
    )
    expect(Buffer.from(await (response.content as PiecesBody).bytes(10)).toString('latin1')).toBe('no\x80\0\0\0\0')
  })

  test('others pass as they are', async () => {
    const { response, seen } = await exchange(middleware, {
      method: 'POST',
      headers: ['Content-Type', 'application/json'],
    })
    expect([seen!.headers.lines, response.headers.lines]).toEqual([['Content-Type', 'application/json'], []])
  })
})

test('an empty trailer frame', () => {
  expect([...trailerFrame(null)]).toEqual([0x80, 0, 0, 0, 0])
})
