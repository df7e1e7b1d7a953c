import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { headersElement } from '../../src/middlewares/headers/headers.schema.ts'
import { headers } from '../../src/middlewares/headers/headers.ts'
import {
  buildMiddleware,
  exchange,
  prepareErrorOf,
  type RequestSketch,
  type ResponseSketch,
  TestContext,
  testScopes,
} from '../support/middleware.ts'

type Options = z.input<typeof headersElement.schema>
const build = (options: Options) => buildMiddleware(headersElement, headers, options)

describe('request fields', () => {
  test.each<[Options['customRequestHeaders'], string[], string[]]>([
    [{ 'X-Script-Name': 'test' }, [], ['X-Script-Name', 'test']],
    [{ 'x-team': 'set' }, ['X-Team', 'one', 'x-team', 'two'], ['X-Team', 'set']],
    [{ 'X-TEAM': '' }, ['x-team', 'one', 'X-Other', 'stay', 'X-Team', 'two'], ['X-Other', 'stay']],
    [{ x_low: ' é ' }, [], ['X_low', 'Ã©']],
    [{ 'content-length': '3', 'Transfer-Encoding': 'x' }, ['Content-Length', '9'], ['Content-Length', '9']],
    [{ Host: '' }, ['A', 'b'], ['A', 'b']],
  ])('%o', async (customRequestHeaders, sent, expected) => {
    const { seen } = await exchange(build({ customRequestHeaders: customRequestHeaders! }), { headers: sent })
    expect(seen?.headers.lines).toEqual(expected)
    expect(seen?.authority).toBe('host.example')
  })

  test('Host in any case is the authority', async () => {
    const { seen } = await exchange(build({ customRequestHeaders: { hOST: 'internal.example:81' } }))
    expect([seen?.authority, seen?.headers.lines]).toEqual(['internal.example:81', []])
  })

  test.each([
    ['X-Forwarded-For', true],
    ['x-forwarded-for', false],
  ])('%s: "" keeps the peer from being added: %s', async (name, omitted) => {
    const middleware = build({ customRequestHeaders: { [name]: '' } })
    const { seen, cx } = await exchange(middleware, { headers: ['X-Forwarded-For', '203.0.113.9'] })
    expect([seen?.headers.lines, cx.handling.omitForwardedFor]).toEqual([[], omitted])
  })
})

describe('response fields', () => {
  test.each<[Options, string[], string[]]>([
    [{ customResponseHeaders: { 'X-Custom': 'v' } }, ['X-Own', 'b'], ['X-Own', 'b', 'X-Custom', 'v']],
    [{ customResponseHeaders: { 'x-by': 'p' } }, ['X-By', 'b', 'X-By', 'c'], ['X-By', 'p']],
    [{ customResponseHeaders: { 'x-by': '' } }, ['X-By', 'b'], []],
    [{ customResponseHeaders: { A: 'one\n two\r\n' } }, [], ['A', 'one  two']],
    [
      { customResponseHeaders: { 'Content-Length': '3', A: 'b' } },
      ['Content-Length', '5'],
      ['Content-Length', '5', 'A', 'b'],
    ],
    [{ customResponseHeaders: { 'X-Frame-Options': '' }, frameDeny: true }, ['X-Frame-Options', 'x'], []],
    [{ customResponseHeaders: { 'X-Frame-Options': 'mine' }, frameDeny: true }, [], ['X-Frame-Options', 'mine']],
  ])('%o', async (options, sent, expected) => {
    const { response } = await exchange(build(options), {}, { headers: sent })
    expect(response.headers.lines).toEqual(expected)
  })

  test('a switch of protocols is left alone', async () => {
    const options = { customResponseHeaders: { A: 'b' }, frameDeny: true, addVaryHeader: true }
    const { response } = await exchange(build(options), {}, { status: 101 })
    expect(response.headers.lines).toEqual([])
  })

  test('answers that come as a promise are changed too', async () => {
    const middleware = build({ customResponseHeaders: { A: 'b' } })
    const { response: inner } = await exchange((next) => next)
    const handler = middleware(async () => inner)
    const { response } = await exchange(() => handler)
    expect(response.headers.lines).toEqual(['A', 'b'])
  })
})

