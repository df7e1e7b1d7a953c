import { afterEach, describe, expect, test, vi } from 'vitest'
import { EdgeContext } from '../../adapters/cloudflare/bridge/edge-context.ts'
import { loadOnDemand } from '../../adapters/cloudflare/bridge/on-demand.ts'
import { toNative } from '../../adapters/cloudflare/bridge/response.ts'
import { createLogger, createPorts } from '../../adapters/cloudflare/ports.ts'
import type { BuildScope } from '../../src/contracts/kinds.ts'
import { StreamBody } from '../../src/http/body.ts'
import { Fields } from '../../src/http/fields.ts'
import { AheadBody } from '../../src/http/read-ahead.ts'
import { ProxyRequest } from '../../src/http/request.ts'
import { ProxyResponse } from '../../src/http/response.ts'
import { compress } from '../../src/middlewares/compress/compress.ts'

await loadOnDemand({ middlewares: ['compress'] })
const ports = createPorts(createLogger('panic'), null)
const config = {
  excluded: ['application/grpc'],
  included: [],
  minBytes: 1,
  encodings: ['br', 'gzip'],
  defaultEncoding: null,
} as const

const text = 'some words that come again and again, '.repeat(5_000)

/** A stream of the runtime's own, which is read in pieces. */
const native = (): ReadableStream => new Response(text).body!

/** What the client gets, and the content that the middleware made. */
async function answer(coding: string, length: number | null, stream = native(), isRaw = true) {
  const handle = compress.build(config, { ports } as BuildScope)(() => {
    return new ProxyResponse(
      200,
      new Fields(['Content-Type', 'text/plain']),
      new StreamBody(stream as never, length, isRaw),
    )
  })
  const received = new Request('http://a.test/', { headers: { Host: 'a.test' } })
  const fields = new Fields(['Accept-Encoding', coding])
  const request = new ProxyRequest('GET', 'http', 'a.test', '/', fields, null, null, 'HTTP/1.1')
  const execution = { waitUntil: () => {} } as unknown as ExecutionContext
  const cx = new EdgeContext('web', received, null, execution, 0)
  return toNative(await handle(request, cx), 'GET', cx)
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('content that compress encodes does not pass through JavaScript', () => {
  test('of known length: the stream is the one that came', async () => {
    const stream = native()
    const pipe = vi.spyOn(StreamBody.prototype, 'pipe')
    const response = await answer('gzip', text.length, stream)
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(response.body).toBe(stream)
    expect(pipe).not.toHaveBeenCalled()
  })

  test.each(['gzip', 'br'])('of unknown length, by %s: all but its first piece', async (coding) => {
    const pipe = vi.spyOn(AheadBody.prototype, 'pipe')
    const response = await answer(coding, null)
    expect(response.headers.get('content-encoding')).toBe(coding)
    // What a Response gives here is not encoded yet.
    expect(await response.text()).toBe(text)
    expect(pipe).not.toHaveBeenCalled()
  })

  test('a stream that the runtime cannot pass on by itself is read as before', async () => {
    const { readable, writable } = new IdentityTransformStream()
    const writer = writable.getWriter()
    void writer.write(new TextEncoder().encode(text)).then(() => writer.close())
    expect(await (await answer('gzip', null, readable, false)).text()).toBe(text)
  })

  test('a client that leaves ends what comes', async () => {
    let cancelled = false
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
      cancel: () => {
        cancelled = true
      },
    })
    const response = await answer('gzip', null, stream)
    await response.body!.cancel()
    await expect.poll(() => cancelled).toBe(true)
  })

  test('empty content stays as it is', async () => {
    const response = await answer('gzip', null, new Response('').body!)
    expect(response.headers.get('content-encoding')).toBe(null)
    expect(await response.text()).toBe('')
  })
})
