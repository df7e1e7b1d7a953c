import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { ipAllowListElement } from '../../src/middlewares/ip-allow-list/ip-allow-list.schema.ts'
import { ipAllowList } from '../../src/middlewares/ip-allow-list/ip-allow-list.ts'
import { ipWhiteListElement } from '../../src/middlewares/ip-allow-list/ip-white-list.schema.ts'
import { buildMiddleware, exchange, prepareErrorOf, TestContext } from '../support/middleware.ts'

type Options = z.input<typeof ipAllowListElement.schema>
const build = (options: Options) => buildMiddleware(ipAllowListElement, ipAllowList, options)

describe('ipAllowList', () => {
  test.each<[Options, string, string, boolean]>([
    [{ sourceRange: ['10.0.0.0/8', '127.0.0.1/32'] }, '127.0.0.1', '', true],
    [{ sourceRange: ['10.0.0.0/8'] }, '127.0.0.1', '10.0.0.1', false],
    [{ sourceRange: ['127.0.0.1'], ipStrategy: {} }, '127.0.0.1', '', true],
    [{ sourceRange: ['127.0.0.1'] }, '::ffff:127.0.0.1', '', true],
    [{ sourceRange: ['0.0.0.0/0', '::/0'] }, '', '', false],
    [{ sourceRange: ['8.8.8.8'], ipStrategy: { depth: 3 } }, '', '8.8.8.8,10.0.0.1,127.0.0.1', true],
    [{ sourceRange: ['0.0.0.0/0'], ipStrategy: { depth: 4 } }, '', '8.8.8.8,10.0.0.1,127.0.0.1', false],
    [{ sourceRange: ['10.1.1.1'], ipStrategy: { depth: 1 } }, '', '10.1.1.1:4711', true],
    [{ sourceRange: ['10.1.1.1'], ipStrategy: { depth: 1 } }, '', '010.1.1.1', false],
    [{ sourceRange: ['fd00::/8'], ipStrategy: { depth: 1 } }, '', '[fd00::1]:80', true],
    [{ sourceRange: ['0.0.0.0/0'], ipStrategy: { excludedIPs: ['10.0.0.1'] } }, '', '10.0.0.1', false],
  ])('%o: peer %s, forwarded %s: %s', async (options, address, forwardedFor, allowed) => {
    const headers = forwardedFor === '' ? [] : ['X-Forwarded-For', forwardedFor]
    const { response, seen } = await exchange(build(options), { headers }, {}, new TestContext({ address }))
    expect(seen !== null).toBe(allowed)
    expect(response.status).toBe(allowed ? 200 : 403)
  })

  test.each([
    ['', 'Rejecting IP : empty IP address'],
    ['x', "Rejecting IP x: unable to parse address: x: can't parse IP from address x"],
    ['9.9.9.9', 'Rejecting IP 9.9.9.9: "9.9.9.9" matched none of the trusted IPs'],
  ])('why %j is refused is in the span', async (forwardedFor, reason) => {
    const cx = new TestContext()
    const said: string[] = []
    cx.record.span = { spanId: '', isSampled: true, fail: (message) => void said.push(message) }
    const headers = forwardedFor === '' ? [] : ['X-Forwarded-For', forwardedFor]
    await exchange(build({ sourceRange: ['10.0.0.1'], ipStrategy: { depth: 1 } }), { headers }, {}, cx)
    expect(said).toEqual([reason])
  })

  test.each([
    [undefined, 403, 'Forbidden'],
    [404, 404, 'Not Found'],
    [204, 204, null],
  ])('a refusal with status %s', async (rejectStatusCode, status, content) => {
    const options = { sourceRange: ['10.0.0.1'], ...(rejectStatusCode === undefined ? {} : { rejectStatusCode }) }
    const { response } = await exchange(build(options))
    expect([response.status, response.content, response.headers.lines]).toEqual([status, content, []])
  })

  test.each<[Options, string]>([
    [{}, 'sourceRange is empty, IPAllowLister not created'],
    [{ sourceRange: ['1.1.1.1'], rejectStatusCode: 600 }, 'invalid HTTP status code 600'],
    [{ sourceRange: ['1.1.1.1'], rejectStatusCode: 499 }, 'invalid HTTP status code 499'],
    [{ sourceRange: ['1.1.1.1'], rejectStatusCode: 100 }, 'invalid HTTP status code 100'],
    [
      { sourceRange: ['127.0.0.1', 'foo'] },
      'cannot parse CIDRs [127.0.0.1 foo]: parsing CIDR trusted IPs <nil>: invalid CIDR address: foo',
    ],
    [
      { sourceRange: ['127.0.0.1'], ipStrategy: { excludedIPs: ['x'] } },
      'parsing CIDR trusted IPs <nil>: invalid CIDR address: x',
    ],
    [
      { sourceRange: ['127.0.0.1'], ipStrategy: { ipv6Subnet: 129, excludedIPs: ['x'] } },
      'parsing CIDR trusted IPs <nil>: invalid CIDR address: x',
    ],
    [
      { sourceRange: ['127.0.0.1'], ipStrategy: { ipv6Subnet: 129 } },
      'invalid IPv6 subnet 129 value, should be greater to 0 and lower or equal to 128',
    ],
    [
      { sourceRange: ['127.0.0.1'], ipStrategy: { ipv6Subnet: 0, depth: 1 } },
      'invalid IPv6 subnet 0 value, should be greater to 0 and lower or equal to 128',
    ],
  ])('%o: %s', (options, error) => {
    expect(prepareErrorOf(ipAllowListElement, options)).toBe(error)
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
