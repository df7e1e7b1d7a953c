import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { ipAllowListElement } from '../../src/middlewares/ip-allow-list/ip-allow-list.schema.ts'
import { ipAllowList } from '../../src/middlewares/ip-allow-list/ip-allow-list.ts'
import {
  createIpStrategy,
  type IpStrategyConfig,
  ipv6Prefix,
  withoutPort,
} from '../../src/middlewares/shared/ip-strategy.ts'
import { buildMiddleware, exchange, prepareErrorOf, requestOf, TestContext } from '../support/middleware.ts'

type Options = z.input<typeof ipAllowListElement.schema>
const build = (options: Options) => buildMiddleware(ipAllowListElement, ipAllowList, options)

describe('createIpStrategy', () => {
  const none: IpStrategyConfig = { depth: 0, excludedIPs: [], ipv6Subnet: null }
  test.each<[string, IpStrategyConfig | null, string, string, string]>([
    ['the peer', null, '8.8.8.8', '10.0.0.1', '10.0.0.1'],
    ['the peer for an empty block', none, '8.8.8.8', '10.0.0.1', '10.0.0.1'],
    ['depth 1', { ...none, depth: 1 }, '1.1.1.1, 2.2.2.2 ', '', '2.2.2.2'],
    ['depth 2', { ...none, depth: 2 }, '1.1.1.1, 2.2.2.2', '', '1.1.1.1'],
    ['depth beyond the list', { ...none, depth: 3 }, '1.1.1.1,2.2.2.2', '', ''],
    ['depth without the field', { ...none, depth: 1 }, '', '', ''],
    ['depth before exclusion', { ...none, depth: 1, excludedIPs: ['2.2.2.2'] }, '1.1.1.1,2.2.2.2', '', '2.2.2.2'],
    ['exclusion', { ...none, excludedIPs: ['10.0.0.0/8'] }, '8.8.8.8, 10.0.0.1,,10.0.0.2', '', '8.8.8.8'],
    ['an entry that is no address', { ...none, excludedIPs: ['10.0.0.0/8'] }, '8.8.8.8,nobody,10.0.0.2', '', 'nobody'],
    ['all excluded', { ...none, excludedIPs: ['10.0.0.0/8'] }, '10.0.0.1,10.0.0.2', '', ''],
    ['subnet of the peer', { ...none, ipv6Subnet: 64 }, '', '2a03:4000:6:d080::42', '2a03:4000:6:d080::'],
    ['subnet by depth', { ...none, depth: 1, ipv6Subnet: 48 }, '2a03:4000:6:d080::42', '', '2a03:4000:6::'],
    ['subnet leaves IPv4 alone', { ...none, depth: 1, ipv6Subnet: 48 }, '10.1.2.3', '', '10.1.2.3'],
    ['no subnet by exclusion', { ...none, excludedIPs: ['10.0.0.1'], ipv6Subnet: 48 }, 'fd00::1', '', 'fd00::1'],
  ])('%s', (_name, config, forwardedFor, address, expected) => {
    const headers = forwardedFor === '' ? [] : ['X-Forwarded-For', forwardedFor, 'X-Forwarded-For', '9.9.9.9']
    expect(createIpStrategy(config)(requestOf({ headers }), new TestContext({ address }))).toBe(expected)
  })

  test.each([
    ['::1', 128, '::1'],
    ['2001:db8:0:0:1:0:0:1', 128, '2001:db8::1:0:0:1'],
    ['2001:db8:1:0:1:2:3:4', 128, '2001:db8:1:0:1:2:3:4'],
    ['fe80::1%eth0', 10, 'fe80::'],
    ['ffff:ffff::', 17, 'ffff:8000::'],
    ['::1', 1, '::'],
    ['text', 8, 'text'],
  ])('%s to %d bits is %s', (address, bits, expected) => {
    expect(ipv6Prefix(address, bits)).toBe(expected)
  })

  test.each([
    ['10.1.1.1:4711', '10.1.1.1'],
    ['[::1]:80', '::1'],
    ['[::1]', '[::1]'],
    ['::1', '::1'],
    ['10.1.1.1', '10.1.1.1'],
    ['', ''],
  ])('%s without its port is %s', (address, expected) => {
    expect(withoutPort(address)).toBe(expected)
  })
})

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
