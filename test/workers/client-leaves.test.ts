import { createExecutionContext } from 'cloudflare:test'
import { expect, test } from 'vitest'
import { EdgeContext } from '../../adapters/cloudflare/bridge/edge-context.ts'
import type { ExchangeEnd } from '../../src/http/request-context.ts'

function exchange() {
  const client = new AbortController()
  const native = new Request('https://app.test/', { signal: client.signal })
  return { client, cx: new EdgeContext('web', native, null, createExecutionContext(), 0) }
}

test('a client that leaves ends the exchange for everybody who waits for its end', () => {
  const { client, cx } = exchange()
  const ends: ExchangeEnd[] = []
  let abortions = 0
  cx.onAbort(() => abortions++)
  cx.onEnd((end) => ends.push(end))
  cx.onEnd((end) => ends.push(end))
  client.abort()
  const left = { status: 499, size: 0, requestSize: 0, aborted: true }
  expect(ends).toEqual([left, left])
  expect(abortions).toBe(1)
  expect(cx.aborted).toBe(true)
})

test('an exchange that is over is so only once', () => {
  const { client, cx } = exchange()
  const statuses: number[] = []
  cx.onEnd(({ status }) => statuses.push(status))
  cx.end({ status: 200, size: 5, requestSize: 0, aborted: false })
  client.abort()
  expect(statuses).toEqual([200])
  expect(cx.aborted).toBe(false)
})
