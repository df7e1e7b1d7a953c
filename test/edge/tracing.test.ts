import { expect, onTestFinished, test } from 'vitest'
import { planForEdge } from '../../adapters/cli/edge/plan-source.ts'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { Collector } from '../support/otlp/collector.ts'
import { attributesOf } from '../support/otlp/decode.ts'
import { until } from '../support/until.ts'
import { temporaryFile } from './files.ts'
import { origin, worker } from './proxy.ts'

const key = await generateSigningKey()
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const dynamic = (url: string) => ({
  http: {
    routers: {
      minimal: { rule: 'PathPrefix(`/`)', service: 's' },
      detailed: {
        rule: 'PathPrefix(`/detailed`)',
        service: 's',
        middlewares: ['strip'],
        observability: { traceVerbosity: 'detailed' },
      },
    },
    middlewares: { strip: { stripPrefix: { prefixes: ['/detailed'] } } },
    services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url }] } } },
  },
})

/** A worker that sends spans. @param otlpOf where they go, once the port of the collector is known */
const traced = (otlpOf: (port: number) => object, variables: Record<string, string> = {}) =>
  observed(
    (port) => ({ tracing: { serviceName: 'shop', resourceAttributes: { team: 'a' }, otlp: otlpOf(port) } }),
    variables,
  )

/** A worker with a plan, and a collector. @param telemetryOf what is told of exchanges, once the port is known */
async function observed(telemetryOf: (port: number) => object, variables: Record<string, string> = {}) {
  const collector = await new Collector().start({ '/own/path': 'traces' })
  onTestFinished(() => collector.close())
  const got: string[] = []
  const { url } = await origin((request, response) => {
    got.push(String(request.headers.traceparent))
    response.writeHead(request.url?.includes('503') ? 503 : 200).end('hello')
  })
  const started = await worker({
    SIGNALBOX_PUBLIC_KEYS: key.publicKey,
    SIGNALBOX_REFRESH_MS: '600000',
    SIGNALBOX_LOG_LEVEL: 'panic',
    ...variables,
  })
  const install = {
    entryPoints: { web: { address: ':80' }, websecure: { address: ':443' } },
    ...telemetryOf(collector.port),
  }
  const file = temporaryFile('dynamic.yml', JSON.stringify(dynamic(url.replace('127.0.0.1', 'localhost'))))
  const { plan, problems } = await planForEdge(temporaryFile('install.yml', JSON.stringify(install)))(file, 'edge')
  if (plan === null) throw new Error(JSON.stringify(problems))
  await publish(started.kv, plan, key, Date.now())
  const ask = async (path: string, headers: Record<string, string> = {}): Promise<number> => {
    const answer = await fetch(new URL(path, started.url), { headers })
    await answer.text()
    return answer.status
  }
  return { collector, plan: JSON.stringify(plan), problems, ask, got }
}

test('spans go to a collector by HTTP once answers have gone, those of several requests together', async () => {
  const { collector, ask, got, plan, problems } = await traced(
    (port) => ({ http: { endpoint: `http://localhost:${port}`, headers: { 'api-key': `\${secret:COLLECTOR_KEY}` } } }),
    { COLLECTOR_KEY: 'very-secret', OTEL_RESOURCE_ATTRIBUTES: 'from=worker' },
  )
  expect(problems).toEqual([])
  expect(await ask('/?status=503&x=1', { traceparent: PARENT, tracestate: 'a=b' })).toBe(503)
  expect(await ask('/detailed/a')).toBe(200)
  const spans = await collector.spansOf(7)
  expect(spans).toHaveLength(7)
  expect(collector.received).toHaveLength(1)
  expect(collector.received[0]!.headers['api-key']).toBe('very-secret')
  expect(collector.resource('traces')).toMatchObject({
    'service.name': 'shop',
    'cloud.platform': 'cloudflare.workers',
    team: 'a',
    from: 'worker',
  })
  expect(plan).not.toContain('very-secret')

  const [client, server] = spans
  expect(server).toMatchObject({
    name: 'GET',
    kind: 2,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331',
    status: { code: 2 },
    attributes: { 'http.response.status_code': 503, 'url.query': 'status=REDACTED&x=REDACTED' },
  })
  expect(client).toMatchObject({ name: 'ReverseProxy', kind: 3, parentSpanId: server!.spanId })
  expect(got[0]).toBe(`00-0af7651916cd43dd8448eb211c80319c-${client!.spanId}-01`)
  expect(spans.slice(2).map(({ name }) => name)).toEqual(['ReverseProxy', 'Service', 'StripPrefix', 'Router', 'GET'])
  expect(spans[5]!.attributes['http.route']).toBe('PathPrefix(`/detailed`)')
})

