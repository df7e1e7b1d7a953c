import { describe, expect, test } from 'vitest'
import { contentTypeElement } from '../../src/middlewares/content-type/content-type.schema.ts'
import { contentType } from '../../src/middlewares/content-type/content-type.ts'
import { encodedCharactersElement } from '../../src/middlewares/encoded-characters/encoded-characters.schema.ts'
import { encodedCharacters } from '../../src/middlewares/encoded-characters/encoded-characters.ts'
import { inFlightReqElement } from '../../src/middlewares/in-flight-req/in-flight-req.schema.ts'
import { inFlightReq } from '../../src/middlewares/in-flight-req/in-flight-req.ts'
import { ipAllowList } from '../../src/middlewares/ip-allow-list/ip-allow-list.ts'
import { ipWhiteListElement } from '../../src/middlewares/ip-allow-list/ip-white-list.schema.ts'
import { buildMiddleware, exchange, prepareErrorOf, TestContext } from '../support/middleware.ts'
import { PiecesBody, textOf } from '../support/pieces.ts'

describe('encodedCharacters', () => {
  test.each([
    [{}, '/a%2Fb', 400],
    [{}, '/a%2fb', 400],
    [{}, '/a%5Cb', 400],
    [{}, '/a%00b', 400],
    [{}, '/a;b', 200],
    [{}, '/a%20b?x=%2F', 200],
    [{ allowEncodedSlash: true }, '/a%2Fb', 200],
    [{ allowEncodedSlash: true }, '/a%2F%3Bb', 400],
  ])('%o %s: %d', async (options, target, status) => {
    const { response, seen } = await exchange(buildMiddleware(encodedCharactersElement, encodedCharacters, options), {
      target,
    })
    expect([response.status, seen !== null]).toEqual([status, status === 200])
    if (status === 400) expect([response.content, response.headers.lines]).toEqual([null, []])
  })
})

describe('ipWhiteList', () => {
  test('refuses with 403', async () => {
    const middleware = buildMiddleware(ipWhiteListElement, ipAllowList, { sourceRange: ['192.0.2.0/24'] })
    expect((await exchange(middleware)).response.status).toBe(200)
    const { response } = await exchange(middleware, {}, {}, new TestContext({ address: '10.0.0.1' }))
    expect([response.status, response.content]).toEqual([403, 'Forbidden'])
  })

  test.each([
    [{}, 'sourceRange is empty, IPWhiteLister not created'],
    [
      { sourceRange: ['foo'] },
      'cannot parse CIDR whitelist [foo]: parsing CIDR trusted IPs <nil>: invalid CIDR address: foo',
    ],
  ])('%o: %s', (options, error) => {
    expect(prepareErrorOf(ipWhiteListElement, options)).toBe(error)
  })
})

describe('contentType', () => {
  const detect = buildMiddleware(contentTypeElement, contentType, {})
  test.each([
    ['a text', { content: 'Test' }, 'text/plain; charset=utf-8'],
    ['nothing', { content: '' }, null],
    ['an existing type', { content: 'Test', headers: ['Content-Type', 'a/b'] }, 'a/b'],
    ['an existing empty type', { content: 'Test', headers: ['Content-Type', ''] }, ''],
    ['encoded content', { content: 'Test', headers: ['Content-Encoding', 'br'] }, null],
    ['a stream', { content: new PiecesBody(['<html>', 'rest']) }, 'text/html; charset=utf-8'],
    ['an empty stream', { content: new PiecesBody([]) }, null],
    ['pieces of known length', { content: new PiecesBody(['<ht', 'ml>'], 'complete', 6) }, 'text/html; charset=utf-8'],
  ])('%s', async (_name, answer, type) => {
    const { response } = await exchange(detect, {}, answer)
    expect(response.headers.get('content-type')).toBe(type)
  })

  test('the content stays whole', async () => {
    const { response } = await exchange(detect, {}, { content: new PiecesBody(['<html>', 'rest']) })
    expect(await textOf(response.content)).toBe('<html>rest')
  })

  test('autoDetect: false does nothing', async () => {
    const off = buildMiddleware(contentTypeElement, contentType, { autoDetect: false })
    expect((await exchange(off, {}, { content: 'Test' })).response.headers.lines).toEqual([])
  })
})

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
