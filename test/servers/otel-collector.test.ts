import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProxy } from '../support/node-proxy.ts'
import { ask, asks, routing, startOrigin } from '../support/otlp/scenario.ts'
import { until } from '../support/until.ts'
import { OtelCollector } from './support/otel-collector.ts'

let collector: OtelCollector
let origin: Awaited<ReturnType<typeof startOrigin>>
let tries = 0

beforeAll(async () => {
  process.env.OTEL_BSP_SCHEDULE_DELAY = '50'
  process.env.OTEL_BLRP_SCHEDULE_DELAY = '50'
  collector = await OtelCollector.create()
  await collector.start()
  origin = await startOrigin()
})

afterAll(async () => {
  await collector?.stop()
  await origin?.close()
})

const attributeOf = (attributes: readonly { key: string; value: Record<string, unknown> }[], name: string): unknown =>
  Object.values(attributes.find(({ key }) => key === name)?.value ?? {})[0]

/** What was sent by the proxy of a name. */
const of = (name: string, signal: 'traces' | 'metrics' | 'logs', list: string, scopes: string, items: string) =>
  collector
    .taken(signal, list)
    .filter(({ resource }) => attributeOf(resource.attributes, 'service.name') === name)
    .flatMap((one) => one[scopes])
    .flatMap((one) => one[items])

describe.each(['http', 'grpc'])('a real collector, by %s', (protocol) => {
  test('takes spans, metrics and logs, and reads in them what was meant', async () => {
    // The collector keeps what earlier tries have sent, so each has a name of its own.
    tries += 1
    const name = `proxy-${protocol}-${tries}`
    const to = (signal: string) => [
      ...(protocol === 'http'
        ? [`--${signal}.otlp.http.endpoint=http://127.0.0.1:${collector.httpPort}`]
        : [`--${signal}.otlp.grpc.endpoint=127.0.0.1:${collector.grpcPort}`, `--${signal}.otlp.grpc.insecure=true`]),
    ]
    const proxy = await startProxy(routing(origin.port), [
      ...['tracing', 'metrics', 'accessLog'].flatMap(to),
      `--tracing.serviceName=${name}`,
      `--metrics.otlp.serviceName=${name}`,
      `--accessLog.otlp.serviceName=${name}`,
      '--metrics.otlp.pushInterval=200ms',
      '--experimental.otlpLogs=true',
    ])
    await ask(proxy.port, asks['all spans']!)
    await ask(proxy.port, asks['a parent']!)

    const spans = await until(
      () => of(name, 'traces', 'resourceSpans', 'scopeSpans', 'spans'),
      ({ length }) => length === 10,
    )
    const server = spans.find(({ name, kind }) => name === 'POST' && kind === 2)
    expect(server).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      parentSpanId: 'b7ad6b7169203331',
      traceState: 'a=b,c=d',
      status: { code: 2 },
    })
    expect(attributeOf(server.attributes, 'http.response.status_code')).toBe('503')
    const age = Date.now() - Number(BigInt(server.startTimeUnixNano) / 1_000_000n)
    expect(age).toBeGreaterThan(0)
    expect(age).toBeLessThan(30_000)
    expect(BigInt(server.endTimeUnixNano) >= BigInt(server.startTimeUnixNano)).toBe(true)

    const totals = (all: readonly { name: string; sum: { dataPoints: { asDouble: number }[] } }[]) =>
      all.findLast(({ name }) => name === 'traefik_entrypoint_requests_total')
    // What is pushed between the two requests has the first alone.
    const metrics = await until(
      () => of(name, 'metrics', 'resourceMetrics', 'scopeMetrics', 'metrics'),
      (all) => totals(all)?.sum.dataPoints.length === 2,
    )
    const requests = totals(metrics)!
    expect(requests.sum).toMatchObject({ aggregationTemporality: 2, isMonotonic: true })
    expect(requests.sum.dataPoints.map(({ asDouble }) => asDouble)).toEqual([1, 1])
    expect(metrics.map(({ name }) => name)).toContain('http.client.request.duration')
    const durations = metrics.findLast(({ name }) => name === 'traefik_service_request_duration_seconds')
    expect(durations.histogram.dataPoints[0].explicitBounds).toHaveLength(14)
    expect(durations.histogram.dataPoints[0].bucketCounts).toHaveLength(15)

    const records = await until(
      () => of(name, 'logs', 'resourceLogs', 'scopeLogs', 'logRecords'),
      ({ length }) => length === 2,
    )
    expect(records[1]).toMatchObject({ severityNumber: 9, traceId: server.traceId, spanId: server.spanId })
    expect(attributeOf(records[1].attributes, 'RouterName')).toBe('minimal@file')
    expect(proxy.logged.filter(({ level }) => level === 'error')).toEqual([])
    await proxy.stop()
  })
})
