import { describe, expect, test } from 'vitest'
import { UpstreamFailure } from '../../src/http/failure.ts'
import { Fields } from '../../src/http/fields.ts'
import { ProxyRequest } from '../../src/http/request.ts'
import type { FieldsWatcher } from '../../src/http/request-context.ts'
import { ProxyResponse } from '../../src/http/response.ts'
import type { ServerPlan } from '../../src/plan/services.ts'
import { forward } from '../../src/services/shared/forward.ts'
import { TestContext } from '../support/middleware.ts'
import { fakePorts } from '../support/ports.ts'

const server: ServerPlan = {
  url: 'http://10.0.0.1:81/base/',
  scheme: 'http',
  host: '10.0.0.1',
  port: 81,
  authority: '10.0.0.1:81',
  path: '/base/',
  weight: 1,
  preservePath: false,
}

interface Input {
  method?: string
  target?: string
  lines?: string[]
  upgrade?: string
  server?: Partial<ServerPlan>
  passHostHeader?: boolean
  answer?: ProxyResponse | UpstreamFailure
  omitForwardedFor?: boolean
  watcher?: FieldsWatcher
  cx?: TestContext
}

async function run(input: Input) {
  let seen: ProxyRequest | null = null
  const ports = fakePorts((request) => {
    seen = request
    return input.answer ?? new ProxyResponse(200, new Fields(), 'ok')
  })
  const transport = ports.transports.open({ scheme: 'http', host: '', port: 0, options: undefined as never })
  const handler = forward(transport, { ...server, ...input.server }, 'app@file', input.passHostHeader ?? true, ports)
  const request = new ProxyRequest(
    input.method ?? 'GET',
    'http',
    'shop.test:8000',
    input.target ?? '/x',
    new Fields(input.lines ?? []),
    null,
    input.upgrade ?? null,
    'HTTP/1.1',
  )
  const { cx = new TestContext({ address: '192.0.2.1' }), watcher = null } = input
  cx.record.fieldsWatcher = watcher
  if (input.omitForwardedFor) cx.handling.omitForwardedFor = true
  const response = await handler(request, cx)
  return { response, cx, seen: seen as ProxyRequest | null }
}

describe('what is told of a request', () => {
  test('which server it was for, also where it is not sent', async () => {
    const { cx } = await run({ method: 'CONNECT' })
    expect([cx.record.loadBalancer, cx.record.serverUrl]).toEqual(['app@file', 'http://10.0.0.1:81/base/'])
  })

  test('its fields before they are changed for the server', async () => {
    const seen: string[] = []
    await run({
      lines: ['Connection', 'X-K', 'X-K', 'v'],
      watcher: { fieldsLeave: ({ lines }) => void seen.push(...lines) },
    })
    expect(seen).toEqual(['Connection', 'X-K', 'X-K', 'v'])
  })

  test('nothing of what an earlier server has answered', async () => {
    const cx = new TestContext({ address: '192.0.2.1' })
    Object.assign(cx.record, { originStatus: 502, originSize: 9, originFields: ['X-R', 'r'] })
    await run({ cx, answer: new UpstreamFailure('connect', 'unsent', null) })
    expect(cx.record).toMatchObject({ originStatus: 502, originSize: -1, originFields: null })
  })
})

