import { describe, expect, test } from 'vitest'
import type { Ports } from '../../src/contracts/ports.ts'
import { aliasMatchers, setFlatHost } from '../../src/engine/matching/alias-matchers.ts'
import { turn } from '../../src/runtime/operator-control.ts'
import { explaining, router, servers } from '../support/explain.ts'

const app = { app: servers('http://10.0.0.1:80') }

describe('routers', () => {
  const { explain } = explaining({
    routers: {
      shop: router('Host(`shop.test`) && PathPrefix(`/cart`)', 'app'),
      low: router('Host(`shop.test`)', 'app', { priority: 1 }),
      secure: router('Host(`shop.test`) && Method(`PUT`)', 'app', { tls: {} }),
      other: router('Host(`other.test`)', 'app'),
      header: router('Host(`shop.test`) && Header(`X-Key`, `sesame`)', 'app', { priority: 100 }),
      lost: router('Host(`lost.test`)', 'nosuch'),
      either: router('Host(`shop.test`) && (Path(`/a`) || Method(`PUT`))', 'app', { priority: 90 }),
      never: router('Host(`shop.test`) && !PathPrefix(`/cart`)', 'app', { priority: 80 }),
    },
    services: app,
  })

  test('each says which part of its rule does not match, in the order tried', async () => {
    const { routers, router: winner, path } = await explain('http://shop.test/cart/1', { header: 'X-Key: wrong' })
    expect([winner, path]).toEqual(['shop@file', ['shop@file']])
    expect(routers.map(({ name, matched, reason }) => [name, matched, reason])).toEqual([
      ['header@file', false, 'Header(`X-Key`, `******`) does not match: the field is ******'],
      [
        'either@file',
        false,
        'Path(`/a`) does not match: the path is /cart/1; Method(`PUT`) does not match: the method is GET',
      ],
      ['never@file', false, '!PathPrefix(`/cart`) does not match: what it excludes is there'],
      ['shop@file', true, 'its rule matches, and it comes first of those that do'],
      ['low@file', true, 'its rule matches too, but shop@file comes first: its priority is 40'],
    ])
    expect(routers.at(-1)).toMatchObject({ provider: 'file', rule: 'Host(`shop.test`)', priority: '1' })
  })

  test('nobody: why those that would match are passed over', async () => {
    const trace = await explain('https://shop.test/', { entryPoint: 'web', method: 'GET' })
    expect(trace.answer).toEqual({ status: 404, reason: 'no router matches' })
    expect(trace.routers).toContainEqual(
      expect.objectContaining({
        name: 'low@file',
        matched: false,
        reason: 'its rule matches, but it is for http alone',
      }),
    )
    const lost = await explain('http://lost.test/')
    expect(lost.routers.at(-1)).toMatchObject({
      name: 'lost@file',
      matched: false,
      reason: expect.stringContaining('its rule matches, but it is disabled: the service "nosuch@file" does not exist'),
    })
    expect(lost).toMatchObject({ router: null, service: null, server: null, forwarded: null })
  })

  test('the entry point follows from the port, or from who has routers there', async () => {
    expect((await explain('http://shop.test/')).request.entryPoint).toBe('web')
    expect((await explain('https://shop.test/')).request.entryPoint).toBe('websecure')
    expect((await explain('https://shop.test:8443/')).request.entryPoint).toBe('web')
  })

  test('what the entry point refuses gets no further', async () => {
    const trace = await explain('http://shop.test/%zz')
    expect(trace).toMatchObject({ routers: [], answer: { status: 400, reason: 'the entry point refuses with 400' } })
  })

  test('of ten thousand two hundred are shown: those that come near', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, at) => [`r${at}`, router(`Host(\`h${at}.test\`) && Path(\`/x\`)`, 'app')]),
    )
    const { explain: ask } = explaining({ routers: many, services: app })
    const began = performance.now()
    const { routers, routersLeftOut, router: winner } = await ask('http://h77.test/y')
    console.log(`10,000 routers were asked in ${(performance.now() - began).toFixed(0)} ms`)
    expect(winner).toBe(null)
    expect([routers.length, routersLeftOut]).toEqual([200, 9_800])
    expect(routers.find(({ name }) => name === 'r77@file')?.reason).toContain('Path(`/x`) does not match')
  })
})

