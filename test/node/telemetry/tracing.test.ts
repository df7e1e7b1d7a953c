import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { Collector } from '../../support/otlp/collector.ts'
import { asks, flags, routing, runAll, type Seen, startOrigin } from '../../support/otlp/scenario.ts'

/** What Traefik's spans say, as `test/support/otlp/record.ts` has noted it. */
const traefik = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../support/otlp/traefik-spans.json'), 'utf8'),
) as Readonly<Record<string, Seen>>

let collector: Collector
let origin: Awaited<ReturnType<typeof startOrigin>>
let proxy: TestProxy
let seen: Readonly<Record<string, Seen>>

beforeAll(async () => {
  process.env.OTEL_BSP_SCHEDULE_DELAY = '20'
  collector = await new Collector().start()
  origin = await startOrigin()
  proxy = await startProxy(routing(origin.port), flags(collector.port))
  seen = await runAll(proxy.port, origin.port, collector, () => sleep(150))
})

afterAll(async () => {
  await proxy?.stop()
  await origin?.close()
  await collector?.close()
})

describe('spans say what those of Traefik say', () => {
  test.each(Object.keys(asks))('%s', (name) => {
    expect(seen[name]).toEqual(traefik[name])
  })
})
