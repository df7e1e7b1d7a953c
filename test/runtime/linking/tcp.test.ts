import { describe, expect, test } from 'vitest'
import type { ConnectionInfo } from '../../../src/contracts/connection.ts'
import { CheckContext } from '../../../src/engine/health/check-context.ts'
import type { TcpTable } from '../../../src/engine/streams/tcp/table.ts'
import { drain } from '../../../src/runtime/operator-control.ts'
import { type LinkedStreams, streamsOf } from '../../support/streams.ts'

const lb = (...addresses: readonly string[]) => ({
  loadBalancer: { servers: addresses.map((address) => ({ address })) },
})
const services = { s: lb('s:1') }
const any = { rule: 'HostSNI(`*`)', entryPoints: ['e'], service: 's' }

const plain: ConnectionInfo = { protocol: 'plain', serverName: '', protocols: [], clientAddress: '127.0.0.1' }

/** Servers of so many connections one after the other; null where one is closed. */
function served(table: TcpTable, count: number): (string | null)[] {
  return Array.from({ length: count }, () => {
    const decision = table.decide(plain)
    return decision.kind === 'forward' ? decision.target.address : null
  })
}

const shares = (list: readonly (string | null)[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const name of list) counts[String(name)] = (counts[String(name)] ?? 0) + 1
  return counts
}

const tableOf = (linked: LinkedStreams): TcpTable => linked.streams.tcp.get('e')!

test('a drained server gets no new connections; when all are, parents pass the service over', () => {
  const linked = streamsOf({
    tcp: {
      routers: { r: { ...any, service: 'w' } },
      services: {
        w: { weighted: { services: [{ name: 's' }, { name: 't' }], healthCheck: {} } },
        s: { loadBalancer: { ...lb('s:1', 's:2').loadBalancer, healthCheck: {} } },
        t: { loadBalancer: { ...lb('t:1').loadBalancer, healthCheck: {} } },
      },
    },
  })
  const { operator, streams, report } = linked
  const table = tableOf(linked)
  expect(streams.servers.map(({ service, url }) => `${service} ${url}`).sort()).toEqual([
    'tcp s@file s:1',
    'tcp s@file s:2',
    'tcp t@file t:1',
  ])
  expect(drain(operator, 'tcp s@file', 's:1', true)).toBe(true)
  expect(shares(served(table, 8))).toEqual({ 's:2': 4, 't:1': 4 })
  drain(operator, 'tcp s@file', 's:2', true)
  expect(shares(served(table, 8))).toEqual({ 't:1': 8 })
  expect(report.tcp.services.get('s@file')!.servers!()).toEqual({ 's:1': 'UP', 's:2': 'UP' })
  drain(operator, 'tcp t@file', 't:1', true)
  expect(shares(served(table, 1))).toEqual({ null: 1 })
})

