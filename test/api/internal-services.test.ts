import { expect, test } from 'vitest'
import { internalServices } from '../../src/api/internal-services.ts'
import { createPing } from '../../src/api/ping.ts'
import type { Handler } from '../../src/http/handler.ts'
import { dashboardOf } from '../support/api.ts'
import { requestOf, responseOf, TestContext } from '../support/middleware.ts'

const api: Handler = ({ path }) => responseOf({ content: path })

test('only what is switched on is there', () => {
  const ping = createPing(() => false, 503)
  expect([...internalServices({ api: null, dashboard: dashboardOf(), ping: null, ready: null }).keys()]).toEqual([
    'noop@internal',
  ])
  expect([...internalServices({ api, dashboard: null, ping, ready: null }).keys()]).toEqual([
    'noop@internal',
    'api@internal',
    'ping@internal',
  ])
  expect(internalServices({ api, dashboard: dashboardOf(), ping, ready: null }).has('dashboard@internal')).toBe(true)
})

test('noop answers 418 with nothing', async () => {
  const reply = await internalServices({ api, dashboard: dashboardOf(), ping: null, ready: null }).get(
    'noop@internal',
  )!(requestOf(), new TestContext())
  expect([reply.status, reply.content, reply.headers.lines]).toEqual([418, null, []])
})

test.each([
  [false, 503, 200, 'OK'],
  [true, 503, 503, 'Service Unavailable'],
  [true, 204, 204, 'No Content'],
  [true, 599, 599, ''],
])('ping, terminating %s with %i: %i', async (terminating, code, status, content) => {
  const reply = await createPing(() => terminating, code)(
    requestOf({ method: 'DELETE', target: '/zz' }),
    new TestContext(),
  )
  expect([reply.status, reply.content]).toEqual([status, content])
})

test.each([
  ['/api/version?x=/../y', 200],
  ['/api/http/routers/a%2Fb@file', 200],
  ['/api/x/../version', 404],
  ['/api/%2e%2e/secret', 404],
  ['/api\\version', 404],
  ['/api/"', 404],
  ['//evil.example/api', 200],
])('a path is read as it stands: %s: %i', async (target, status) => {
  const reply = await internalServices({ api, dashboard: dashboardOf(), ping: null, ready: null }).get('api@internal')!(
    requestOf({ target }),
    new TestContext(),
  )
  expect(reply.status).toBe(status)
})

test.each([
  ...['put', 'Put', 'get', 'delete', 'head', 'options', 'poSt', 'TRACE', 'trace', 'CONNECT', 'Track'].map((method) => [
    method,
    405,
  ]),
  ...['GET', 'PUT', 'DELETE', 'OPTIONS', 'POST', 'PATCH', 'patch', 'BREW'].map((method) => [method, 200]),
] as [string, number][])('a method is what was sent: %s: %i', async (method, status) => {
  const seen: string[] = []
  const handle = internalServices({
    api(request) {
      seen.push(request.method)
      return responseOf()
    },
    dashboard: dashboardOf(),
    ping: null,
    ready: null,
  }).get('api@internal')!
  expect((await handle(requestOf({ method, target: '/api/version' }), new TestContext())).status).toBe(status)
  expect(seen).toEqual(status === 200 ? [method] : [])
})

test.each(['1.2.3.4.5', '999.1', 'a:99999', 'xn--', '[::1', 'a_b', ''])('the host %s is no error', async (host) => {
  const handle = internalServices({ api, dashboard: dashboardOf(), ping: null, ready: null }).get('api@internal')!
  expect((await handle(requestOf({ host, target: '/api/version' }), new TestContext())).status).toBe(200)
})