describe('CORS preflights', () => {
  const asked = [
    'Origin',
    'http://o',
    'Access-Control-Request-Method',
    'PATCH',
    'Access-Control-Request-Headers',
    'x-1, x-2',
  ]
  const wild: Options = {
    accessControlAllowOriginList: ['*'],
    accessControlAllowHeaders: ['*', 'x-a'],
    accessControlAllowMethods: ['GET', '*'],
    accessControlExposeHeaders: ['x', '*'],
    accessControlMaxAge: 0,
  }
  test.each<[string, Options, string[], Record<string, string>]>([
    [
      'lists are joined',
      {
        accessControlAllowMethods: ['GET', 'PUT'],
        accessControlAllowOriginList: ['http://o'],
        accessControlAllowHeaders: ['a', 'B'],
        accessControlMaxAge: 600,
      },
      asked,
      {
        'access-control-allow-headers': 'a,B',
        'access-control-allow-methods': 'GET,PUT',
        'access-control-allow-origin': 'http://o',
        'access-control-max-age': '600',
      },
    ],
    ['a foreign origin', { accessControlAllowOriginList: ['http://other'] }, asked, {}],
    [
      'wildcards',
      wild,
      asked,
      {
        'access-control-allow-headers': '*,x-a',
        'access-control-allow-methods': 'GET,*',
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'x,*',
        'access-control-max-age': '0',
      },
    ],
    [
      'wildcards with credentials',
      { ...wild, accessControlAllowCredentials: true },
      asked,
      {
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'x-1, x-2',
        'access-control-allow-methods': 'PATCH',
        'access-control-allow-origin': 'http://o',
        'access-control-max-age': '0',
      },
    ],
    [
      'wildcards with credentials and no fields asked for',
      { ...wild, accessControlAllowCredentials: true },
      asked.slice(0, 4),
      {
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'PATCH',
        'access-control-allow-origin': 'http://o',
        'access-control-max-age': '0',
      },
    ],
    [
      'nothing else is added',
      { accessControlAllowCredentials: true, frameDeny: true, customResponseHeaders: { q: 'r' }, addVaryHeader: true },
      asked,
      { 'access-control-allow-credentials': 'true' },
    ],
    [
      'a bad host is no matter',
      { accessControlMaxAge: -5, allowedHosts: ['x'] },
      asked,
      { 'access-control-max-age': '-5' },
    ],
  ])('%s', async (_name, options, fields, expected) => {
    const { response, seen } = await exchange(build(options), { method: 'OPTIONS', headers: fields })
    expect([response.status, response.content, seen]).toEqual([200, null, null])
    expect(Object.fromEntries(response.headers)).toEqual(expected)
  })

  test.each<[Options, RequestSketch]>([
    [{ accessControlMaxAge: 1 }, { method: 'OPTIONS', headers: ['Origin', 'http://o'] }],
    [{ accessControlMaxAge: 1 }, { method: 'OPTIONS', headers: ['Access-Control-Request-Method', 'GET'] }],
    [
      { accessControlMaxAge: 1 },
      { method: 'OPTIONS', headers: ['Origin', '', 'Access-Control-Request-Method', 'GET'] },
    ],
    [{ accessControlMaxAge: 1 }, { method: 'GET', headers: asked }],
    [{ customResponseHeaders: { a: 'b' } }, { method: 'OPTIONS', headers: asked }],
  ])('an ordinary request: %o %o', async (options, request) => {
    expect((await exchange(build(options), request)).seen).not.toBeNull()
  })
})

describe('CORS answers', () => {
  const origin = ['Origin', 'http://o']
  test.each<[Options, string[], ResponseSketch['headers'], string[]]>([
    [{ accessControlAllowOriginList: ['http://o'] }, origin, [], ['Access-Control-Allow-Origin', 'http://o']],
    [{ accessControlAllowOriginList: ['http://O'] }, origin, [], []],
    [
      { accessControlAllowOriginList: ['http://x'] },
      origin,
      ['Access-Control-Allow-Origin', 'b'],
      ['Access-Control-Allow-Origin', 'b'],
    ],
    [
      { accessControlAllowOriginList: ['*'] },
      origin,
      ['Access-Control-Allow-Origin', 'b'],
      ['Access-Control-Allow-Origin', '*'],
    ],
    [{ accessControlAllowOriginList: ['*'] }, [], [], ['Access-Control-Allow-Origin', '*']],
    [
      { accessControlAllowOriginList: ['*'], accessControlAllowCredentials: true },
      [],
      [],
      ['Access-Control-Allow-Origin', '', 'Access-Control-Allow-Credentials', 'true'],
    ],
    [
      { accessControlAllowOriginList: ['http://x'], accessControlAllowCredentials: true },
      origin,
      [],
      ['Access-Control-Allow-Credentials', 'true'],
    ],
    [
      { accessControlAllowOriginListRegex: ['^https?://[a-z]$'] },
      origin,
      [],
      ['Access-Control-Allow-Origin', 'http://o'],
    ],
    [{ accessControlAllowOriginListRegex: ['.*'] }, [], [], ['Access-Control-Allow-Origin', '']],
    [{ accessControlExposeHeaders: ['a', 'B'] }, [], [], ['Access-Control-Expose-Headers', 'a,B']],
    [
      { accessControlExposeHeaders: ['*'], accessControlAllowCredentials: true },
      [],
      [],
      ['Access-Control-Allow-Credentials', 'true'],
    ],
    [{ addVaryHeader: true }, [], [], ['Vary', 'Origin']],
    [{ addVaryHeader: true }, [], ['Vary', 'Accept', 'Vary', 'Foo'], ['Vary', 'Accept,Origin']],
    [{ addVaryHeader: true }, [], ['Vary', 'origin'], ['Vary', 'origin,Origin']],
    [{ addVaryHeader: true }, [], ['Vary', 'Origin', 'Vary', 'Foo'], ['Vary', 'Origin', 'Vary', 'Foo']],
    [{ customResponseHeaders: { Vary: 'X' }, addVaryHeader: true }, [], ['Vary', 'Y'], ['Vary', 'X,Origin']],
  ])('%o for %j', async (options, fields, answer, expected) => {
    const { response } = await exchange(build(options), { headers: fields }, { headers: answer! })
    expect(response.headers.lines).toEqual(expected)
  })

  test('Origin is read behind our own request fields', async () => {
    const middleware = build({ accessControlAllowOriginList: ['http://o'], customRequestHeaders: { Origin: '' } })
    expect((await exchange(middleware, { headers: origin })).response.headers.lines).toEqual([])
  })
})

