import { describe, expect, test } from 'vitest'
import type { Ports } from '../../../src/contracts/ports.ts'
import { Fields } from '../../../src/http/fields.ts'
import { createIpMatcher } from '../../../src/http/ip.ts'
import { ProxyRequest } from '../../../src/http/request.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import type { EntryPointPlan } from '../../../src/plan/plan.ts'
import { canonicalHost, createEntryPoint } from '../../../src/runtime/routing/entry-point.ts'
import { byFetch, TestContext } from '../../support/middleware.ts'

const defaults: EntryPointPlan = {
  forwardedHeaders: { insecure: false, trustedIPs: [], connection: [], notAppendXForwardedFor: false },
  maxTargetBytes: 65_536,
  sanitizePath: true,
  encodeQuerySemicolons: false,
  aliasHeaders: { strategy: 'keep', underscoreOnly: true },
}

const unused: Ports['transports'] = { open: byFetch.open }

interface Input {
  target?: string
  authority?: string
  lines?: string[]
  upgrade?: string
  plan?: Partial<EntryPointPlan>
  forwardedHeaders?: Partial<EntryPointPlan['forwardedHeaders']>
  transports?: Ports['transports']
}

async function send(input: Input) {
  let seen: ProxyRequest | null = null
  const { transports = unused } = input
  const plan = {
    ...defaults,
    ...input.plan,
    forwardedHeaders: { ...defaults.forwardedHeaders, ...input.forwardedHeaders },
  }
  const handler = createEntryPoint(plan, { hostname: 'gateway', transports }, { createIpMatcher }, (request) => {
    seen = request
    return new ProxyResponse(200, new Fields(), null)
  })
  const request = new ProxyRequest(
    'GET',
    'http',
    input.authority ?? 'h.localhost',
    input.target ?? '/',
    new Fields(input.lines ?? []),
    null,
    input.upgrade ?? null,
    'HTTP/1.1',
  )
  const cx = new TestContext({ address: '10.0.0.9' })
  const response = await handler(request, cx)
  return { response, cx, seen: seen as ProxyRequest | null }
}

const added = (proto: string, port: string, host = 'h.localhost') => [
  ...['X-Real-Ip', '10.0.0.9', 'X-Forwarded-Proto', proto, 'X-Forwarded-Port', port],
  ...['X-Forwarded-Host', host, 'X-Forwarded-Server', 'gateway'],
]

describe('forwarding headers', () => {
  test('of a peer that is not trusted go, with their aliases', async () => {
    const { seen } = await send({
      lines: [
        'X-Forwarded-For',
        '1.1.1.1',
        'x_forwarded_host',
        'evil',
        'X.Real.Ip',
        '2.2.2.2',
        'X-Forwarded-Uri',
        '/u',
        'X-Keep',
        '1',
      ],
    })
    expect(seen?.headers.lines).toEqual(['X-Keep', '1', ...added('http', '80')])
  })

  test('of a trusted peer stay, several X-Forwarded-For lines become one, empty ones are filled in', async () => {
    const { seen } = await send({
      forwardedHeaders: { trustedIPs: ['10.0.0.0/8'] },
      lines: [
        'X-Forwarded-For',
        '1.1.1.1',
        'X-Forwarded-Proto',
        'https',
        'X-Forwarded-For',
        '2.2.2.2',
        'X-Real-Ip',
        '',
      ],
    })
    expect(seen?.headers.get('x-forwarded-for')).toBe('1.1.1.1, 2.2.2.2')
    expect(seen?.headers.get('x-real-ip')).toBe('10.0.0.9')
    expect(seen?.headers.get('x-forwarded-port')).toBe('443')
  })

  test('say ws for a WebSocket handshake and the port of Host', async () => {
    const { seen } = await send({ upgrade: 'websocket', authority: 'h.localhost:8443' })
    expect(seen?.headers.lines).toEqual(added('ws', '8443', 'h.localhost:8443'))
  })
})

