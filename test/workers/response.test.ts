import { createExecutionContext } from 'cloudflare:test'
import { describe, expect, test } from 'vitest'
import { EdgeContext } from '../../adapters/cloudflare/bridge/edge-context.ts'
import { EdgeResponse, toNative } from '../../adapters/cloudflare/bridge/response.ts'
import { StreamBody } from '../../src/http/body.ts'
import { Fields } from '../../src/http/fields.ts'

/** A server's answer, as the platform brings it and as the core sees it. */
function answered(init: ResponseInit = {}) {
  const came = new Response('abc', { headers: { 'Content-Type': 'text/plain', 'X-A': '1' }, ...init })
  const lines: string[] = []
  came.headers.forEach((value, name) => {
    lines.push(name, value)
  })
  const content = new StreamBody(came.body as ReadableStream<Uint8Array>, 3, true)
  const received = { headers: came.headers, lines: lines.slice() }
  return { came, response: new EdgeResponse(came, new Fields(lines), content, received) }
}

const exchange = () => new EdgeContext('web', new Request('https://app.test/'), null, createExecutionContext(), 0)

describe('a server\u2019s answer', () => {
  test('goes on as it came where nobody has changed it', async () => {
    const { came, response } = answered()
    expect(await toNative(response, 'GET', exchange())).toBe(came)
  })

  const changes: readonly [string, (response: EdgeResponse) => void][] = [
    ['a field more', ({ headers }) => headers.append('X-B', '2')],
    ['a field less', ({ headers }) => headers.delete('x-a')],
    ['another value', ({ headers }) => headers.set('x-a', '2')],
    [
      'another status',
      (response) => {
        response.status = 201
      },
    ],
    [
      'other content',
      (response) => {
        response.content = new StreamBody(new Response('xyz').body as ReadableStream<Uint8Array>, null)
      },
    ],
  ]

  test.each(changes)('is another one with %s', async (_, change) => {
    const { came, response } = answered()
    change(response)
    const { status, content } = response
    const answer = await toNative(response, 'GET', exchange())
    expect(answer).not.toBe(came)
    expect(answer.status).toBe(status)
    const fields = response.headers.lines.filter((_line, at) => at % 2 === 0).map((name) => name.toLowerCase())
    expect([...answer.headers.keys()]).toEqual(fields)
    expect(await answer.text()).toBe(content instanceof StreamBody && content.length === 3 ? 'abc' : 'xyz')
  })

  test('has no reason phrase of the server\u2019s own', async () => {
    const { came, response } = answered({ statusText: 'As I Like' })
    const answer = await toNative(response, 'GET', exchange())
    expect(answer).not.toBe(came)
    expect(answer.statusText).toBe('OK')
  })

  test('is copied where somebody waits for its end, and its end is told', async () => {
    const { came, response } = answered()
    const cx = exchange()
    const ended = new Promise((resolve) => {
      cx.onEnd(resolve)
    })
    const answer = await toNative(response, 'GET', cx)
    expect(answer).not.toBe(came)
    expect(await answer.text()).toBe('abc')
    expect(await ended).toMatchObject({ status: 200, size: 3, aborted: false })
  })
})
