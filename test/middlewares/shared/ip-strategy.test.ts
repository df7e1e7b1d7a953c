import { describe, expect, test } from 'vitest'
import {
  createIpStrategy,
  type IpStrategyConfig,
  ipv6Prefix,
  withoutPort,
} from '../../../src/middlewares/shared/ip-strategy.ts'
import { requestOf, TestContext } from '../../support/middleware.ts'

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
