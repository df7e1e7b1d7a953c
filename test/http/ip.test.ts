import { describe, expect, test } from 'vitest'
import { createIpMatcher, parseCidr, parseIp } from '../../src/http/ip.ts'

describe('parseIp', () => {
  test.each([
    ['1.2.3.4', '1,2,3,4'],
    ['255.255.255.255', '255,255,255,255'],
    ['::ffff:1.2.3.4', '1,2,3,4'],
    ['::FFFF:102:304', '1,2,3,4'],
    ['::', '0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0'],
    ['::1', '0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1'],
    ['1::', '0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0'],
    ['fe80::1%eth0', '254,128,0,0,0,0,0,0,0,0,0,0,0,0,0,1'],
    ['2001:db8:0:1:2:3:4:5', '32,1,13,184,0,0,0,1,0,2,0,3,0,4,0,5'],
    ['1:2:3:4:5:6:7::', '0,1,0,2,0,3,0,4,0,5,0,6,0,7,0,0'],
    ['64:ff9b::1.2.3.4', '0,100,255,155,0,0,0,0,0,0,0,0,1,2,3,4'],
  ])('reads %s', (text, bytes) => {
    expect(parseIp(text)?.join()).toBe(bytes)
  })

  test.each([
    '', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '1.2.3.', '.1.2.3', '1.2.3.4 ', '0x1.2.3.4', '1.2.3.4%e', ':', ':::',
    '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '12345::', 'g::', '::1.2.3', '::1.2.3.4:5',
    '1.2.3.4::', 'fe80::1%', '[::1]', '1:', ':1', '1:2:3:4:5:6:7:1.2.3.4', '::1/64', '127.0.0.1:80', `::${'0'.repeat(200)}`,
  ])('refuses %j', (text) => {
    expect(parseIp(text)).toBeNull()
  }) // biome-ignore format: a table
})

test.each([
  ['10.1.2.3/8', '10,0,0,0', 8],
  ['1.2.3.4/32', '1,2,3,4', 32],
  ['0.0.0.0/0', '0,0,0,0', 0],
  ['1.2.3.4/024', '1,2,3,0', 24],
  ['::ffff:1.2.3.4/120', '1,2,3,0', 24],
  ['fd12::1/12', '253,16,0,0,0,0,0,0,0,0,0,0,0,0,0,0', 12],
])('parseCidr reads %s', (text, bytes, bits) => {
  const range = parseCidr(text)
  expect([range?.address.join(), range?.bits]).toEqual([bytes, bits])
})

test.each([
  '1.2.3.4',
  '1.2.3.4/33',
  '1.2.3.4/',
  '1.2.3.4/-1',
  '1.2.3.4/8/8',
  '::/129',
  '/8',
  'fe80::1%e/64',
  '1.2.3.4/ 8',
])('parseCidr refuses %s', (text) => {
  expect(parseCidr(text)).toBeNull()
})

describe('createIpMatcher', () => {
  const matcher = createIpMatcher(['10.0.0.0/9', '1.2.3.4', 'fd00::/8', '2001:db8::1'])

  test.each([
    ['10.0.0.1', true],
    ['10.127.255.255', true],
    ['10.128.0.0', false],
    ['1.2.3.4', true],
    ['1.2.3.5', false],
    ['::ffff:1.2.3.4', true],
    ['fdff::1', true],
    ['fdff::1%eth0', true],
    ['fc00::1', false],
    ['2001:db8::1', true],
    ['2001:db8::2', false],
    ['', false],
    ['nonsense', false],
  ])('%s: %s', (address, inside) => {
    expect(matcher.contains(address)).toBe(inside)
    expect(matcher.contains(address)).toBe(inside)
  })

  test('IPv4 addresses are in no IPv6 range', () => {
    expect(createIpMatcher(['::/0']).contains('1.2.3.4')).toBe(false)
    expect(createIpMatcher(['0.0.0.0/0']).contains('1.2.3.4')).toBe(true)
    expect(createIpMatcher([]).contains('1.2.3.4')).toBe(false)
  })

  test.each(['x', '1.2.3.4/99', '', 'fe80::1%eth0'])('refuses %j', (text) => {
    expect(() => createIpMatcher(['1.2.3.4', text])).toThrow(`invalid CIDR address: ${text}`)
  })
})