test('an alias is taken for what it leads to, and said', async () => {
  const aliases: Ports['aliases'] = {
    follow: (request) => {
      setFlatHost(request, request.host === 'www.test' ? 'target.test' : request.host)
      return 'target.test'
    },
    matchers: () => aliasMatchers,
  }
  const routers = { r: router('Host(`target.test`)', 's'), not: router('Host(`another-target.test`)', 's') }
  const services = { s: servers('http://10.0.0.1') }
  const { explain } = explaining({ routers, services }, { aliases })
  const trace = await explain('http://www.test/')
  expect(trace.router).toBe('r@file')
  expect(trace.routers.find(({ name }) => name === 'not@file')?.reason).toContain(
    'the host is www.test, an alias of target.test',
  )
})

describe('routers below one another', () => {
  const { explain } = explaining({
    routers: {
      parent: { rule: 'Host(`shop.test`)', entryPoints: ['web'], middlewares: ['strip'] },
      child: { rule: 'Path(`/cart`)', service: 'app', parentRefs: ['parent'] },
      sister: { rule: 'Path(`/other`)', service: 'app', parentRefs: ['parent'] },
    },
    middlewares: { strip: { stripPrefix: { prefixes: ['/api'] } } },
    services: app,
  })

  test('the last one wins, after what its parents do', async () => {
    const trace = await explain('http://shop.test/api/cart')
    expect(trace).toMatchObject({
      router: 'child@file',
      path: ['parent@file', 'child@file'],
      server: 'http://10.0.0.1:80',
    })
    expect(trace.routers.map(({ name, matched }) => [name, matched])).toContainEqual(['child@file', true])
  })

  test('none of them', async () => {
    expect(await explain('http://shop.test/api/none')).toMatchObject({
      router: 'parent@file',
      answer: { status: 404, reason: 'no router below parent@file matches' },
    })
  })
})