describe('a router that does not work, and why', () => {
  const max = '9223372036854775807'
  test.each<[string, unknown, readonly string[]]>([
    ['no service', { service: '' }, ['the service is missing on the router']],
    ['no rule', { rule: '' }, ['router has no rule']],
    ['bad grammar', { rule: 'HostSNI(' }, ["invalid rule: \"HostSNI(\" , 1:9: expected ')', found 'EOF'"]],
    [
      'a host without TLS',
      { rule: 'ClientIP(`::1`) || HostSNI(`a`)' },
      ['invalid rule: "ClientIP(`::1`) || HostSNI(`a`)" , has HostSNI matcher, but no TLS on router'],
    ],
    [
      'priority',
      { priority: max },
      [`the router priority ${max} exceeds the max user-defined priority 9223372036854774807`],
    ],
    ['unknown service', { service: 'x' }, ['the service "x@file" does not exist']],
    [
      '… before arguments of its rule',
      { service: 'x', rule: 'ClientIP(`x`)' },
      ['the service "x@file" does not exist'],
    ],
    ['unknown middleware', { middlewares: ['x'] }, ['middleware "x@file" does not exist']],
    [
      'of several the last bad one is named',
      { middlewares: ['x', 'bad'] },
      ['cannot parse CIDRs [y]: parsing CIDR trusted IPs <nil>: invalid CIDR address: y'],
    ],
    [
      'arguments',
      { rule: 'ALPN(`acme-tls/1`)' },
      [
        'error while adding rule ALPN(`acme-tls/1`): invalid protocol value for ALPN matcher, "acme-tls/1" is not allowed',
      ],
    ],
    ['TLS options', { tls: { options: 'x' } }, ['unknown TLS options: x@file']],
    [
      'TLS options and arguments',
      { rule: 'HostSNI(`a b`)', tls: { options: 'x' } },
      [
        'unknown TLS options: x@file',
        'error while adding rule HostSNI(`a b`): invalid value for HostSNI matcher, "a b" is not a valid hostname',
      ],
    ],
    ['entry point', { entryPoints: ['x'] }, ['entryPoint "x" doesn\'t exist', 'no valid entryPoint for this router']],
    [
      'UDP entry point',
      { entryPoints: ['u'] },
      ['entryPoint "u" doesn\'t exist', 'no valid entryPoint for this router'],
    ],
  ])('%s', (_, change, errors) => {
    const router = { ...any, ...(change as object) }
    const middlewares = { bad: { ipAllowList: { sourceRange: ['y'] } } }
    const linked = streamsOf({ tcp: { routers: { r: router, ok: any }, services, middlewares } })
    const report = linked.report.tcp.routers.get('r@file')!
    expect(report.errors).toEqual(errors)
    expect(report.status).toBe('disabled')
    expect(served(tableOf(linked), 1)).toEqual(['s:1'])
  })

  test('an entry point that does not exist beside one that does', () => {
    const linked = streamsOf({ tcp: { routers: { r: { ...any, entryPoints: ['x', 'e'] } }, services } })
    const report = linked.report.tcp.routers.get('r@file')!
    expect([report.status, report.errors]).toEqual(['warning', ['entryPoint "x" doesn\'t exist']])
    expect(served(tableOf(linked), 1)).toEqual(['s:1'])
  })

  test('broken TLS options close what the router matches', () => {
    const routers = { r: { ...any, rule: 'HostSNI(`a`)', tls: { options: 'x' } }, all: { ...any, tls: {} } }
    const table = tableOf(streamsOf({ tcp: { routers, services } }))
    const tls = { ...plain, protocol: 'tls' } as const
    expect(table.decide({ ...tls, serverName: 'a' })).toEqual({ kind: 'close' })
    expect(table.decide({ ...tls, serverName: 'b' })).toMatchObject({ kind: 'forward', terminateTls: 'default' })
  })
})