describe('security fields', () => {
  test.each<[Options, string[]]>([
    [{ frameDeny: true }, ['X-Frame-Options', 'DENY']],
    [{ frameDeny: true, customFrameOptionsValue: 'SAMEORIGIN' }, ['X-Frame-Options', 'SAMEORIGIN']],
    [{ contentTypeNosniff: true }, ['X-Content-Type-Options', 'nosniff']],
    [{ browserXssFilter: true }, ['X-XSS-Protection', '1; mode=block']],
    [{ browserXssFilter: true, customBrowserXSSValue: '0' }, ['X-XSS-Protection', '0']],
    [{ contentSecurityPolicy: "a\n 'b'\n" }, ['Content-Security-Policy', "a  'b'"]],
    [{ contentSecurityPolicyReportOnly: 'r' }, ['Content-Security-Policy-Report-Only', 'r']],
    [{ referrerPolicy: 'same-origin' }, ['Referrer-Policy', 'same-origin']],
    [{ permissionsPolicy: 'microphone=(),' }, ['Permissions-Policy', 'microphone=(),']],
    [{ stsSeconds: 10 }, []],
    [{ stsSeconds: 10, forceSTSHeader: true }, ['Strict-Transport-Security', 'max-age=10']],
    [
      { stsSeconds: 10, forceSTSHeader: true, stsPreload: true, stsIncludeSubdomains: true },
      ['Strict-Transport-Security', 'max-age=10; includeSubDomains; preload'],
    ],
    [{ stsSeconds: 10, forceSTSHeader: true, isDevelopment: true }, []],
    [{ stsSeconds: 0, forceSTSHeader: true }, []],
    [{ publicKey: 'pin' }, []],
    [{ sslRedirect: true, sslHost: 'secure.example', featurePolicy: 'x' }, []],
  ])('over HTTP: %o', async (options, expected) => {
    expect((await exchange(build(options))).response.headers.lines).toEqual(expected)
  })

  test.each<[Options, RequestSketch, string[]]>([
    [
      { stsSeconds: 10, publicKey: 'pin' },
      { scheme: 'https' },
      ['Strict-Transport-Security', 'max-age=10', 'Public-Key-Pins', 'pin'],
    ],
    [{ stsSeconds: 10, publicKey: 'pin', isDevelopment: true }, { scheme: 'https' }, []],
    [
      { stsSeconds: 10, sslProxyHeaders: { 'x-one': '1', 'X-Two': '2' } },
      { headers: ['X-One', '2', 'X-Two', '2'] },
      ['Strict-Transport-Security', 'max-age=10'],
    ],
    [{ stsSeconds: 10, sslProxyHeaders: { 'x-one': '1' } }, { headers: ['X-One', '2'] }, []],
  ])('what TLS is: %o %o', async (options, request, expected) => {
    expect((await exchange(build(options), request)).response.headers.lines).toEqual(expected)
  })

  test('a value replaces that of the server', async () => {
    const { response } = await exchange(build({ frameDeny: true }), {}, { headers: ['X-Frame-Options', 'ALLOWALL'] })
    expect(response.headers.lines).toEqual(['X-Frame-Options', 'DENY'])
  })

  test('one nonce for each answer, the same in both policies', async () => {
    const options = { contentSecurityPolicy: 'a $NONCE b $NONCE', contentSecurityPolicyReportOnly: 'x $NONCE 100%' }
    const middleware = build(options)
    const nonceOf = async () => {
      const { response } = await exchange(middleware)
      const policy = response.headers.get('content-security-policy')!
      const [, nonce] = /^a 'nonce-([A-Za-z0-9+/]{22})' b 'nonce-\1'$/.exec(policy)!
      expect(response.headers.get('content-security-policy-report-only')).toBe(`x 'nonce-${nonce}' 100%`)
      return nonce
    }
    expect(await nonceOf()).not.toBe(await nonceOf())
  })

  test.each<[Options, RequestSketch, boolean]>([
    [{ allowedHosts: ['Foo.example'] }, { host: 'fOO.example' }, true],
    [{ allowedHosts: ['foo.example'] }, { host: 'foo.example:80' }, false],
    [{ allowedHosts: ['foo.example:80'] }, { host: 'foo.example:80' }, true],
    [{ allowedHosts: ['foo.example'], isDevelopment: true }, { host: 'x' }, true],
    [
      { allowedHosts: ['foo.example'], hostsProxyHeaders: ['X-A', 'X-B'] },
      { headers: ['X-A', '', 'X-B', 'foo.example'] },
      true,
    ],
    [{ allowedHosts: ['host.example'], hostsProxyHeaders: ['X-A'] }, { headers: ['X-A', 'other'] }, false],
    [{ allowedHosts: ['inner'], customRequestHeaders: { Host: 'inner' } }, { host: 'outer' }, true],
  ])('allowed hosts: %o %o is %s', async (options, request, allowed) => {
    expect((await exchange(build(options), request)).seen !== null).toBe(allowed)
  })

  test('the refusal of a host gets custom fields and no security fields', async () => {
    const middleware = build({ allowedHosts: ['x'], frameDeny: true, customResponseHeaders: { A: 'b' } })
    const { response } = await exchange(middleware)
    expect([response.status, response.content]).toEqual([500, 'Bad Host\n'])
    expect(response.headers.lines).toEqual([
      ...['Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff', 'A', 'b'],
    ])
  })
})