describe('middlewares', () => {
  const middlewares = {
    add: { addPrefix: { prefix: '/v1' } },
    strip: { stripPrefix: { prefixes: ['/cart'] } },
    fields: {
      headers: { customRequestHeaders: { 'X-Api-Key': 'sesame', Accept: '' }, customResponseHeaders: { 'X-By': 'us' } },
    },
    both: { chain: { middlewares: ['strip', 'add'] } },
    local: { ipAllowList: { sourceRange: ['10.0.0.0/8'] } },
    away: { redirectScheme: { scheme: 'https', permanent: true } },
    auth: { basicAuth: { users: ['joe:{SHA}x='], headerField: 'X-User', removeHeader: true } },
    limit: { rateLimit: { average: 5, burst: 10 } },
    flight: { inFlightReq: { amount: 3 } },
    ask: { forwardAuth: { address: 'http://auth.test/check?token=sesame' } },
    breaker: { circuitBreaker: { expression: 'NetworkErrorRatio() > 0.5' } },
    small: { compress: {} },
    page: { errors: { status: ['500-599'], service: 'app', query: '/' } },
    again: { retry: { attempts: 3 } },
    whole: { buffering: { maxRequestBodyBytes: 1000 } },
    off: { maintenance: { enabled: false } },
    digest: { digestAuth: { users: [`joe:traefik:${'0'.repeat(32)}`] } },
    type: { contentType: {} },
  }
  const { explain, operator, sent } = explaining({
    routers: Object.fromEntries(
      Object.keys(middlewares).map((name) => [name, router(`Host(\`${name}.test\`)`, 'app', { middlewares: [name] })]),
    ),
    middlewares,
    services: app,
  })
  const effects = async (host: string, more: Record<string, string | readonly string[]> = {}) =>
    (await explain(`http://${host}.test/cart`, more)).middlewares.map(({ name, effect }) => [name, effect])

  test.each([
    ['add', {}, ['add@file', 'path /cart → /v1/cart']],
    ['strip', {}, ['strip@file', 'path /cart → (empty), sets X-Forwarded-Prefix: /cart']],
    [
      'fields',
      { header: 'Accept: text/html' },
      ['fields@file', 'sets X-Api-Key: ******, removes Accept, sets X-By: us on the answer'],
    ],
    ['local', { clientAddress: '10.1.2.3' }, ['local@file', 'lets the request through as it is']],
    ['local', { clientAddress: '192.0.2.1' }, ['local@file', 'refuses with 403']],
    ['away', {}, ['away@file', 'answers 301 to https://away.test/cart']],
    ['auth', {}, ['auth@file', 'refuses with 401: no user and password are given']],
    [
      'auth',
      { header: `Authorization: Basic ${btoa('ann:x')}` },
      ['auth@file', 'refuses with 401: nobody is called so'],
    ],
    [
      'auth',
      { header: `Authorization: Basic ${btoa('joe:x')}` },
      ['auth@file', 'compares the password that is given: 401 unless it is the right one'],
    ],
    ['digest', {}, ['digest@file', 'refuses with 401: no Digest credentials are given']],
    [
      'limit',
      {},
      [
        'limit@file',
        'takes a token of the bucket for each address of the client (10 at once, then 5 a second): 429 when there is none',
      ],
    ],
    ['flight', {}, ['flight@file', 'lets 3 requests be under way for each host: 429 beyond']],
    ['ask', {}, ['ask@file', 'asks http://auth.test:80, which lets the request pass with a 2xx']],
    ['breaker', {}, ['breaker@file', 'lets the request through unless its circuit is open: 503 then, for 10 s']],
    ['page', {}, ['page@file', 'gives a page of app@file in the place of an answer with 500-599']],
    ['again', {}, ['again@file', 'sends the request up to 3 times where a server can’t be reached']],
    [
      'whole',
      {},
      [
        'whole@file',
        'reads content of the request (at most 1000 bytes, else 413) and of the answer (of any length, else 500) before it goes on',
      ],
    ],
    ['off', {}, ['off@file', 'lets the request through as it is']],
    ['type', {}, ['type@file', 'lets the request through as it is']],
  ])('%s %j', async (host, more, wanted) => {
    expect(await effects(host, more)).toEqual([wanted])
  })

  test('compress tells what the client takes', async () => {
    const [[, plain]] = (await effects('small', { header: 'Accept-Encoding: identity' })) as [[string, string]]
    const [[, packed]] = (await effects('small', { header: 'Accept-Encoding: gzip' })) as [[string, string]]
    expect(plain).toContain('leaves the answer as it is')
    expect(packed).toContain('compresses the answer with gzip if it has at least 1024 bytes')
  })

  test('a chain stands in front of its members, which go on where the one before ended', async () => {
    expect(await effects('both')).toEqual([
      ['both@file', 'is strip@file, add@file'],
      ['strip@file', 'path /cart → (empty), sets X-Forwarded-Prefix: /cart'],
      ['add@file', 'path (empty) → /v1'],
    ])
  })

  test('what operators have switched counts', async () => {
    turn(operator, 'off@file', true)
    const trace = await explain('http://off.test/')
    expect(trace).toMatchObject({
      server: null,
      forwarded: null,
      answer: { status: 503, reason: 'off@file refuses with 503' },
    })
    turn(operator, 'off@file', null)
  })

  test('options are shown as the API shows them, without secrets', async () => {
    const [shown] = (await explain('http://fields.test/')).middlewares
    expect(shown).toMatchObject({ type: 'headers', options: { customRequestHeaders: { 'X-Api-Key': '******' } } })
    const all = await Promise.all(Object.keys(middlewares).map((host) => explain(`http://${host}.test/`)))
    expect(JSON.stringify(all)).not.toContain('sesame')
  })

  test('a token is never taken, nothing is sent', async () => {
    for (let i = 0; i < 30; i++) expect((await explain('http://limit.test/')).answer).toBe(null)
    expect(sent).toEqual([])
  })
})
