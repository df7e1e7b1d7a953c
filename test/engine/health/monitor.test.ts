import { describe, expect, test } from 'vitest'
import type { HealthCheck } from '../../../src/contracts/health-check.ts'
import { type CheckTarget, HttpCheck } from '../../../src/engine/health/http-check.ts'
import { HealthMonitor } from '../../../src/engine/health/monitor.ts'
import { HealthTable } from '../../../src/engine/health/table.ts'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import { Fields } from '../../../src/http/fields.ts'
import type { ProxyRequest } from '../../../src/http/request.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import type { HealthCheckPlan } from '../../../src/plan/services.ts'
import { type Answer, fakePorts } from '../../support/ports.ts'

const options: HealthCheckPlan = {
  mode: 'http',
  path: '/health',
  method: 'GET',
  scheme: '',
  port: 0,
  hostname: '',
  headers: {},
  status: 0,
  followRedirects: true,
  intervalMs: 100,
  unhealthyIntervalMs: 50,
  timeoutMs: 30,
}

function setUp(answer: Answer, over: Partial<HealthCheckPlan> = {}) {
  const ports = fakePorts(answer)
  const table = new HealthTable()
  const monitor = new HealthMonitor(table, ports.clock, ports.log)
  const spec = { scheme: 'http', host: 'a', port: 80, options: undefined as never } as const
  const target: CheckTarget = {
    options: { ...options, ...over },
    base: '/',
    origin: { scheme: 'http', authority: 'a', transport: ports.transports.open(spec) },
    open: ({ protocol, host }) => ({
      scheme: protocol === 'https:' ? 'https' : 'http',
      authority: host,
      transport: ports.transports.open({ ...spec, host }),
    }),
  }
  const asked = new HttpCheck(target)
  const check: HealthCheck = {
    key: 'k',
    service: 's@file',
    serverUrl: 'http://a',
    options: target.options,
    run: (cx) => asked.run(cx),
  }
  monitor.replace([check])
  return { ports, table, monitor, check }
}

const NAMED = ['User-Agent', 'Go-http-client/1.1']

const reply = (status: number, ...lines: string[]) => new ProxyResponse(status, new Fields(lines), null)