describe('configuration', () => {
  test.each<[Options, string | null]>([
    [{}, 'headers configuration not valid'],
    [{ accessControlAllowCredentials: false, sslRedirect: false, sslHost: '' }, 'headers configuration not valid'],
    [{ stsSeconds: 0 }, null],
    [{ accessControlMaxAge: 0 }, null],
    [{ isDevelopment: true }, null],
    [{ sslForceHost: true }, null],
    [
      { accessControlAllowOriginListRegex: ['a(b'] },
      'error occurred during origin parsing: error parsing regexp: missing closing ): `a(b`',
    ],
    [{ customResponseHeaders: { 'x bad': 'v' } }, 'invalid header field name "x bad"'],
    [{ customRequestHeaders: { 'x\r\ny': 'v' } }, 'invalid header field name "x\\r\\ny"'],
    [{ customRequestHeaders: { '': 'v' } }, 'invalid header field name ""'],
    [{ customRequestHeaders: { X: 'secret\r\nY: 1' } }, 'invalid header field value for "X"'],
    [{ customRequestHeaders: { Host: 'a b' } }, 'invalid header field value for "Host"'],
    [{ customResponseHeaders: { X: 'a\u0000b' } }, 'invalid header field value for "X"'],
    [{ contentSecurityPolicy: '$NONCE\u0007' }, 'invalid header field value for "Content-Security-Policy"'],
  ])('%o: %s', (options, error) => {
    expect(prepareErrorOf(headersElement, options)).toBe(error)
  })

  test('options without effect are logged', () => {
    const scopes = testScopes()
    buildMiddleware(headersElement, headers, { sslRedirect: true, featurePolicy: 'x', sslForceHost: false }, scopes)
    expect(scopes.logged).toEqual([
      'featurePolicy is deprecated and has no effect.',
      'sslRedirect is deprecated and has no effect.',
    ])
  })

  test('an entry point that omits the peer is not overruled', async () => {
    const cx = new TestContext()
    cx.handling.omitForwardedFor = true
    await exchange(build({ customRequestHeaders: { 'X-Forwarded-For': '192.0.2.9' } }), {}, {}, cx)
    expect(cx.handling.omitForwardedFor).toBe(true)
  })
})

test.each([
  [{ 'content-type': '' } as Record<string, string>, true],
  [{ 'Content-Type': 'text/x', 'X-A': '' }, false],
])('customResponseHeaders %j: Go guesses a type that is missing: %s', async (customResponseHeaders, guesses) => {
  const { cx } = await exchange(build({ customResponseHeaders }))
  expect(cx.handling.guessesType).toBe(guesses)
})
