import { describe, expect, test } from 'vitest'
import { inFlightReqElement } from '../../src/middlewares/in-flight-req/in-flight-req.schema.ts'
import { inFlightReq } from '../../src/middlewares/in-flight-req/in-flight-req.ts'
import { buildMiddleware, exchange, prepareErrorOf } from '../support/middleware.ts'

describe('inFlightReq', () => {
  const end = { status: 200, size: 0, requestSize: 0, aborted: false }

  test('counts until the exchange is over, by host', async () => {
    const middleware = buildMiddleware(inFlightReqElement, inFlightReq, { amount: 1 })
    const first = await exchange(middleware)
    const { response } = await exchange(middleware)
    expect([response.status, response.content, response.headers.lines]).toEqual([429, 'max connections reached: 1', []])
    expect((await exchange(middleware, { host: 'host.example:80' })).response.status).toBe(200)
    first.cx.end(end)
    expect((await exchange(middleware)).response.status).toBe(200)
  })

  test('by a field; without it they share a count', async () => {
    const options = { amount: 1, sourceCriterion: { requestHeaderName: 'X-Tenant' } }
    const middleware = buildMiddleware(inFlightReqElement, inFlightReq, options)
    expect((await exchange(middleware, { headers: ['X-Tenant', 'a'] })).response.status).toBe(200)
    expect((await exchange(middleware, { headers: ['X-Tenant', 'b'] })).response.status).toBe(200)
    expect((await exchange(middleware)).response.status).toBe(200)
    expect((await exchange(middleware)).response.status).toBe(429)
  })

  test('0 refuses everything', async () => {
    const { response } = await exchange(buildMiddleware(inFlightReqElement, inFlightReq, { amount: 0 }))
    expect(response.content).toBe('max connections reached: 0')
  })

  test.each([
    [{ ipStrategy: {}, requestHeaderName: 'X' }, 'iPStrategy and RequestHeaderName'],
    [{ ipStrategy: {}, requestHost: true }, 'iPStrategy and RequestHost'],
    [{ requestHost: true, requestHeaderName: 'X' }, 'requestHost and RequestHeaderName'],
  ])('%o', (sourceCriterion, both) => {
    expect(prepareErrorOf(inFlightReqElement, { amount: 1, sourceCriterion })).toBe(
      `error creating requests limiter: ${both} are mutually exclusive`,
    )
  })
})
