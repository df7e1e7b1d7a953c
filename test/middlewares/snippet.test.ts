import { describe, expect, test } from 'vitest'
import type { Transport } from '../../src/contracts/ports.ts'
import { UpstreamFailure } from '../../src/http/failure.ts'
import { Fields } from '../../src/http/fields.ts'
import type { ProxyRequest } from '../../src/http/request.ts'
import { ProxyResponse } from '../../src/http/response.ts'
import { snippetElement } from '../../src/middlewares/snippet/snippet.schema.ts'
import { snippet } from '../../src/middlewares/snippet/snippet.ts'
import { buildMiddleware, exchange, prepareErrorOf, testScopes } from '../support/middleware.ts'
import { nginxCases, nginxFieldCases } from '../support/nginx-cases.ts'

test.each(nginxCases.filter(({ name }) => !/^(?:appRoot|rewriteTarget|upstreamVHost):/.test(name)))(
  '$name',
  async ({ run, expected }) => {
    expect(await run()).toMatchObject(expected)
  },
)

test.each(nginxFieldCases)('$name', async ({ run, in: sent = {}, out = {} }) => {
  const outcome = await run()
  for (const [name, value] of Object.entries(sent)) expect(outcome.in(name), name).toBe(value)
  for (const [name, value] of Object.entries(out)) expect(outcome.out(name), name).toBe(value)
})

describe('options that can’t be', () => {
  test.each([
    [
      prepareErrorOf(snippetElement, {}),
      'at least one of serverSnippet, configurationSnippet or auth option must be provided',
    ],
    [prepareErrorOf(snippetElement, { auth: {} }), 'address is required in auth configuration'],
  ])('%s', (message, wanted) => {
    expect(message).toMatch(wanted)
  })

  const configured = (configurationSnippet: string) => prepareErrorOf(snippetElement, { configurationSnippet })
  const INSIDE = 'building actions from configuration-snippet: '

  test.each([
    ['proxy_pass http://x;', `${INSIDE}context location is not valid for this directive proxy_pass: [] `],
    ['location / { }', `${INSIDE}context location is not valid for this directive location: [server] `],
    ['if ($a) { proxy_set_header A b; }', /building if action: building if block actions: context if is not valid/],
    ['return;', `${INSIDE}building return action: return directive requires parameters`],
    ['return 99;', /invalid status 99/],
    ['rewrite a;', /rewrite directive requires at least 2 parameters/],
    ['rewrite a b c;', /invalid flag "c"/],
    ['rewrite ( b;', /compiling rewrite regex: /],
    ['if ($a =) { }', /invalid condition format/],
    ['if ($a < b) { }', /unsupported operator in condition: </],
    ['deny 10.0.0.0/99;', /invalid CIDR in deny directive: invalid CIDR address: 10.0.0.0\/99/],
    ['allow nobody;', /invalid IP address in allow directive: "nobody"/],
    ['expires soon;', /invalid expires value "soon"/],
    ['add_header "X A" b;', /invalid header name "X A"/],
    ['more_set_headers;', /must have at least 1 parameter/],
    ['more_clear_headers *;', /invalid wildcard pattern "\*"/],
    ['more_set_input_headers -s 200 "A: b";', /flag -s is not supported/],
    ['return 200', 'parsing configuration-snippet: directive "return" is not terminated by ";" in line 1'],
    ['\nreturn "200;', 'parsing configuration-snippet: a quotation is not closed in line 2'],
    ['if ($a) { return 200;', 'parsing configuration-snippet: a block is not closed in line 1'],
    ['} server { return 200; ', 'parsing configuration-snippet: unexpected "}" in line 1'],
    ['set $a ${b;', 'parsing configuration-snippet: a variable is not closed in line 1'],
    ['if ($a) {'.repeat(20), /more than 10 blocks in one another/],
    ['set $a b;'.repeat(501), /more than 500 directives/],
  ])('%s', (text, wanted) => {
    expect(configured(text)).toMatch(wanted)
  })
})

