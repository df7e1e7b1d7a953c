import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import type { Origin } from '../../src/contracts/kinds.ts'
import type { Body } from '../../src/http/body.ts'
import { UpstreamFailure } from '../../src/http/failure.ts'
import type { ProxyRequest } from '../../src/http/request.ts'
import { forwardAuthElement } from '../../src/middlewares/forward-auth/forward-auth.schema.ts'
import { forwardAuth } from '../../src/middlewares/forward-auth/forward-auth.ts'
import { resolveLocation } from '../../src/middlewares/shared/resolve-location.ts'
import type { ServersTransportPlan } from '../../src/plan/plan.ts'
import {
  buildMiddleware,
  exchange,
  prepareErrorOf,
  type RequestSketch,
  type ResponseSketch,
  responseOf,
  TestContext,
  testScopes,
} from '../support/middleware.ts'
import { PiecesBody, textOf } from '../support/pieces.ts'
import { FakeClock } from '../support/ports.ts'

type Options = z.input<typeof forwardAuthElement.schema>

/** A request past an authentication server that gives this answer. */
async function run(
  options: Options,
  sketch: RequestSketch = {},
  answer: ResponseSketch | UpstreamFailure = {},
  service: ResponseSketch = {},
) {
  let asked: ProxyRequest | null = null
  let askedContent = ''
  let origin: Origin | null = null
  let plan: string | ServersTransportPlan = ''
  const scopes = testScopes({
    files: { '/ca.pem': '-----BEGIN CERTIFICATE-----', '/bad.pem': 'x' },
    ports: {
      clock: new FakeClock(),
      codecs: { gunzip: () => new PiecesBody(['plain']), encodings: [], compress: (body) => body },
    },
    transport: (options) => {
      plan = options.through
      origin = options.origin
      return {
        close() {},
        async send(request) {
          asked = request
          askedContent = await textOf(request.content)
          return answer instanceof UpstreamFailure ? answer : responseOf(answer)
        },
      }
    },
  })
  const middleware = buildMiddleware(
    forwardAuthElement,
    forwardAuth,
    { address: 'http://auth:81/verify?a=b', ...options },
    scopes,
  )
  const cx = new TestContext({ address: '192.0.2.7' })
  const { response, seen } = await exchange(middleware, sketch, service, cx)
  return {
    response,
    content: await textOf(response.content),
    seen,
    cx,
    askedContent,
    asked: asked as ProxyRequest | null,
    origin: origin as Origin | null,
    plan: plan as string | ServersTransportPlan,
  }
}

