import { describe, expect, test } from 'vitest'
import { echo, everything, origin, raw, serving } from './proxy.ts'

describe('a request that is refused unseen', () => {
  test.each([
    ['GET /a%2 HTTP/1.1\r\nHost: a.test', 'Bad Request'],
    ['GET / HTTP/1.1\r\nHost: a/b', 'Bad Request: malformed Host header'],
    ['GET * HTTP/1.1\r\nHost: a.test', 'Bad Request'],
  ])('%j', async (head, reason) => {
    const { url } = await serving({ http: {} })
    const answer = await raw(url, `${head}\r\nConnection: close\r\n\r\n`, '\0end')
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toContain('Content-Type: text/plain; charset=utf-8')
    expect(answer).not.toContain('X-Content-Type-Options')
    expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toBe(`400 ${reason}`)
  })
})

test('answers have the reason phrase of their status, whatever a server said', async () => {
  const { url: server } = await origin((request, response) => {
    response.writeHead(Number(request.url!.slice(1)), 'As I Like').end()
  })
  const { url } = await serving(everything([server]))
  const statusLine = async (path: string) =>
    (await raw(url, `GET ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`)).split('\r\n')[0]
  expect(await statusLine('/413')).toBe('HTTP/1.1 413 Request Entity Too Large')
  expect(await statusLine('/599')).toBe('HTTP/1.1 599 status code 599')
})

test('services of the management plane may stand behind others, and give error pages', async () => {
  const { url: server } = await origin((_request, response) => response.writeHead(500).end())
  const { url } = await serving({
    http: {
      routers: {
        page: { rule: 'Path(`/page`)', service: 's', middlewares: ['page'] },
        spread: { rule: 'Path(`/spread`)', service: 'spread' },
      },
      middlewares: { page: { errors: { status: ['500'], service: 'ping@internal', query: '/' } } },
      services: {
        s: { loadBalancer: { servers: [{ url: server }] } },
        spread: { weighted: { services: [{ name: 'noop@internal' }] } },
      },
    },
  })
  const page = await fetch(new URL('/page', url))
  expect([page.status, await page.text()]).toEqual([500, 'OK'])
  expect((await fetch(new URL('/spread', url))).status).toBe(418)
})

test('credentials for a proxy go to the authentication server alone', async () => {
  const seen: (string | undefined)[] = []
  const { url: auth } = await origin((request, response) => {
    seen.push(request.headers['proxy-authorization'])
    response.end()
  })
  const { url: server } = await echo('a')
  const { url } = await serving(everything([server], {}, { auth: { forwardAuth: { address: auth } } }))
  const answer = await raw(
    url,
    'GET / HTTP/1.1\r\nHost: a.test\r\nProxy-Authorization: Basic x\r\nConnection: close\r\n\r\n',
    '\0end',
  )
  expect(answer).toContain('"name":"a"')
  expect(answer).not.toContain('Basic x')
  expect(seen).toEqual(['Basic x'])
})

test('content that breaks off while it is changed is not complete for the server', async () => {
  const { promise: isCut, resolve } = Promise.withResolvers<boolean>()
  const { url: server } = await origin((request, response) => {
    request.resume()
    request.on('end', () => response.end('complete'))
    request.on('close', () => resolve(!request.complete))
  })
  const { url } = await serving(everything([server], {}, { web: { grpcWeb: { allowOrigins: ['*'] } } }))
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/grpc-web-text' },
    body: `${'QUJD'.repeat(10_000)}!!!`,
  })
  expect(Buffer.from(await response.text(), 'base64').toString()).not.toContain('complete')
  expect(response.status).toBeGreaterThanOrEqual(499)
  expect(await isCut).toBe(true)
})