describe('Connection', () => {
  test('removes what it names, but neither forwarding headers nor lengths', async () => {
    const { seen } = await send({
      lines: [
        'Connection',
        'X-Gone, X-Forwarded-For, Content-Length',
        'X-Gone',
        '1',
        'Content-Length',
        '3',
        'X-Kept',
        '2',
      ],
    })
    expect(seen?.headers.lines.slice(0, 4)).toEqual(['Content-Length', '3', 'X-Kept', '2'])
    expect(seen?.headers.has('connection')).toBe(false)
  })

  test('keeps the names that are allowed, and Upgrade', async () => {
    const { seen } = await send({
      forwardedHeaders: { connection: ['x-hop'] },
      upgrade: 'websocket',
      lines: ['Connection', 'upgrade, X-Hop', 'X-Hop', 'yes'],
    })
    expect(seen?.headers.get('x-hop')).toBe('yes')
    expect(seen?.headers.get('connection')).toBe('X-Hop, Upgrade')
  })
})

describe('aliases', () => {
  const lines = ['X_Auth', '1', 'X.Auth', '2', 'X-Auth', '3']
  test.each([
    ['delete', false, ['X-Auth', '3']],
    ['delete', true, ['X.Auth', '2', 'X-Auth', '3']],
  ] as const)('%s, underscores only: %s', async (strategy, underscoreOnly, kept) => {
    const { seen } = await send({ plan: { aliasHeaders: { strategy, underscoreOnly } }, lines: [...lines] })
    expect(seen?.headers.lines.slice(0, kept.length)).toEqual(kept)
    expect(seen?.headers.has('x_auth')).toBe(false)
  })

  test('reject answers 400', async () => {
    const { response, seen } = await send({
      plan: { aliasHeaders: { strategy: 'reject', underscoreOnly: false } },
      lines,
    })
    expect([response.status, response.content, seen]).toEqual([400, 'Bad Request\n', null])
  })
})

describe('targets', () => {
  test.each([
    ['/', '/'],
    ['/a/../b?x=/../y', '/b?x=/../y'],
    ['/a/%2e%2e/b', '/b'],
    ['/a//b/', '/a/b/'],
    ['/?a;b', '/?a&b'],
    ['/p;x?a=%3B', '/p;x?a=%3B'],
    ['/a?b#c', '/a?b#c'],
    ['/a?', '/a?'],
    ['/q?%41=%2f', '/q?%41=%2f'],
    ['/.well-known/x', '/.well-known/x'],
  ])('%s', async (target, seenTarget) => {
    const { seen } = await send({ target })
    expect(seen?.target).toBe(seenTarget)
  })

  test.each(['/a#b', '/%zz', '/a%2'])('%s is refused', async (target) => {
    const { response, seen } = await send({ target })
    expect([response.status, response.content, seen]).toEqual([400, null, null])
  })
})

test.each([
  ['Example.COM:80', 'example.com'],
  ['[::1]:8080', '::1'],
  ['[FE80::1]', 'fe80::1'],
  [' a.test ', 'a.test'],
  ['a.test.', 'a.test.'],
  ['', ''],
])('canonical host of %s', (authority, host) => expect(canonicalHost(authority)).toBe(host))

test('without sanitizePath, Fetch alone takes dot segments away', async () => {
  const plan = { sanitizePath: false }
  for (const [target, plain] of [
    ['/x/../admin', '/admin'],
    ['/x/%2e%2E/admin?a=../b', '/admin?a=../b'],
    ['/./x/.', '/x/'],
    ['/../a..b/...', '/a..b/...'],
    ['/a//b;c/%2F..', '/a//b;c/%2F..'],
  ] as const) {
    const node = await send({ target, plan })
    expect(node.seen?.target).toBe(target.replace('%2e%2E', '..'))
    const fetched = await send({ target, plan, transports: byFetch })
    expect(fetched.seen?.target).toBe(plain)
  }
})