describe('HealthMonitor', () => {
  test('servers start up, are checked one interval later, and at their own pace when they are down', async () => {
    let status = 500
    const { ports, table, monitor } = setUp(() => reply(status))
    const start = ports.clock.now()
    expect(monitor.nextDue()).toBe(start + 100)
    await monitor.tick()
    expect(table.isUp('k')).toBe(true)
    ports.clock.advance(100)
    await monitor.tick()
    expect(table.isUp('k')).toBe(false)
    expect(monitor.nextDue()).toBe(start + 150)
    status = 204
    ports.clock.advance(50)
    await monitor.tick()
    expect(table.isUp('k')).toBe(true)
    expect(monitor.nextDue()).toBe(start + 250)
  })

  test('a check that takes too long is a failure', async () => {
    const { ports, table, monitor } = setUp(
      (_, cx) =>
        new Promise((resolve) => {
          cx.onAbort(() => resolve(new UpstreamFailure('aborted', 'head-sent', null)))
        }),
    )
    ports.clock.advance(100)
    const ticking = monitor.tick()
    ports.clock.advance(30)
    await ticking
    expect(table.isUp('k')).toBe(false)
    expect(ports.logged.map(({ message }) => message)).toEqual(['Health check failed: timeout'])
  })

  test('unchanged checks keep state and pace over a replacement, forgotten ones their state no longer', async () => {
    const { ports, table, monitor, check } = setUp(() => reply(500))
    ports.clock.advance(100)
    await monitor.tick()
    const due = monitor.nextDue()
    monitor.replace([check])
    expect([table.isUp('k'), monitor.nextDue()]).toEqual([false, due])
    monitor.replace([])
    expect([table.isUp('k'), monitor.nextDue()]).toEqual([true, Number.POSITIVE_INFINITY])
  })

  test('it takes as many results in a row as the options say, over replacements too', async () => {
    let status = 500
    const { ports, table, monitor, check } = setUp(() => reply(status), { fails: 3, passes: 2 })
    const start = ports.clock.now()
    const next = async () => {
      ports.clock.advance(monitor.nextDue() - ports.clock.now())
      await monitor.tick()
      return [ports.clock.now() - start, table.isUp('k')]
    }
    expect(await next()).toEqual([100, true])
    expect(await next()).toEqual([200, true])
    monitor.replace([check])
    expect(await next()).toEqual([300, false])
    expect(table.changedAt('k')).toBe(start + 300)
    status = 200
    // At the pace of servers that are out until it is back.
    expect(await next()).toEqual([350, false])
    monitor.replace([check])
    expect(await next()).toEqual([400, true])
    expect(await next()).toEqual([500, true])
    expect(ports.logged.map(({ message }) => message)).toEqual([
      'Health check failed: received status 500',
      'Health check passed, server is up',
    ])
  })

  test.each<[string, Partial<HealthCheckPlan>, Answer, boolean]>([
    ['399 is healthy', { followRedirects: false }, () => reply(399), true],
    ['400 is not', {}, () => reply(400), false],
    ['a status option takes exactly that one', { status: 404 }, () => reply(404), true],
    ['and no other', { status: 404 }, () => reply(200), false],
    [
      'a redirect is followed',
      {},
      (request) => (request.target === '/health' ? reply(302, 'Location', '/up') : reply(200)),
      true,
    ],
    [
      'to where it leads',
      {},
      (request) => (request.target === '/health' ? reply(302, 'Location', 'down') : reply(500)),
      false,
    ],
    ['a loop of redirects ends', {}, () => reply(302, 'Location', '/health'), false],
    ['an absolute path fails every check', { path: 'http://b/' }, () => reply(200), false],
    ['a network failure', {}, () => new UpstreamFailure('connect', 'unsent', null), false],
  ])('%s', async (_, over, answer, up) => {
    const { ports, table, monitor } = setUp(answer, over)
    ports.clock.advance(100)
    await monitor.tick()
    expect(table.isUp('k')).toBe(up)
  })

  test('method, path, host and headers can be set', async () => {
    const seen: ProxyRequest[] = []
    const { monitor } = setUp(
      (request) => {
        seen.push(request)
        return reply(200)
      },
      { method: 'HEAD', path: 'live?full=1', hostname: 'probe.test', headers: { 'X-Probe': 'yes' } },
    )
    await monitor.tick(true)
    expect(seen.map(({ method, target, authority, headers }) => [method, target, authority, headers.lines])).toEqual([
      ['HEAD', '/live?full=1', 'probe.test', ['X-Probe', 'yes', 'User-Agent', 'Go-http-client/1.1']],
    ])
  })

  test.each([
    ['another name', { 'user-agent': 'me' }, ['user-agent', 'me']],
    ['no name', { 'User-Agent': '' }, []],
    ['a host, which `hostname` is for', { Host: 'x.test' }, ['User-Agent', 'Go-http-client/1.1']],
  ])('a check with %s', async (_, headers: Record<string, string>, expected) => {
    const seen: ProxyRequest[] = []
    const { monitor } = setUp(
      (request) => {
        seen.push(request)
        return reply(200)
      },
      { headers },
    )
    await monitor.tick(true)
    expect(seen.map(({ authority, headers: { lines } }) => [authority, lines])).toEqual([['a', expected]])
  })

  test('a redirect to another server is followed there, without what was meant for the first one', async () => {
    const seen: string[][] = []
    const { table, monitor } = setUp(
      (request, _, { host }) => {
        const { method, target, authority, headers } = request
        seen.push([host, method, authority, target, ...headers.lines])
        return host === 'a' ? reply(302, 'Location', 'https://b:8443/up?x=1#y') : reply(500)
      },
      {
        method: 'POST',
        hostname: 'probe.test',
        headers: { Authorization: 'secret', 'X-Probe': 'yes', 'Content-Type': 'a/b' },
      },
    )
    await monitor.tick(true)
    expect(seen).toEqual([
      [
        'a',
        'POST',
        'probe.test',
        '/health',
        'Authorization',
        'secret',
        'X-Probe',
        'yes',
        'Content-Type',
        'a/b',
        ...NAMED,
      ],
      ['b:8443', 'GET', 'b:8443', '/up?x=1', 'X-Probe', 'yes', ...NAMED],
    ])
    expect(table.isUp('k')).toBe(false)
  })

  test('redirects lead to a bounded number of servers', async () => {
    let hops = 0
    const { ports, table, monitor } = setUp(() => reply(302, 'Location', `http://b${++hops}/`))
    await monitor.tick(true)
    expect([table.isUp('k'), ports.open.size, hops]).toEqual([false, 5, 5])
  })
})