describe('services', () => {
  const table = (extra: object, service = 'w') =>
    tableOf(streamsOf({ tcp: { routers: { r: { ...any, service } }, services: { ...services, ...extra } } }))

  test('servers take turns', () => {
    expect(shares(served(table({ w: lb('a:1', 'b:1', 'c:1') }), 9))).toEqual({ 'a:1': 3, 'b:1': 3, 'c:1': 3 })
  })

  test('weights hold over each cycle, 0 is never picked', () => {
    const w = {
      weighted: {
        services: [
          { name: 's', weight: 3 },
          { name: 't', weight: 1 },
          { name: 'n', weight: 0 },
        ],
      },
    }
    expect(shares(served(table({ w, t: lb('t:1'), n: lb('n:1') }), 8))).toEqual({ 's:1': 6, 't:1': 2 })
  })

  test.each([
    ['no server', lb()],
    ['addresses without a port alone', lb('a', '[::1]', 'a:b:c')],
    ['weights of 0', { weighted: { services: [{ name: 's', weight: 0 }] } }],
  ])('%s: closed', (_, w) => {
    expect(served(table({ w }), 2)).toEqual([null, null])
  })

  test('a bad address is left out', () => {
    expect(served(table({ w: lb('a', 'b:2') }), 2)).toEqual(['b:2', 'b:2'])
  })

  test.each<[string, object, string, Record<string, string>]>([
    [
      'two kinds',
      { w: { ...lb('a:1'), weighted: { services: [] } } },
      'cannot create service: multi-types service not supported, consider declaring two different pieces of service instead',
      { 'w@file': 'disabled' },
    ],
    [
      'a child that does not exist',
      { w: { weighted: { services: [{ name: 'x' }] } } },
      'the service "x@file" does not exist',
      { 'w@file': 'disabled' },
    ],
    [
      'health that can not be followed',
      { w: { weighted: { healthCheck: {}, services: [{ name: 's' }] } } },
      'cannot register s as updater for w: healthCheck not enabled in config for this weighted service',
      { 'w@file': 'disabled', 's@file': 'enabled' },
    ],
    [
      'a servers transport that does not exist',
      { w: { loadBalancer: { serversTransport: 'x', servers: [{ address: 'a:1' }] } } },
      'no transport configuration found for "x@file"',
      { 'w@file': 'enabled' },
    ],
    [
      'a version of PROXY',
      { w: { loadBalancer: { proxyProtocol: { version: 3 }, servers: [{ address: 'a:1' }] } } },
      'unknown proxyProtocol version: 3',
      { 'w@file': 'enabled' },
    ],
    [
      'a ring',
      { w: { weighted: { services: [{ name: 'v' }] } }, v: { weighted: { services: [{ name: 'w' }] } } },
      'could not instantiate service w@file: recursion detected in service:w@file->service:v@file->service:w@file',
      { 'w@file': 'disabled', 'v@file': 'disabled' },
    ],
  ])('%s', (_, extra, error, statuses) => {
    const linked = streamsOf({ tcp: { routers: { r: { ...any, service: 'w' } }, services: { ...services, ...extra } } })
    expect(linked.report.tcp.routers.get('r@file')!.errors).toEqual([error])
    for (const [name, status] of Object.entries(statuses)) {
      expect(linked.report.tcp.services.get(name)!.status).toBe(status)
    }
  })

  test('a servers transport does not matter where there are no servers', () => {
    const extra = { w: { loadBalancer: { serversTransport: 'x', servers: [] } } }
    const { report } = streamsOf({ tcp: { routers: { r: { ...any, service: 'w' } }, services: extra } })
    expect(report.tcp.routers.get('r@file')).toMatchObject({ status: 'enabled', errors: [] })
    expect(report.tcp.services.get('w@file')).toMatchObject({ status: 'enabled', errors: [] })
  })

  test('how servers are connected to', () => {
    const transports = {
      own: { terminationDelay: '2s', dialTimeout: '1s', proxyProtocol: {} },
    }
    const given = {
      none: { servers: [{ address: 'a:1' }] },
      deprecated: { servers: [{ address: 'a:1' }], terminationDelay: 250, proxyProtocol: { version: 1 } },
      never: { servers: [{ address: 'a:1' }], terminationDelay: -1 },
      own: { servers: [{ address: 'a:1' }], serversTransport: 'own', terminationDelay: -1 },
    }
    const linked = streamsOf({
      tcp: {
        routers: Object.fromEntries(
          Object.keys(given).map((name) => [
            name,
            { rule: `ClientIP(\`127.0.0.1\`) && ALPN(\`${name}\`)`, entryPoints: ['e'], service: name },
          ]),
        ),
        services: Object.fromEntries(Object.entries(given).map(([name, loadBalancer]) => [name, { loadBalancer }])),
        serversTransports: transports,
      },
    })
    const way = (name: string) => {
      const decision = tableOf(linked).decide({ ...plain, protocols: [name] })
      if (decision.kind !== 'forward') return null
      const { terminationDelayMs, dialTimeoutMs, proxyProtocol } = decision.target.transport
      return [terminationDelayMs, dialTimeoutMs, proxyProtocol]
    }
    expect(Object.keys(given).map(way)).toEqual([
      [100, 30_000, null],
      [250, 30_000, 1],
      [-1, 30_000, null],
      [2000, 1000, 2],
    ])
  })
})

