import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { Collector } from '../../support/otlp/collector.ts'
import {
  ask,
  asks,
  countOf,
  flags,
  metricsOf,
  recordShape,
  routing,
  runAll,
  type Seen,
  type SeenMetric,
  startOrigin,
} from '../../support/otlp/scenario.ts'
import { until } from '../../support/until.ts'

/** What Traefik sends, as `test/support/otlp/record.ts` has noted it. */
const traefik = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../support/otlp/traefik.json'), 'utf8')) as {
  readonly spans: Readonly<Record<string, Seen>>
  readonly metrics: Readonly<Record<string, SeenMetric>>
  readonly record: unknown
}

let collector: Collector
let origin: Awaited<ReturnType<typeof startOrigin>>
let proxy: TestProxy
let seen: Readonly<Record<string, Seen>>

beforeAll(async () => {
  process.env.OTEL_BSP_SCHEDULE_DELAY = '20'
  process.env.OTEL_BLRP_SCHEDULE_DELAY = '20'
  collector = await new Collector().start()
  origin = await startOrigin()
  proxy = await startProxy(routing(origin.port), flags(collector.port))
  seen = await runAll(proxy.port, origin.port, collector, async (name) => {
    const expected = countOf(traefik.spans[name]!.spans)
    if (expected > 0) await collector.spansOf(expected)
    // Nor do more come.
    await sleep(60)
  })
  collector.clear()
  await ask(proxy.port, asks['all spans']!)
})

afterAll(async () => {
  await proxy?.stop()
  await origin?.close()
  await collector?.close()
})

describe('spans say what those of Traefik say', () => {
  test.each(Object.keys(asks))('%s', (name) => {
    expect(seen[name]).toEqual(traefik.spans[name])
  })
})

describe('metrics are those of Traefik', () => {
  const { metrics } = traefik
  test.each(Object.keys(metrics))('%s', async (name) => {
    const ours = await until(
      () => metricsOf(collector, { PROXY: proxy.port, ORIGIN: origin.port })[name],
      (metric) => metric !== undefined,
    )
    // Traefik says 0 where the URL of the server names a port.
    const theirs = metrics[name]!
    const ports = (text: string) => text.replace(/\["server\.port",\d+\]/, '["server.port"]')
    expect({ ...ours, series: ours!.series.map(ports) }).toEqual({ ...theirs, series: theirs.series.map(ports) })
  })
})

test('lines of the access log are those of Traefik', async () => {
  await until(
    () => collector.logs,
    (logs) => logs.length > 0,
  )
  expect(recordShape(collector)).toEqual(traefik.record)
})
