import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { maintenanceElement } from '../../src/middlewares/maintenance/maintenance.schema.ts'
import { maintenance } from '../../src/middlewares/maintenance/maintenance.ts'
import { buildMiddleware, exchange, prepareErrorOf, TestContext, testScopes } from '../support/middleware.ts'

describe('maintenance', () => {
  type Options = z.input<typeof maintenanceElement.schema>
  const plain = ['Content-Type', 'text/plain; charset=utf-8']
  const common = [...plain, 'Cache-Control', 'no-store']

  test.each<[Options, number, string[], string | null]>([
    [{}, 503, common, 'Service Unavailable'],
    [{ retryAfter: '90s' }, 503, [...common, 'Retry-After', '90'], 'Service Unavailable'],
    [{ retryAfter: '1500ms' }, 503, [...common, 'Retry-After', '2'], 'Service Unavailable'],
    [
      { status: 500, body: '<p>soon</p>', contentType: 'text/html' },
      500,
      ['Content-Type', 'text/html', 'Cache-Control', 'no-store'],
      '<p>soon</p>',
    ],
    [{ body: '' }, 503, ['Cache-Control', 'no-store'], null],
    [{ status: 204 }, 204, ['Cache-Control', 'no-store'], null],
  ])('%o', async (options, status, lines, content) => {
    const { response, seen } = await exchange(buildMiddleware(maintenanceElement, maintenance, options))
    expect([response.status, response.headers.lines, response.content, seen]).toEqual([status, lines, content, null])
  })

  test.each<[boolean | undefined, boolean | null, number]>([
    [undefined, null, 503],
    [true, null, 503],
    [false, null, 200],
    [true, false, 200],
    [false, true, 503],
  ])('configured %s, switched %s: %d', async (enabled, on, status) => {
    const manual = { on: null as boolean | null }
    const options = enabled === undefined ? {} : { enabled }
    const handle = buildMiddleware(maintenanceElement, maintenance, options, testScopes({ manual }))
    manual.on = on
    expect((await exchange(handle)).response.status).toBe(status)
    manual.on = null
    expect((await exchange(handle)).response.status).toBe(enabled === false ? 200 : 503)
  })

  test.each<[Options, string, string[], number]>([
    [{ sourceRange: ['192.0.2.0/24'] }, '192.0.2.7', [], 200],
    [{ sourceRange: ['192.0.2.0/24'] }, '192.0.3.7', ['X-Forwarded-For', '192.0.2.7'], 503],
    [{ sourceRange: ['192.0.2.7'], ipStrategy: { depth: 1 } }, '10.0.0.1', ['X-Forwarded-For', '192.0.2.7'], 200],
    [{ sourceRange: ['192.0.2.7'], ipStrategy: { depth: 1 } }, '192.0.2.7', [], 503],
  ])('%o lets %s through', async (options, address, headers, status) => {
    const handle = buildMiddleware(maintenanceElement, maintenance, options)
    expect((await exchange(handle, { headers }, {}, new TestContext({ address }))).response.status).toBe(status)
  })

  test.each<[Options, string | RegExp]>([
    [{ status: 99 }, 'invalid HTTP status code 99'],
    [{ retryAfter: '-1s' }, 'negative value not valid for retryAfter: -1s'],
    [{ sourceRange: ['nobody'] }, /^cannot parse CIDRs \[nobody\]: /],
    [
      { ipStrategy: { ipv6Subnet: 200 } },
      'invalid IPv6 subnet 200 value, should be greater to 0 and lower or equal to 128',
    ],
  ])('%o: %s', (options, error) => {
    expect(prepareErrorOf(maintenanceElement, options)).toMatch(error)
  })
})
