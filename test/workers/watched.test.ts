import { createExecutionContext } from 'cloudflare:test'
import { describe, expect, test } from 'vitest'
import { EdgeContext } from '../../adapters/cloudflare/bridge/edge-context.ts'
import { toNative } from '../../adapters/cloudflare/bridge/response.ts'
import { StreamBody } from '../../src/http/body.ts'
import { Fields } from '../../src/http/fields.ts'
import type { ExchangeEnd } from '../../src/http/request-context.ts'
import { ProxyResponse } from '../../src/http/response.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

/** Content of pieces that come one by one, each when the one before has been asked for and `pace` is over. */
function contentOf(pieces: readonly (string | Error)[], length: number | null, pace = async () => {}) {
  const left = [...pieces]
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const piece = left.shift()
      await pace()
      if (piece === undefined) controller.close()
      else if (typeof piece === 'string') controller.enqueue(bytes(piece))
      else controller.error(piece)
    },
  })
  return new StreamBody(stream, length, true)
}

/** The answer with this content, for an exchange whose end somebody waits for. */
function watched(content: StreamBody) {
  const native = new Request('https://app.test/', { signal: new AbortController().signal })
  const cx = new EdgeContext('web', native, null, createExecutionContext(), 0)
  const ends: ExchangeEnd[] = []
  const ended = new Promise<ExchangeEnd>((resolve) => {
    cx.onEnd((end) => {
      ends.push(end)
      resolve(end)
    })
  })
  return { answer: toNative(new ProxyResponse(200, new Fields([]), content), 'GET', cx), ends, ended, cx }
}

describe('content whose end somebody waits for', () => {
  test.each([
    ['small, in one piece', ['hello'], 5],
    ['small, in several pieces', ['he', 'l', 'lo'], 5],
    ['empty', [], 0],
    ['large', ['x'.repeat(4000), 'y'.repeat(4000)], 8000],
    ['of unknown length', ['hel', 'lo'], null],
  ])('%s, arrives whole, and its end is told once', async (_, pieces, length) => {
    const { answer, ended, ends, cx } = watched(contentOf(pieces, length))
    cx.record.wantsSize = true
    const text = pieces.join('')
    expect(await (await answer).text()).toBe(text)
    expect(await ended).toEqual({ status: 200, size: text.length, requestSize: 0, aborted: false })
    expect(ends).toHaveLength(1)
  })

  test.each([
    ['fails at once', [new Error('lost')]],
    ['fails later', ['he', new Error('lost')]],
  ])('that %s does so for the client too', async (_, pieces) => {
    const { answer, ended, cx } = watched(contentOf(pieces, 5))
    await expect((await answer).text()).rejects.toThrow()
    expect(await ended).toMatchObject({ status: 200, aborted: true })
    expect(cx.aborted).toBe(true)
  })

  test('that does not come soon keeps no head back', async () => {
    let release = () => {}
    const waiting = new Promise<void>((resolve) => {
      release = resolve
    })
    const { answer, ended, ends } = watched(contentOf(['hello'], 5, () => waiting))
    const { status, body } = await answer
    expect([status, ends]).toEqual([200, []])
    const text = new Response(body).text()
    release()
    expect(await text).toBe('hello')
    expect(await ended).toMatchObject({ size: 5, aborted: false })
  })
})