describe('health', () => {
  const checked = {
    loadBalancer: {
      servers: [{ address: 'a:1' }, { address: 'b:1', tls: true }],
      healthCheck: { send: 'PING', expect: 'PONG', interval: '1s' },
    },
  }

  test('servers that fail are passed over until they pass', async () => {
    const asked: string[] = []
    const linked = streamsOf(
      { tcp: { routers: { r: { ...any, service: 'c' } }, services: { c: checked } } },
      async (target) => {
        asked.push(target.address)
        return target.address === 'a:1' ? 'no answer' : null
      },
    )
    const { streams, health, report } = linked
    expect(streams.checks.map(({ service, serverUrl, options }) => [service, serverUrl, options.intervalMs])).toEqual([
      ['c@file', 'a:1', 1000],
      ['c@file', 'b:1', 1000],
    ])
    for (const check of streams.checks) health.set(check.key, (await check.run(new CheckContext(0))) === null)
    expect(asked).toEqual(['a:1', 'b:1'])
    expect(shares(served(tableOf(linked), 4))).toEqual({ 'b:1': 4 })
    expect(report.tcp.services.get('c@file')!.servers?.()).toEqual({ 'a:1': 'DOWN', 'b:1': 'UP' })
    health.set(streams.checks[0]!.key, true)
    expect(shares(served(tableOf(linked), 4))).toEqual({ 'a:1': 2, 'b:1': 2 })
  })

  test('a weighted service follows it when it is asked to', () => {
    const weighted = (healthCheck: object) => ({
      weighted: { ...healthCheck, services: [{ name: 'c' }, { name: 'd' }] },
    })
    const other = { loadBalancer: { ...checked.loadBalancer, servers: [{ address: 'd:1' }] } }
    for (const [healthCheck, expected] of [
      [{ healthCheck: {} }, { 'd:1': 4 }],
      [{}, { 'd:1': 2, null: 2 }],
    ] as const) {
      const linked = streamsOf({
        tcp: { routers: { r: { ...any, service: 'w' } }, services: { w: weighted(healthCheck), c: checked, d: other } },
      })
      for (const check of linked.streams.checks) linked.health.set(check.key, check.service === 'd@file')
      expect(shares(served(tableOf(linked), 4))).toEqual(expected)
    }
  })
})

test('a router without entry points is on all of TCP', () => {
  const { streams } = streamsOf({ tcp: { routers: { r: { ...any, entryPoints: [] } }, services } })
  expect(['e', 'f', 'u'].map((name) => streams.tcp.get(name)?.decide(plain).kind)).toEqual([
    'forward',
    'forward',
    undefined,
  ])
})

test('HTTPS routers count at their hosts', () => {
  const { streams } = streamsOf({
    http: {
      routers: {
        h: { rule: 'Host(`H.test`) || Host(`*.w.test`)', entryPoints: ['e'], service: 'x', tls: { options: 'o' } },
        p: { rule: 'PathPrefix(`/`)', entryPoints: ['f'], service: 'x', tls: {} },
      },
    },
    tls: { options: { o: {} } },
  })
  const decided = (entryPoint: string, serverName: string) =>
    streams.tcp.get(entryPoint)!.decide({ ...plain, protocol: 'tls', serverName })
  expect(decided('e', 'h.test')).toEqual({ kind: 'https', tlsOptions: 'o@file' })
  expect(decided('e', 'x.w.test')).toEqual({ kind: 'https', tlsOptions: 'o@file' })
  expect(decided('e', 'other.test')).toEqual({ kind: 'https', tlsOptions: 'default' })
  expect(decided('f', 'h.test')).toEqual({ kind: 'https', tlsOptions: 'default' })
})