describe('the question', () => {
  const forwarded = [
    ...[
      'X-Forwarded-For',
      '1.2.3.4',
      'X-Forwarded-Host',
      'fake',
      'X-Forwarded-Method',
      'PATCH',
      'X-Forwarded-Port',
      '99',
    ],
    ...['X-Forwarded-Prefix', '/p', 'X_Forwarded_Prefix', '/q', 'X-Own', '1'],
  ]
  const written = [
    'X-Forwarded-Proto',
    'http',
    'X-Forwarded-Host',
    'app:8080',
    'X-Forwarded-Method',
    'POST',
    'X-Forwarded-Uri',
    '/x?y=1',
  ]
  const pairs = (lines: readonly string[]) =>
    lines.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${lines[i + 1]}`] : [])).sort()

  test.each<[string, Options, string[]]>([
    [
      'unset',
      {},
      [
        ...written,
        'X-Forwarded-For',
        '192.0.2.7',
        'X-Forwarded-Port',
        '99',
        'X-Forwarded-Prefix',
        '/p',
        'X_Forwarded_Prefix',
        '/q',
        'X-Own',
        '1',
        'User-Agent',
        'Go-http-client/1.1',
      ],
    ],
    [
      'false',
      { trustForwardHeader: false },
      [...written, 'X-Forwarded-For', '192.0.2.7', 'X-Forwarded-Port', '8080', 'X-Own', '1'],
    ],
    [
      'true',
      { trustForwardHeader: true },
      [
        'X-Forwarded-Proto',
        'http',
        'X-Forwarded-Uri',
        '/x?y=1',
        ...forwarded.slice(2),
        'X-Forwarded-For',
        '1.2.3.4, 192.0.2.7',
      ],
    ],
    [
      'unset, filtered',
      { authRequestHeaders: ['x-own'] },
      [...written, 'X-Forwarded-For', '192.0.2.7', 'X-Own', '1', 'User-Agent', 'Go-http-client/1.1'],
    ],
    [
      'false, filtered',
      { authRequestHeaders: ['X-Missing'], trustForwardHeader: false },
      [...written, 'X-Forwarded-For', '192.0.2.7', 'X-Forwarded-Port', '8080', 'User-Agent', 'Go-http-client/1.1'],
    ],
    [
      'false, filtered with a User-Agent',
      { authRequestHeaders: ['User-Agent'], trustForwardHeader: false },
      [...written, 'X-Forwarded-For', '192.0.2.7', 'X-Forwarded-Port', '8080'],
    ],
    [
      'true, filtered',
      { authRequestHeaders: ['X-Missing'], trustForwardHeader: true },
      [
        'X-Forwarded-Proto',
        'http',
        'X-Forwarded-Uri',
        '/x?y=1',
        ...forwarded.slice(2, -2),
        'X-Forwarded-For',
        '1.2.3.4, 192.0.2.7',
        'User-Agent',
        'Go-http-client/1.1',
      ],
    ],
  ])('trustForwardHeader %s', async (_name, options, lines) => {
    const { asked } = await run(options, { method: 'POST', host: 'app:8080', target: '/x?y=1', headers: forwarded })
    expect(pairs(asked!.headers.lines)).toEqual(pairs([...lines, 'Accept-Encoding', 'gzip']))
  })

  test('goes to the address as it stands, without content and connection fields', async () => {
    const { asked, origin, plan } = await run(
      {},
      {
        method: 'POST',
        content: 'data',
        headers: [
          'Connection',
          'X-Gone',
          'X-Gone',
          '1',
          'Keep-Alive',
          'x',
          'TE',
          'trailers',
          'Trailers',
          'x',
          'Upgrade',
          'websocket',
          'Proxy-Authorization',
          'p',
          'User-Agent',
          'u',
          'Expect',
          '100-continue',
        ],
        upgrade: 'websocket',
      },
    )
    expect([asked!.method, asked!.authority, asked!.target, asked!.content, asked!.upgrade]).toEqual([
      'GET',
      'auth:81',
      '/verify?a=b',
      null,
      null,
    ])
    expect(asked!.headers.lines.filter((_, i) => i % 2 === 0)).toEqual([
      'Proxy-Authorization',
      'User-Agent',
      'X-Forwarded-For',
      'X-Forwarded-Method',
      'X-Forwarded-Proto',
      'X-Forwarded-Host',
      'X-Forwarded-Uri',
      'Accept-Encoding',
    ])
    expect(origin).toEqual({ scheme: 'http', host: 'auth', port: 81 })
    expect(plan).toMatchObject({ responseHeaderTimeoutMs: 30_000, tls: { rootCAs: [], insecureSkipVerify: false } })
  })

  test('carries the content to both', async () => {
    const options = { forwardBody: true, maxBodySize: 4, preserveRequestMethod: true }
    const { asked, askedContent, seen } = await run(options, { method: 'PUT', content: new PiecesBody(['da', 'ta']) })
    expect([asked!.method, askedContent, await textOf(seen!.content)]).toEqual(['PUT', 'data', 'data'])
  })

  test('content over the limit is refused unasked', async () => {
    const { response, content, asked } = await run(
      { forwardBody: true, maxBodySize: 3 },
      { method: 'PUT', content: 'data' },
    )
    expect([response.status, content, response.headers.lines, asked]).toEqual([401, '', [], null])
  })

  test('TLS material is read at once', async () => {
    const { plan } = await run({ address: 'https://auth', tls: { ca: '/ca.pem', insecureSkipVerify: true } })
    expect(plan).toMatchObject({ tls: { rootCAs: ['-----BEGIN CERTIFICATE-----'], insecureSkipVerify: true } })
  })
})

describe('the answer', () => {
  test('2xx lets pass and moves fields', async () => {
    const { seen, response } = await run(
      { authResponseHeaders: ['X-Auth-User', 'x-gone', 'Content-Length'] },
      { headers: ['X_Auth_User', 'root', 'X-Gone', '1', 'X-Other', '2'] },
      { status: 204, headers: ['x-auth-user', 'ann', 'X-Auth-User', 'bob', 'X-Secret', 's', 'Content-Length', '5'] },
    )
    expect(seen!.headers.lines).toEqual(['X-Other', '2', 'X-Auth-User', 'ann', 'X-Auth-User', 'bob'])
    expect([response.status, response.headers.lines]).toEqual([200, []])
  })

  test('gzip that the client did not ask for is taken off', async () => {
    const answer = {
      status: 403,
      content: new PiecesBody(['zipped']),
      headers: ['Content-Encoding', 'gzip', 'Content-Length', '6'],
    }
    const { content, response } = await run({}, {}, answer)
    expect([content, response.headers.lines]).toEqual(['plain', []])
    const own = await run(
      {},
      { headers: ['Accept-Encoding', 'gzip'] },
      { ...answer, content: new PiecesBody(['zipped']) },
    )
    expect([own.content, own.response.headers.get('content-encoding')]).toEqual(['zipped', 'gzip'])
  })

  test('by expression', async () => {
    const { seen } = await run(
      { authResponseHeadersRegex: '^Foo-' },
      { headers: ['foo-bar', 'c', 'foo_baz', 'c', 'Other', 'c'] },
      { headers: ['foo-bar', 'a', 'Other', 'a'] },
    )
    expect(seen!.headers.lines).toEqual(['Other', 'c', 'Foo-Bar', 'a'])
  })

  test('cookies', async () => {
    const { response } = await run(
      { addAuthCookiesToResponse: ['a', 'new'] },
      {},
      { headers: ['Set-Cookie', 'a=auth; Path=/', 'Set-Cookie', 'other=auth', 'Set-Cookie', 'new=1'] },
      { headers: ['Set-Cookie', 'a=service', 'Set-Cookie', 'b=service'] },
    )
    expect(response.headers.getSetCookie()).toEqual(['b=service', 'a=auth; Path=/', 'new=1'])
  })

  test('the user for the log', async () => {
    expect((await run({ headerField: 'X-User' }, {}, { headers: ['X-User', 'ann'] })).cx.record.username).toBe('ann')
  })

  test('others are the response', async () => {
    const { response, content, seen } = await run(
      {},
      {},
      {
        status: 403,
        content: 'no',
        headers: ['X-Reason', 'r', 'Connection', 'X-Hop', 'X-Hop', '1', 'Keep-Alive', 'x', 'WWW-Authenticate', 'w'],
      },
    )
    expect([response.status, content, response.headers.lines, seen]).toEqual([
      403,
      'no',
      ['X-Reason', 'r', 'WWW-Authenticate', 'w'],
      null,
    ])
  })

  test.each<[string, ResponseSketch, Options, number, string | null]>([
    ['a relative location', { status: 302, headers: ['Location', '/login?x=1'] }, {}, 302, 'http://auth:81/login?x=1'],
    ['that is kept', { status: 302, headers: ['Location', '/login'] }, { preserveLocationHeader: true }, 302, '/login'],
    [
      'that is kept, in good form',
      { status: 302, headers: ['Location', '/a b'] },
      { preserveLocationHeader: true },
      302,
      '/a%20b',
    ],
    [
      'that is kept, but none',
      { status: 302, headers: ['Location', '/%zz'] },
      { preserveLocationHeader: true },
      500,
      null,
    ],
    ['that is none', { status: 302, headers: ['Location', 'http://h/%zz'] }, {}, 500, null],
    [
      'a sign-in page',
      { status: 401, headers: ['X-Secret', '1'] },
      { authSigninURL: 'https://login/?a=1' },
      302,
      'https://login/?a=1',
    ],
    ['only for 401', { status: 403 }, { authSigninURL: 'https://login/' }, 403, null],
  ])('%s', async (_name, answer, options, status, location) => {
    const { response } = await run(options, {}, answer)
    expect([response.status, response.headers.get('location'), response.headers.get('x-secret')]).toEqual([
      status,
      location,
      null,
    ])
  })

  test('a short one is measured, a broken one is 500', async () => {
    const short = await run({}, {}, { status: 403, content: new PiecesBody(['12', '34']) })
    expect([short.response.status, (short.response.content as Body).length]).toEqual([403, 4])
    const long = await run({}, {}, { status: 403, content: new PiecesBody(['x'.repeat(2049)]) })
    expect([long.response.status, (long.response.content as Body).length]).toEqual([403, null])
    const broken = await run({}, {}, { status: 403, content: new PiecesBody(['12'], 'broken') })
    expect([broken.response.status, broken.response.content]).toEqual([500, null])
  })

  test.each<[string, ResponseSketch | UpstreamFailure, number]>([
    ['none', new UpstreamFailure('connect', 'unsent', null), 500],
    ['too late', new UpstreamFailure('timeout', 'head-sent', null), 500],
    ['none as the client left', new UpstreamFailure('aborted', 'unsent', null), 499],
    ['too large', { content: new PiecesBody(['12', '34']) }, 401],
    ['too large a refusal', { status: 403, content: new PiecesBody(['12', '34'], 'complete', 4) }, 401],
    ['broken off', { content: new PiecesBody(['12'], 'broken') }, 500],
    ['just right', { content: new PiecesBody(['12', '3']) }, 200],
  ])('%s', async (_name, answer, status) => {
    const { response } = await run({ maxResponseBodySize: 3 }, {}, answer)
    expect(response.status).toBe(status)
    if (status !== 200) expect([response.content, response.headers.lines]).toEqual([null, []])
  })

  test('content of an answer that lets pass is read away', async () => {
    const content = new PiecesBody(['1', '2'], 'open')
    await run({}, {}, { content })
    expect([content.used, content.cancelled]).toEqual([true, false])
    const large = new PiecesBody(['x'.repeat(70_000)], 'open')
    await run({}, {}, { content: large })
    expect(large.paused).toBe(true)
  })
})

test.each(['', 'auth:81', 'ftp://auth/', 'http:///x', 'http://auth:99999/', 'http://auth/%zz'])(
  'an address %j is a 500 with each request',
  async (address) => {
    const { response, asked } = await run({ address })
    expect([response.status, response.content, asked]).toEqual([500, null, null])
  },
)

test.each<[Options, RegExp | string]>([
  [
    { authResponseHeadersRegex: '(' },
    /^error compiling regular expression \(: error parsing regexp: missing closing \)/,
  ],
  [{ tls: { ca: '/gone.pem' } }, 'unable to create client TLS configuration: failed to parse CA'],
  [{ tls: { cert: '/gone', key: '/gone' } }, 'unable to create client TLS configuration: cert file does not exist'],
  [
    { tls: { cert: '-----BEGIN x', key: '/gone' } },
    'unable to create client TLS configuration: key file does not exist',
  ],
  [{ tls: { cert: '/ca.pem' } }, 'unable to create client TLS configuration: both TLS cert and key must be defined'],
])('%o', (options, error) => {
  expect(prepareErrorOf(forwardAuthElement, options)).toMatch(error)
})

test.each([
  ['http://other/x', 'http://other/x'],
  ['//other/x', 'http://other/x'],
  ['/a/../b?c#d', 'http://auth:81/b?c#d'],
  ['b', 'http://auth:81/dir/b'],
  ['../b/', 'http://auth:81/b/'],
  ['..', 'http://auth:81/'],
  ['?q', 'http://auth:81/dir/page?q'],
  ['#f', 'http://auth:81/dir/page?x=1#f'],
  ['http://[', null],
])('location %s', (location, expected) => {
  expect(resolveLocation(location, { scheme: 'http', authority: 'auth:81', target: '/dir/page?x=1' })).toBe(expected)
})
