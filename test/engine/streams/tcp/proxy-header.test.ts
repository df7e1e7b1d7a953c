import { describe, expect, test } from 'vitest'
import {
  type Endpoints,
  formatIp,
  readProxyHeader,
  writeProxyHeader,
} from '../../../../src/engine/streams/tcp/proxy-header.ts'
import { parseIp } from '../../../../src/http/ip.ts'

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))
const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
const toHex = (octets: Uint8Array): string =>
  Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('')

const ends = (source: string, from: number, destination: string, to: number): Endpoints => ({
  source: { address: source, port: from },
  destination: { address: destination, port: to },
})

const V2 = '0d0a0d0a000d0a515549540a'

describe('version 1', () => {
  test.each([
    ['PROXY TCP4 192.0.2.7 198.51.100.1 5555 80\r\nx', ends('192.0.2.7', 5555, '198.51.100.1', 80)],
    ['PROXY TCP6 2001:DB8::1 2001:db8::2 1 0\r\n', ends('2001:db8::1', 1, '2001:db8::2', 0)],
    ['PROXY TCP6 ::ffff:1.2.3.4 ::ffff:5.6.7.8 5 6\r\n', ends('1.2.3.4', 5, '5.6.7.8', 6)],
    ['PROXY UNKNOWN\r\n', null],
    ['PROXY UNKNOWN ffff::1 whatever 1 2\r\n', null],
  ])('%j', (text, expected) => {
    expect(readProxyHeader(bytes(text))).toEqual({ length: text.indexOf('\n') + 1, ends: expected })
  })

  test.each([
    'PROXY',
    'PROXY TCP4 192.0.2.7',
    'PROXY TCP4 192.0.2.7 198.51.100.1 5555 80\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 5555 80 \r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 5555\r\n',
    'PROXY TCP4 192.0.2 198.51.100.1 5555 80\r\n',
    'PROXY TCP4 192.0.2.07 198.51.100.1 5555 80\r\n',
    'PROXY TCP4 ::1 ::1 5555 80\r\n',
    'PROXY TCP6 fe80::1%eth0 ::1 5555 80\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 65536 80\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 +5 80\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 05 80\r\n',
    'PROXY tcp4 192.0.2.7 198.51.100.1 5555 80\r\n',
    'PROXY UDP4 192.0.2.7 198.51.100.1 5555 80\r\n',
    'PROXY  TCP4 192.0.2.7 198.51.100.1 5555 80\r\n',
    'PROXYX\r\n',
    `PROXY UNKNOWN ${'a'.repeat(100)}\r\n`,
  ])('malformed: %j', (text) => {
    expect(readProxyHeader(bytes(text))).toBe('malformed')
  })
})

describe('version 2', () => {
  const tcp4 = ends('192.0.2.7', 5555, '198.51.100.1', 80)
  test.each([
    ['TCP over IPv4', '2111000cc0000207c633640115b30050', 28, tcp4],
    ['with a type-length-value', '21110010c0000207c633640115b3005004000161', 32, tcp4],
    [
      'TCP over IPv6',
      '21210024' + '20010db8000000000000000000000001' + '20010db8000000000000000000000002' + '00010002',
      52,
      ends('2001:db8::1', 1, '2001:db8::2', 2),
    ],
    [
      'IPv4-mapped addresses',
      `21210024${'00'.repeat(10)}ffff01020304${'00'.repeat(10)}ffff0506070800010002`,
      52,
      ends('1.2.3.4', 1, '5.6.7.8', 2),
    ],
    ['LOCAL', '20000000', 16, null],
    ['LOCAL with addresses', '2011000cc0000207c633640115b30050', 28, null],
    ['Unix sockets', `213100d8${'00'.repeat(216)}`, 232, 'unix'],
  ])('%s', (_, rest, length, expected) => {
    const header = hex(V2 + rest)
    expect(readProxyHeader(Uint8Array.of(...header, 120))).toEqual({ length, ends: expected })
    for (let part = 0; part < header.length; part++) expect(readProxyHeader(header.subarray(0, part))).toBe('more')
  })

  test.each([
    ['another version', '3111000cc0000207c633640115b30050'],
    ['another command', '2211000cc0000207c633640115b30050'],
    ['another family', '2113000cc0000207c633640115b30050'],
    ['no family', '21000000'],
    ['too short for its addresses', '2111000bc0000207c633640115b300'],
    ['too long', '2111ffff'],
  ])('malformed: %s', (_, rest) => {
    expect(readProxyHeader(hex(V2 + rest))).toBe('malformed')
  })
})

test.each([
  ['', 'more'],
  ['P', 'more'],
  ['PROX', 'more'],
  ['POST / HTTP/1.1', 'none'],
  ['PROPFIND /', 'none'],
  ['\r\n', 'more'],
  ['\r\nGET', 'none'],
  ['\x16\x03', 'none'],
] as const)('%j is %s', (text, expected) => {
  expect(readProxyHeader(bytes(text))).toBe(expected)
})

describe('to a server', () => {
  test('version 1', () => {
    const text = (header: Uint8Array) => String.fromCharCode(...header)
    expect(text(writeProxyHeader(1, ends('192.0.2.7', 5555, '198.51.100.1', 80)))).toBe(
      'PROXY TCP4 192.0.2.7 198.51.100.1 5555 80\r\n',
    )
    expect(text(writeProxyHeader(1, ends('2001:db8::1', 1, '10.0.0.1', 2)))).toBe(
      'PROXY TCP6 2001:db8::1 ::ffff:10.0.0.1 1 2\r\n',
    )
  })

  test('version 2', () => {
    expect(toHex(writeProxyHeader(2, ends('127.0.0.1', 258, '127.0.0.2', 80)))).toBe(
      `${V2}2111000c7f0000017f00000201020050`,
    )
  })

  test.each([1, 2] as const)('version %i reads as it was written', (version) => {
    for (const pair of [ends('192.0.2.7', 5555, '198.51.100.1', 80), ends('2001:db8::7', 1, 'fe80::1', 65_535)]) {
      const header = writeProxyHeader(version, pair)
      expect(readProxyHeader(header)).toEqual({ length: header.length, ends: pair })
    }
  })
})

test.each(['1.2.3.4', '::', '::1', '1::', '2001:db8::1', '1:0:2::3', '1:2:3:4:5:6:7:8', '::fffe:0:1'])(
  'address %s',
  (text) => {
    expect(formatIp(parseIp(text)!)).toBe(text)
  },
)
