import { describe, expect, test } from 'vitest'
import type { ConnectionInfo } from '../../../../src/contracts/connection.ts'
import { compileRegexp } from '../../../../src/engine/matching/regexp/regexp.ts'
import { compileTcpRule } from '../../../../src/engine/matching/tcp-matchers.ts'
import { createTcpTable, type HttpsHosts, type TcpRoute } from '../../../../src/engine/streams/tcp/table.ts'
import { parseTcpRule } from '../../../../src/rules/parse-tcp-rule.ts'

type Given = Partial<TcpRoute> & { readonly rule: string }

/** A route whose server is told by the router's name. */
function route({ rule, ...given }: Given): TcpRoute {
  const parsed = parseTcpRule(rule, 'v3')
  const transport = {
    error: null,
    dialTimeoutMs: 0,
    dialKeepAliveMs: 0,
    terminationDelayMs: 0,
    proxyProtocol: null,
  } as never
  return {
    name: 'r',
    provider: 'file',
    matches: compileTcpRule(parsed.build(), compileRegexp),
    isCatchAll: parsed.isCatchAll,
    priority: parsed.isCatchAll ? -1n : BigInt(rule.length),
    mode: 'plain',
    tlsOptions: 'default',
    admit: () => () => undefined,
    pick: () => ({ address: given.name ?? 'r', host: '', port: 1, tls: false, transport }),
    ...given,
  }
}

interface Https {
  readonly hosts?: Readonly<Record<string, string>>
  readonly catchAll?: string
  readonly broken?: readonly string[]
}

function https({ hosts = {}, catchAll, broken = [] }: Https): HttpsHosts {
  return {
    specific: (name) => hosts[name] ?? null,
    catchAll: catchAll ?? null,
    any: catchAll !== undefined || Object.keys(hosts).length > 0,
    isUsable: (name) => !broken.includes(name),
  }
}

const connection = (given: Partial<ConnectionInfo>): ConnectionInfo => ({
  protocol: 'plain',
  serverName: '',
  protocols: [],
  clientAddress: '127.0.0.1',
  ...given,
})

/** What becomes of a connection in a few letters: `http`, `https default`, `forward NAME`. */
function outcome(routes: readonly Given[], options: Https, given: Partial<ConnectionInfo>): string {
  const decision = createTcpTable(routes.map(route), https(options)).decide(connection(given))
  if (decision.kind === 'https') return `https ${decision.tlsOptions}`
  return decision.kind === 'forward' ? `forward ${decision.router}` : decision.kind
}

describe('whether something must be read first', () => {
  const any = { rule: 'HostSNI(`*`)' }
  test.each<[string, readonly Given[], Https, boolean]>([
    ['no router at all', [], {}, true],
    ['plain routers alone', [any], {}, false],
    ['beside a TLS router', [any, { ...any, mode: 'passthrough' }], {}, true],
    ['beside an HTTPS router', [any], { hosts: { a: 'default' } }, true],
    ['beside an HTTPS router without a host', [any], { catchAll: 'default' }, true],
  ])('%s', (_, routes, options, expected) => {
    expect(createTcpTable(routes.map(route), https(options)).mustPeek).toBe(expected)
  })
})

describe('without TLS', () => {
  const far = { name: 'far', rule: 'ClientIP(`10.0.0.0/8`)' }
  const any = { name: 'any', rule: 'HostSNI(`*`)' }
  test.each<[string, readonly Given[], Partial<ConnectionInfo>, string]>([
    ['no router', [], {}, 'http'],
    ['a router that matches', [any], {}, 'forward any'],
    ['one that does not', [far], {}, 'http'],
    ['unread, one that matches', [any], { protocol: 'unread' }, 'forward any'],
    ['unread, one that does not', [far], { protocol: 'unread' }, 'peek'],
    ['TLS routers are for TLS', [{ ...any, mode: 'terminate' }], {}, 'http'],
    ['longer rules first', [any, far], { clientAddress: '10.1.1.1' }, 'forward far'],
    ['priority', [far, { ...any, priority: 1000n }], { clientAddress: '10.1.1.1' }, 'forward any'],
  ])('%s', (_, routes, given, expected) => {
    expect(outcome(routes, {}, given)).toBe(expected)
  })
})