test('a collector that is gone costs nobody anything, and later spans arrive', async () => {
  const { collector, ask } = await traced((port) => ({ http: { endpoint: `http://localhost:${port}/own/path` } }))
  collector.fault = () => ({ status: 503 })
  expect(await ask('/')).toBe(200)
  await until(
    () => collector.asked,
    (asked) => asked > 0,
  )
  collector.fault = () => null
  expect(await ask('/later')).toBe(200)
  const spans = await collector.spansOf(2)
  expect(spans.map(({ attributes }) => attributes['url.path'] ?? 'client')).toEqual(['client', '/later'])
})

test('what was added to numbers goes to a collector, which adds isolates up', { timeout: 60_000 }, async () => {
  const { collector, ask, plan, problems } = await observed(
    (port) => ({
      metrics: {
        otlp: {
          addRoutersLabels: true,
          explicitBoundaries: [10],
          serviceName: 'shop',
          http: { endpoint: `http://localhost:${port}`, headers: { 'api-key': `\${secret:COLLECTOR_KEY}` } },
        },
      },
    }),
    { COLLECTOR_KEY: 'very-secret' },
  )
  expect(problems).toEqual([])
  expect(plan).not.toContain('very-secret')
  /** Of all messages together; what a message has is what came since the one before. @param by names of attributes */
  const summed = (metric: string, ...by: string[]): Record<string, number> => {
    const sums: Record<string, number> = {}
    for (const { message } of collector.received) {
      for (const { name, sum, histogram } of message.resourceMetrics[0].scopeMetrics[0].metrics) {
        if (name !== metric) continue
        expect((sum ?? histogram).aggregationTemporality).toBe(1)
        for (const { attributes, asDouble, count } of (sum ?? histogram).dataPoints) {
          const values = attributesOf(attributes)
          const key = by.map((attribute) => values[attribute]).join(' ')
          sums[key] = (sums[key] ?? 0) + Number(asDouble ?? count)
        }
      }
    }
    return sums
  }
  const counted = () => summed('traefik_router_requests_total', 'router', 'code')
  for (let i = 0; i < 3; i++) expect(await ask('/')).toBe(200)
  expect(await ask('/?503')).toBe(503)
  await until(counted, (sums) => sums['minimal@file 200'] === 3 && sums['minimal@file 503'] === 1, 20_000)
  expect(await ask('/')).toBe(200)
  await until(counted, (sums) => sums['minimal@file 200'] === 4, 20_000)
  for (const side of ['server', 'client']) {
    const durations = summed(`http.${side}.request.duration`, 'http.response.status_code', 'error.type')
    expect(durations).toEqual({ '200 ': 4, '503 503': 1 })
  }
  expect(collector.received.length).toBeGreaterThan(1)
  expect(collector.received[0]!.headers['api-key']).toBe('very-secret')
  expect(collector.resource('metrics')).toMatchObject({ 'service.name': 'shop', 'cloud.provider': 'cloudflare' })
  const duration = collector.metrics.get('traefik_entrypoint_request_duration_seconds')!
  expect(duration.histogram.dataPoints[0].explicitBounds).toEqual([10])
})

test('a secret that is not there is no reason to serve nothing', async () => {
  const { ask, got } = await traced((port) => ({
    http: { endpoint: `http://localhost:${port}`, headers: { 'api-key': `\${secret:NOBODY_KNOWS}` } },
  }))
  expect(await ask('/', { traceparent: PARENT })).toBe(200)
  expect(got).toEqual([PARENT])
})

test('what a worker can not do is said', async () => {
  const install = {
    entryPoints: { web: { address: ':80' } },
    tracing: { otlp: { grpc: { endpoint: 'localhost:4317' } } },
    metrics: { prometheus: {}, otlp: { grpc: {} } },
    accessLog: { otlp: {} },
    experimental: { otlpLogs: true },
  }
  const file = temporaryFile('dynamic.yml', JSON.stringify(dynamic('http://localhost:1')))
  const said = async (config: object) => {
    const { problems } = await planForEdge(temporaryFile('install.yml', JSON.stringify(config)))(file, 'edge')
    return problems.map(({ severity, path }) => `${severity} ${path.join('.')}`)
  }
  expect(await said(install)).toEqual([
    'warning metrics.prometheus',
    'warning accessLog.otlp',
    'warning tracing.otlp.grpc',
    'warning metrics.otlp.grpc',
  ])
  const http = { endpoint: 'https://c.test', headers: { 'api-key': 'plain', other: `\${env:KEY}` } }
  expect(await said({ ...install, metrics: undefined, accessLog: undefined, tracing: { otlp: { http } } })).toEqual([
    'warning tracing.otlp.http.headers.api-key',
    'error tracing.otlp.http.headers.other',
  ])
})