describe('another server that decides', () => {
  const seen: ProxyRequest[] = []
  const asking = (answer: () => ProxyResponse | UpstreamFailure, auth: object, more: object = {}) => {
    seen.length = 0
    const transport: Transport = {
      send(request) {
        seen.push(request)
        return answer()
      },
      close() {},
    }
    const scopes = testScopes({
      transport: () => transport,
      ports: { transports: { open: () => transport } as never },
    })
    return buildMiddleware(
      snippetElement,
      snippet,
      { auth: { address: 'http://a.test/x?h=$host', ...auth }, ...more },
      scopes,
    )
  }
  const saying =
    (status: number, lines: string[] = [], text: string | null = null) =>
    () =>
      new ProxyResponse(status, new Fields(lines), text)

  test('lets pass, and gives the request its fields', async () => {
    const through = asking(saying(204, ['X-User', 'jo', 'X-Other', 'o']), { authResponseHeaders: ['x-user', 'X-Gone'] })
    const { seen: passed } = await exchange(through, {
      headers: ['X-User', 'forged', 'X-Gone', 'forged', 'X-Other', 'own'],
    })
    expect(passed!.headers.get('x-user')).toBe('jo')
    expect(passed!.headers.get('x-gone')).toBeNull()
    expect(passed!.headers.get('x-other')).toBe('own')
    const [question] = seen
    expect([question!.method, question!.authority, question!.target]).toEqual(['GET', 'a.test', '/x?h=host.example'])
    expect(question!.headers.get('x-forwarded-uri')).toBe('/')
    expect(question!.headers.has('user-agent')).toBe(false)
  })

  test('refuses, and its answer is the answer', async () => {
    const through = asking(saying(403, ['X-Why', 'no', 'Location', '/in', 'Connection', 'x'], 'nope'), {
      method: 'POST',
    })
    const { response, seen: passed } = await exchange(through)
    expect(passed).toBeNull()
    expect([response.status, response.content]).toEqual([403, 'nope'])
    expect(response.headers.get('location')).toBe('http://a.test/in')
    expect(response.headers.has('connection')).toBe(false)
    expect(seen[0]!.method).toBe('POST')
  })

  test.each([
    ['https://in.test/', 'https://in.test/?rd=http://host.example%2Fp%3Fq'],
    ['https://in.test/?a=b', 'https://in.test/?a=b&rd=http://host.example%2Fp%3Fq'],
    ['https://in.test/?rd=$request_uri', 'https://in.test/?rd=/p?q'],
  ])('leads to the page for signing in: %s', async (authSigninURL, location) => {
    const { response } = await exchange(asking(saying(401), { authSigninURL }), { target: '/p?q' })
    expect([response.status, response.headers.get('location')]).toEqual([302, location])
  })

  test('can’t be reached', async () => {
    const down = () => new UpstreamFailure('connect', 'unsent', new Error('down'))
    expect((await exchange(asking(down, {}))).response.status).toBe(500)
  })

  test.each(['http://$arg_to/x', '$arg_to', 'ftp://a.test/'])(
    'is one that the request names badly: %s',
    async (address) => {
      const { response } = await exchange(asking(saying(204), { address }), { target: '/?to=a%20b' })
      expect(response.status).toBe(500)
      expect(seen).toEqual([])
    },
  )

  test('is one that the request names, for that request', async () => {
    await exchange(asking(saying(204), { address: 'https://$host:8443/x' }), { host: 'h.test' })
    expect(seen[0]!.authority).toBe('h.test:8443')
  })

  test('is told more by a snippet of its own, and variables take what it says', async () => {
    const through = asking(
      saying(200, ['X-User', 'jo']),
      { snippet: 'proxy_set_header X-Extra "$request_method"; set $a b;' },
      { configurationSnippet: 'auth_request_set $user $upstream_http_x_user; proxy_set_header X-Who "$user$a";' },
    )
    const { seen: passed } = await exchange(through)
    expect(seen[0]!.headers.get('x-extra')).toBe('GET')
    expect(passed!.headers.get('x-extra')).toBeNull()
    expect(passed!.headers.get('x-who')).toBe('job')
  })
})
