import { expect, test } from 'vitest'
import { Traffic } from '../../src/telemetry/traffic.ts'
import { requestOf, responseOf, TestContext } from '../support/middleware.ts'
import { FakeClock } from '../support/ports.ts'

class Site {
  readonly clock = new FakeClock()
  readonly traffic = new Traffic(this.clock)
  readonly #handle = this.traffic.observer.entryPoint('web', { accessLogs: true, metrics: true, tracing: true })!(
    (_, { record }) => {
      record.router = this.router
      record.serverUrl = this.server
      return responseOf()
    },
  )
  router = 'shop@file'
  server = 'http://user:secret@10.0.0.1'

  send(status = 200, ms = 10): void {
    const cx = new TestContext()
    Object.assign(cx, { start: this.clock.now() })
    void this.#handle(requestOf(), cx)
    this.clock.advance(ms)
    cx.end({ status, size: 0, requestSize: 0, aborted: false })
  }
}

test('nothing is kept before somebody looks', () => {
  const site = new Site()
  site.send()
  expect(site.traffic.view().total.requests).toEqual([0])
  site.send()
  expect(site.traffic.view().total.requests.reduce((a, b) => a + b)).toBe(1)
})

test('requests, errors and durations, step by step, by router and by server', () => {
  const site = new Site()
  site.traffic.view()
  for (let i = 0; i < 98; i++) site.send(200, 10)
  site.send(503, 400)
  site.send(502, 400)
  const { total, routers, servers, stepSeconds, steps } = site.traffic.view()
  expect(stepSeconds).toBe(2)
  expect(total.requests).toHaveLength(steps)
  expect(total.requests.reduce((a, b) => a + b)).toBe(100)
  expect(total.errors.reduce((a, b) => a + b)).toBe(2)
  expect(Object.keys(servers)).toEqual(['http://10.0.0.1'])
  const { p50, p99, ...counts } = routers['shop@file']!
  expect(counts).toEqual({ requests: 100, errors: 2 })
  expect(Math.abs(p50! - 10)).toBeLessThan(10 * 0.13)
  expect(Math.abs(p99! - 400)).toBeLessThan(400 * 0.13)
})

test('what is older than five minutes is forgotten', () => {
  const site = new Site()
  site.traffic.view()
  site.send()
  for (let i = 0; i < 8; i++) {
    site.clock.advance(50_000)
    site.traffic.view()
  }
  const { total, routers, steps } = site.traffic.view()
  expect(steps).toBe(150)
  expect(Math.max(...total.requests)).toBe(0)
  expect(routers).toEqual({})
})

test('a minute after the last look nothing is kept any more', () => {
  const site = new Site()
  site.traffic.view()
  site.send()
  site.clock.advance(61_000)
  site.send()
  site.send()
  expect(site.traffic.view().total.requests).toEqual([0])
})

test('a hundred routers are shown, the busiest', () => {
  const site = new Site()
  site.traffic.view()
  for (let i = 0; i < 3000; i++) {
    site.router = `r${i}`
    site.send(200, 0)
    if (i % 10 === 0) site.send(200, 0)
  }
  const names = Object.keys(site.traffic.view().routers)
  expect(names).toHaveLength(100)
  expect(names.every((name) => name.endsWith('0'))).toBe(true)
})
