import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createLogger, type NodeLogger } from '../../../adapters/node/telemetry/logger.ts'
import { runtimeClock } from '../../../adapters/web/clock.ts'
import { logOptions } from '../../../src/compiler/install/log-options.ts'
import { cn, makeCertificate } from '../../support/certificates.ts'
import { freePort } from '../../support/free-port.ts'
import { installOf } from '../../support/install.ts'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { Collector } from '../../support/otlp/collector.ts'
import { ask, routing, startOrigin } from '../../support/otlp/scenario.ts'
import { until } from '../../support/until.ts'

let collector: Collector
let origin: Awaited<ReturnType<typeof startOrigin>>
let proxy: TestProxy | null = null

beforeAll(() => {
  process.env.OTEL_BSP_SCHEDULE_DELAY = '20'
  process.env.OTEL_BLRP_SCHEDULE_DELAY = '20'
})
beforeEach(async () => {
  collector = await new Collector().start({ '/elsewhere': 'traces' })
  origin = await startOrigin()
})
afterEach(async () => {
  await proxy?.stop()
  proxy = null
  await origin.close()
  await collector.close()
})
afterAll(() => {
  delete process.env.OTEL_PROPAGATORS
})

const start = async (...flags: string[]): Promise<TestProxy> => {
  proxy = await startProxy(routing(origin.port), flags)
  return proxy
}
const http = () => `--tracing.otlp.http.endpoint=http://127.0.0.1:${collector.port}`
const send = (path = '/min') => ask(proxy!.port, { path })
const about = ({ logged }: TestProxy) => logged.filter(({ message }) => message.includes('collector'))

describe('ways to a collector', () => {
  test('a path and fields of one’s own, by HTTP', async () => {
    await start(`${http()}/elsewhere`, '--tracing.otlp.http.headers.Api-Key=secret')
    await send()
    await collector.spansOf(2)
    const [{ path, headers }] = collector.received as [(typeof collector.received)[0]]
    expect(path).toBe('/elsewhere')
    expect(headers).toMatchObject({
      'api-key': 'secret',
      'content-type': 'application/x-protobuf',
      'content-encoding': 'gzip',
    })
  })

  test('all signals by gRPC, with fields', async () => {
    const to = [`endpoint=127.0.0.1:${collector.grpcPort}`, 'insecure=true', 'headers.api-key=secret']
    const of = (signal: string) => to.map((option) => `--${signal}.otlp.grpc.${option}`)
    const more = ['--experimental.otlpLogs=true', '--metrics.otlp.pushInterval=100ms']
    await start(...of('tracing'), ...of('metrics'), ...of('accessLog'), ...more)
    await send()
    await collector.spansOf(2)
    await until(
      () => [collector.metrics.has('traefik_entrypoint_requests_total'), collector.logs.length],
      ([metrics, logs]) => metrics === true && logs === 1,
    )
    expect(collector.received.every(({ headers }) => headers['api-key'] === 'secret')).toBe(true)
  })

  test('the resource says who sends', async () => {
    process.env.OTEL_RESOURCE_ATTRIBUTES = 'from=environment'
    await start(http(), '--tracing.serviceName=edge', '--tracing.resourceAttributes.team=a,b')
    delete process.env.OTEL_RESOURCE_ATTRIBUTES
    await send()
    await collector.spansOf(2)
    const resource = collector.resource('traces')
    expect(resource).toMatchObject({
      'service.name': 'edge',
      team: 'a,b',
      from: 'environment',
      'process.pid': process.pid,
      'telemetry.sdk.language': 'nodejs',
    })
    // They may hold credentials.
    expect(resource).not.toHaveProperty(['process.command_args'])
  })

  test('with TLS, by an authority of one’s own', async () => {
    const authority = makeCertificate({ subject: cn('authority'), isAuthority: true })
    const tls = makeCertificate({ subject: cn('collector'), ip: [[127, 0, 0, 1]] }, authority)
    const secure = await new Collector().start({}, { tls })
    const running = await start(
      `--tracing.otlp.http.endpoint=https://127.0.0.1:${secure.port}`,
      `--tracing.otlp.http.tls.ca=${authority.cert}`,
      `--metrics.otlp.grpc.endpoint=127.0.0.1:${secure.grpcPort}`,
      `--metrics.otlp.grpc.tls.ca=${authority.cert}`,
      '--metrics.otlp.pushInterval=100ms',
    )
    await send()
    await secure.spansOf(2)
    await until(
      () => secure.metrics.has('traefik_entrypoint_requests_total'),
      (has) => has,
    )
    expect(about(running)).toEqual([])
    await running.stop()
    proxy = null
    await secure.close()
  })

  test('a certificate of somebody else is refused', async () => {
    const secure = await new Collector().start({}, { tls: makeCertificate({ subject: cn('other') }) })
    const running = await start(`--tracing.otlp.http.endpoint=https://127.0.0.1:${secure.port}`)
    await send()
    await until(
      () => about(running).length,
      (count) => count === 1,
    )
    expect(secure.asked).toBe(0)
    await running.stop()
    proxy = null
    await secure.close()
  })

  test('an address that is none is said, and everything else goes on', async () => {
    const { logged } = await start('--tracing.otlp.http.endpoint=nowhere')
    expect((await send())['x-answer']).toBe('a')
    expect(logged.filter(({ message }) => message === 'Unable to send traces by OpenTelemetry')).toHaveLength(1)
  })

  test('formats of propagation come from the environment', async () => {
    process.env.OTEL_PROPAGATORS = 'b3,nonsense'
    const { logged } = await start(http())
    delete process.env.OTEL_PROPAGATORS
    const answer = await ask(proxy!.port, {
      path: '/min',
      headers: { b3: '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1' },
    })
    const [client] = await collector.spansOf(2)
    expect(JSON.parse(String(answer['x-got']))).toEqual({
      b3: `0af7651916cd43dd8448eb211c80319c-${client!.spanId}-1`,
    })
    expect(logged.filter(({ message }) => message === 'Unknown propagator')).toHaveLength(1)
  })
})