describe('with TLS', () => {
  const tls = (serverName: string, protocols: readonly string[] = []) =>
    ({ protocol: 'tls', serverName, protocols }) as const
  const host = { name: 'host', rule: 'HostSNI(`a.test`)', mode: 'terminate' } as const
  const any = { name: 'any', rule: 'HostSNI(`*`)', mode: 'passthrough' } as const
  const pattern = { name: 'pattern', rule: 'HostSNIRegexp(`.*`)', mode: 'passthrough' } as const
  test.each<[string, readonly Given[], Https, Partial<ConnectionInfo>, string]>([
    ['nothing: 404 over the default options', [], {}, tls('a.test'), 'https default'],
    ['… unless they are broken', [], { broken: ['default'] }, tls('a.test'), 'close'],
    ['HTTPS of that host first', [host], { hosts: { 'a.test': 'o' } }, tls('a.test'), 'https o'],
    [
      '… closed when its options are broken',
      [host],
      { hosts: { 'a.test': 'o' }, broken: ['o'] },
      tls('a.test'),
      'close',
    ],
    ['TCP before HTTPS without a host', [host], { catchAll: 'default' }, tls('a.test'), 'forward host'],
    ['HTTPS without a host before TCP for all', [any], { catchAll: 'c' }, tls('b.test'), 'https c'],
    ['… whose form alone counts', [pattern], { catchAll: 'c' }, tls('b.test'), 'forward pattern'],
    ['TCP for all before the default', [any], { hosts: { 'a.test': 'o' } }, tls('b.test'), 'forward any'],
    ['TCP for all comes after its likes', [any, host], {}, tls('a.test'), 'forward host'],
    ['without SNI', [any, host], {}, tls(''), 'forward any'],
    ['plain routers are for plain', [{ ...any, mode: 'plain' }], {}, tls('a.test'), 'https default'],
    ['ALPN', [{ ...host, rule: 'ALPN(`x`)' }], {}, tls('', ['y', 'x']), 'forward host'],
    ['broken options of a router', [{ ...host, mode: 'broken' }], {}, tls('a.test'), 'close'],
  ])('%s', (_, routes, options, given, expected) => {
    expect(outcome(routes, options, given)).toBe(expected)
  })

  test('after an SSLRequest TCP routers with TLS alone', () => {
    const postgres = { protocol: 'postgres', serverName: 'a.test' } as const
    expect(outcome([host], { hosts: { 'a.test': 'o' } }, postgres)).toBe('forward host')
    expect(outcome([{ ...any, mode: 'plain' }], { catchAll: 'c' }, postgres)).toBe('close')
  })
})

describe('equal priorities', () => {
  test('the precedence of providers decides', () => {
    const routes = ['docker', 'file'].map((provider) => route({ name: provider, provider, rule: 'HostSNI(`*`)' }))
    const decided = (precedence: readonly string[]) =>
      createTcpTable(routes, https({}), precedence).decide(connection({}))
    expect(decided(['file', 'docker'])).toMatchObject({ router: 'file' })
    expect(decided(['docker'])).toMatchObject({ router: 'docker' })
  })
})

describe('admission', () => {
  test('who is not let in is closed, and no server is picked', () => {
    let picked = 0
    const pick = () => {
      picked++
      return null
    }
    const given = { rule: 'HostSNI(`*`)', admit: () => null, pick }
    expect(outcome([given], {}, {})).toBe('close')
    expect(picked).toBe(0)
  })

  test('without a server it is over at once', () => {
    let ended = 0
    const given = { rule: 'HostSNI(`*`)', admit: () => () => void ended++, pick: () => null }
    expect(outcome([given], {}, {})).toBe('close')
    expect(ended).toBe(1)
  })
})

test('a server name that can not be judged in time closes the connection, and is told of once', () => {
  const reported: string[] = []
  const expression = '(a|b|ab){900}c'
  const rules = [...Array(20).fill(`HostSNIRegexp(\`${expression}\`)`), 'HostSNI(`*`)']
  const routes = rules.map((rule: string) => route({ rule, mode: 'passthrough' }))
  const table = createTcpTable(routes, https({}), [], (told) => reported.push(told))
  const decide = (serverName: string) => table.decide(connection({ protocol: 'tls', serverName })).kind
  expect([decide('ab'.repeat(127)), decide('ab'.repeat(127)), decide('ab')]).toEqual(['close', 'close', 'forward'])
  expect(reported).toEqual([expression])
})

test('a server name with an empty label gets nothing that belongs to the host', () => {
  // What is left of `a.test..`: the options of the host are not met, and its routes answer 421.
  const seen = outcome(
    [{ rule: 'HostSNI(`a.test`)', mode: 'passthrough' }],
    { hosts: { 'a.test': 'mtls@file' } },
    { protocol: 'tls', serverName: 'a.test.' },
  )
  expect(seen).toBe('https default')
})