describe('requests', () => {
  test('lose hop-by-hop fields and those that Connection names, and get the client', async () => {
    const { seen } = await run({
      lines: [
        ...[
          'Connection',
          'x-drop, keep-alive',
          'X-Drop',
          '1',
          'Keep-Alive',
          'timeout=5',
          'Proxy-Authorization',
          'Basic x',
        ],
        ...[
          'TE',
          'gzip',
          'Upgrade',
          'h2c',
          'HTTP2-Settings',
          'AAA',
          'HTTP2_Settings',
          'AAA',
          'X-Keep',
          '1',
          'X-Forwarded-For',
          '1.1.1.1',
        ],
      ],
    })
    expect(seen?.headers.lines).toEqual([
      'X-Keep',
      '1',
      'X-Forwarded-For',
      '1.1.1.1, 192.0.2.1',
      'Accept-Encoding',
      'gzip',
    ])
  })

  test('keep TE: trailers and nothing else of it', async () => {
    const { seen } = await run({ lines: ['TE', 'gzip, trailers;q=0.5', 'Accept-Encoding', 'br'] })
    expect(seen?.headers.get('te')).toBe('trailers')
    expect(seen?.headers.get('accept-encoding')).toBe('br')
  })

  test('that upgrade say so anew', async () => {
    const { seen } = await run({ upgrade: 'websocket', lines: ['Connection', 'Upgrade', 'Upgrade', 'websocket'] })
    expect(seen?.headers.lines).toEqual([
      'X-Forwarded-For',
      '192.0.2.1',
      'Connection',
      'Upgrade',
      'Upgrade',
      'websocket',
      'Accept-Encoding',
      'gzip',
    ])
  })

  test.each([
    [
      ['Accept-Encoding', '', 'Accept-Encoding', 'br'],
      ['', 'br', 'gzip'],
    ],
    [
      ['Accept-Encoding', 'br', 'Accept-Encoding', ''],
      ['br', ''],
    ],
    [['Range', 'bytes=0-1'], []],
    [['Range', ''], ['gzip']],
  ])('%j: gzip is asked for unless the first line of these fields says something', async (lines, expected) => {
    const { seen } = await run({ lines })
    expect(seen?.headers.getAll('accept-encoding')).toEqual(expected)
  })

  test('an empty User-Agent is not sent, an empty X-Forwarded-For counts', async () => {
    const { seen } = await run({ lines: ['User-Agent', '', 'X-Forwarded-For', '', 'Range', '0'] })
    expect(seen?.headers.lines).toEqual(['Range', '0', 'X-Forwarded-For', ', 192.0.2.1'])
  })

  test('leave X-Forwarded-For alone when told so', async () => {
    const { seen } = await run({ omitForwardedFor: true })
    expect(seen?.headers.has('x-forwarded-for')).toBe(false)
  })

  test.each([
    [{}, '/x', '/x'],
    [{}, '', '/'],
    [{}, '?a=1', '/?a=1'],
    [{ preservePath: true }, '/p?q=2', '/base/p?q=2'],
    [{ preservePath: true }, '/', '/base/'],
    [{ preservePath: true, path: '/base' }, '', '/base/'],
    [{ preservePath: true, path: '' }, '/p', '/p'],
    [{}, '/x?a;b', '/x?a&b'],
  ])('target of %o and %s', async (over, target, sent) => {
    const { seen } = await run({ target, server: over })
    expect(seen?.target).toBe(sent)
  })

  test('carry the client’s host or the server’s', async () => {
    expect((await run({})).seen?.authority).toBe('shop.test:8000')
    expect((await run({ passHostHeader: false })).seen?.authority).toBe('10.0.0.1:81')
  })

  test('CONNECT is not forwarded', async () => {
    const { response, seen } = await run({ method: 'CONNECT' })
    expect([response.status, seen]).toEqual([501, null])
  })
})

describe('answers', () => {
  test('lose hop-by-hop fields and those that Connection names', async () => {
    const answer = new ProxyResponse(
      200,
      new Fields([
        'Connection',
        'x-drop',
        'X-Drop',
        '1',
        'Trailer',
        'X',
        'Upgrade',
        'h2c',
        'X-Keep',
        '1',
        'Set-Cookie',
        'a',
        'Set-Cookie',
        'b',
      ]),
      null,
    )
    const { response } = await run({ answer })
    expect(response.headers.lines).toEqual(['X-Keep', '1', 'Set-Cookie', 'a', 'Set-Cookie', 'b', 'Trailer', 'X'])
  })

  test.each([
    ['connect', 502, 'Bad Gateway'],
    ['reset', 502, 'Bad Gateway'],
    ['timeout', 504, 'Gateway Timeout'],
    ['aborted', 499, 'Client Closed Request'],
    ['tls', 500, 'Internal Server Error'],
    ['protocol', 500, 'Internal Server Error'],
  ] as const)('a failure of kind %s is %i', async (kind, status, content) => {
    const { response } = await run({ answer: new UpstreamFailure(kind, 'unsent', null) })
    expect([response.status, response.content, response.headers.lines]).toEqual([status, content, []])
    expect(response.failure?.kind).toBe(kind)
  })
})