describe('what is traced', () => {
  test('a share of the traces that begin here', async () => {
    await start(http(), '--tracing.sampleRate=0')
    const answer = await send()
    expect(String(answer['x-got'])).toMatch(/"traceparent":"00-[0-9a-f]{32}-[0-9a-f]{16}-00"/)
    await send('/min?again')
    await sleep(100)
    expect(collector.spans).toEqual([])
  })

  test('internal services when they are asked for', async () => {
    await start(http(), '--ping.entryPoint=web', '--tracing.addInternals=true')
    await send('/ping')
    const [span] = await collector.spansOf(1)
    expect(span!.attributes['url.path']).toBe('/ping')
  })

  test('and else they are not', async () => {
    await start(http(), '--ping.entryPoint=web')
    await send('/ping')
    await send()
    await collector.spansOf(2)
    expect(collector.spans.map(({ attributes }) => attributes['url.path'])).not.toContain('/ping')
  })

  test('as the entry point says, where a router says nothing', async () => {
    await start(http(), '--entryPoints.web.observability.traceVerbosity=detailed')
    await send()
    await send('/nothing')
    const spans = await collector.spansOf(5)
    expect(spans.map(({ name }) => name)).toEqual(['ReverseProxy', 'Service', 'Router', 'GET', 'GET'])
  })

  test('nothing of an entry point that wants none, not even what no router takes', async () => {
    const answer = await start(http(), '--entryPoints.web.observability.tracing=false').then(() => send())
    expect(answer['x-got']).toBe('{}')
    await send('/nothing')
    await send('/fwd')
    await sleep(100)
    expect(collector.spans).toEqual([])
  })

  test('a connection that changes its protocol', async () => {
    const upgrading = createServer()
    upgrading.on('upgrade', (_, socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    })
    await new Promise<void>((done) => upgrading.listen(0, '127.0.0.1', done))
    const { port } = upgrading.address() as AddressInfo
    proxy = await startProxy(routing(port), [http()])
    const socket = connect({ host: '127.0.0.1', port: proxy.port })
    socket.write('GET /min HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.resume()
    const spans = await collector.spansOf(2)
    expect(spans.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([101, 101])
    expect(spans.map(({ status }) => status.code)).toEqual([0, 0])
    socket.destroy()
    upgrading.close()
  })

  test('what a client sends is cut, so that what waits is bounded', async () => {
    await start(http())
    const long = 'x'.repeat(20_000)
    await ask(proxy!.port, { path: `/min/${long}?${long}=1`, headers: { 'user-agent': long } })
    const spans = await collector.spansOf(2)
    for (const { attributes } of spans)
      for (const text of Object.values(attributes)) expect(String(text).length).toBeLessThan(4200)
  })
})

describe('a collector that does not take it', () => {
  test('gone: one line, nobody waits, and another line when it is back', async () => {
    const port = await freePort()
    const running = await start(`--tracing.otlp.http.endpoint=http://127.0.0.1:${port}`)
    for (let i = 0; i < 20; i++) await send()
    await until(
      () => about(running).length,
      (count) => count > 0,
    )
    for (let i = 0; i < 20; i++) await send()
    expect(about(running).map(({ level }) => level)).toEqual(['error'])
    const back = await new Collector().start({}, { port })
    await until(
      () => about(running).length,
      (count) => count === 2,
    )
    expect(about(running)[1]).toMatchObject({ level: 'info', message: 'The collector takes traces again' })
    await back.spansOf(80)
    await back.close()
  })

  test('429 with Retry-After: it is left alone for so long', async () => {
    let refused = 0
    collector.fault = () => (refused++ === 0 ? { status: 429, headers: { 'retry-after': '2' } } : null)
    await start(http())
    const begin = performance.now()
    await send()
    await collector.spansOf(2)
    expect(performance.now() - begin).toBeGreaterThan(1_900)
    expect(collector.asked).toBe(2)
  })

  test.each([
    ['400', { status: 400, body: 'no' }],
    ['garbage', { status: 200, body: '<html>' }],
  ])('%s: it is dropped and counted, and not sent again', async (_, answer) => {
    collector.fault = (signal) => (signal === 'traces' ? answer : null)
    const metrics = [
      `--metrics.otlp.http.endpoint=http://127.0.0.1:${collector.port}`,
      '--metrics.otlp.pushInterval=100ms',
    ]
    const running = await start(http(), ...metrics)
    await send()
    await until(
      () => collector.metrics.get('signalbox_otlp_dropped_total')?.sum.dataPoints[0].asDouble,
      (dropped) => dropped === 2,
    )
    expect(about(running)).toHaveLength(1)
  })

  test('it hangs: requests are served, and stopping takes some seconds at most', { timeout: 60_000 }, async () => {
    collector.fault = () => 'hang'
    const running = await start(http())
    for (let i = 0; i < 20; i++) expect((await send())['x-answer']).toBe('a')
    await until(
      () => collector.asked,
      (asked) => asked === 1,
    )
    const begin = performance.now()
    await running.stop()
    proxy = null
    expect(performance.now() - begin).toBeLessThan(15_000)
    expect(about(running)).toHaveLength(1)
  })

  test.each([
    ['unavailable', 14, 2],
    ['invalid', 3, 1],
  ])('gRPC, %s', async (_, status, asked) => {
    let refused = 0
    collector.fault = () => (refused++ === 0 ? { status } : null)
    const running = await start(
      `--tracing.otlp.grpc.endpoint=127.0.0.1:${collector.grpcPort}`,
      '--tracing.otlp.grpc.insecure=true',
    )
    await send()
    await until(
      () => about(running).length,
      (count) => count === 1,
    )
    await until(
      () => collector.asked,
      (count) => count === asked,
    )
    await running.stop()
    proxy = null
    expect(collector.asked).toBe(asked)
    expect(collector.spans).toHaveLength(asked === 2 ? 2 : 0)
  })

  test('what it repeats of our fields is in no log', async () => {
    collector.fault = () => ({ status: 401, body: 'the key very-secret is not known' })
    const running = await start(http(), '--tracing.otlp.http.headers.api-key=very-secret')
    await send()
    await until(
      () => about(running).length,
      (count) => count === 1,
    )
    expect(JSON.stringify(running.logged)).not.toContain('very-secret')
  })
})

test('at stop what waits is sent', async () => {
  process.env.OTEL_BSP_SCHEDULE_DELAY = '60000'
  const running = await start(http())
  process.env.OTEL_BSP_SCHEDULE_DELAY = '20'
  await send()
  await running.stop()
  proxy = null
  expect(collector.spans).toHaveLength(2)
})

describe('logs', () => {
  test('the access log is written too where both are wanted', async () => {
    const to = `--accessLog.otlp.http.endpoint=http://127.0.0.1:${collector.port}`
    const running = await start(
      to,
      '--experimental.otlpLogs=true',
      '--accessLog.dualOutput=true',
      '--accessLog.filePath=/dev/null',
    )
    await send()
    await until(
      () => collector.logs.length,
      (count) => count === 1,
    )
    expect(collector.logs[0]!.attributes).toMatchObject({ RequestPath: '/min', DownstreamStatus: 200 })
    expect(running.logged.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('lines of the proxy’s own log, from the first on', async () => {
    const install = installOf({
      log: { level: 'info', filePath: '/dev/null', otlp: { http: { endpoint: `http://127.0.0.1:${collector.port}` } } },
      experimental: { otlpLogs: true },
    })
    const log: NodeLogger = createLogger(logOptions(install), runtimeClock)
    log.log('debug', 'not wanted')
    log.log('warn', 'Something is odd', { token: 'abc', count: 3, list: [1], url: 'http://u:p@h/?a=b' })
    await log.close()
    expect(collector.logs.map(({ body, attributes, record }) => [body, attributes, record.severityNumber])).toEqual([
      ['Something is odd', { token: 'REDACTED', count: 3, list: '[1]', url: 'http://REDACTED@h/?a=REDACTED' }, 13],
    ])
  })

  test('without the switch for experiments nothing starts', async () => {
    await expect(start('--accessLog.otlp=true')).rejects.toThrow(
      'the experimental OTLPLogs feature must be enabled to use OTLP access logging',
    )
  })
})
