import { describe, expect, test } from 'vitest'
import type { Handler } from '../../src/http/handler.ts'
import type { ExchangeEnd } from '../../src/http/request-context.ts'
import { inFlightReqElement } from '../../src/middlewares/in-flight-req/in-flight-req.schema.ts'
import { inFlightReq } from '../../src/middlewares/in-flight-req/in-flight-req.ts'
import { buildMiddleware, requestOf, responseOf, TestContext } from '../support/middleware.ts'

const end: ExchangeEnd = { status: 499, size: 0, requestSize: 0, aborted: true }

describe('the end of an exchange', () => {
  test('is told once, innermost first', () => {
    const cx = new TestContext()
    const told: string[] = []
    cx.onEnd(({ status }) => told.push(`outer ${status}`))
    cx.onEnd(({ status }) => told.push(`inner ${status}`))
    cx.end(end)
    cx.end({ ...end, status: 200 })
    expect(told).toEqual(['inner 499', 'outer 499'])
  })

  test('is told at once to who comes too late', () => {
    const cx = new TestContext()
    cx.end({ ...end, status: 504, aborted: false })
    const told: ExchangeEnd[] = []
    cx.onEnd((late) => told.push(late))
    expect(told).toEqual([{ ...end, status: 504, aborted: true }])
  })

  test('of a part is told to those who came with it', () => {
    const cx = new TestContext()
    const told: string[] = []
    const listen = (name: string) => cx.onEnd(({ status }) => told.push(`${name} ${status}`))
    listen('outer')
    const mark = cx.beginPart()
    listen('first')
    cx.endSince(mark, { ...end, status: 502 })
    listen('second')
    cx.end(end)
    expect(told).toEqual(['first 502', 'second 499', 'outer 499'])
  })

  test('of a part that ends too late is told to nobody', () => {
    const cx = new TestContext()
    const told: string[] = []
    const listen = (name: string) => cx.onEnd(({ status }) => told.push(`${name} ${status}`))
    const outer = cx.beginPart()
    listen('first')
    const inner = cx.beginPart()
    cx.endSince(outer, { ...end, status: 504 })
    listen('another')
    cx.endSince(inner, { ...end, status: 502 })
    expect(told).toEqual(['first 504'])
  })

  test('a request that goes on after its client left holds no place', async () => {
    const limited = buildMiddleware(inFlightReqElement, inFlightReq, { amount: 1 })(() => responseOf())
    // As with a password that is checked elsewhere meanwhile.
    const handle: Handler = (request, cx) => Promise.resolve().then(() => limited(request, cx))
    for (let i = 0; i < 2; i++) {
      const cx = new TestContext()
      const answer = handle(requestOf(), cx)
      cx.abort()
      cx.end(end)
      expect((await answer).status).toBe(200)
    }
  })
})
