// PROXY headers, right and wrong.
const SIGNATURE = '\r\n\r\n\x00\r\nQUIT\n'

const v2 = (command, family, payload) =>
  `${SIGNATURE}${String.fromCharCode(command, family, payload.length >> 8, payload.length & 255)}${payload}`
const IPV4 = '\x0a\x01\x02\x03\x0a\x01\x02\x04\x04\xd2\x10\xe1'
const IPV6 = `${'\x20\x01\x0d\xb8'.padEnd(16, '\x00')}${'\x20\x01\x0d\xb8'.padEnd(15, '\x00')}\x01\x04\xd2\x10\xe1`
const MAPPED = `${'\x00'.repeat(10)}\xff\xff\x0a\x01\x02\x03${'\x00'.repeat(10)}\xff\xff\x0a\x01\x02\x04\x04\xd2\x10\xe1`

const GOOD = [
  'PROXY TCP4 10.1.2.3 10.1.2.4 1234 4321\r\n',
  'PROXY TCP4 127.0.0.1 10.1.2.4 1234 4321\r\n',
  'PROXY TCP6 2001:db8::1 2001:db8::2 1234 4321\r\n',
  'PROXY UNKNOWN\r\n',
  v2(0x21, 0x11, IPV4),
  v2(0x21, 0x21, IPV6),
  v2(0x21, 0x11, `${IPV4}\x04\x00\x03abc`),
  v2(0x20, 0x00, ''),
]

const ODD = [
  'PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n',
  'PROXY UNKNOWN whatever comes here\r\n',
  'PROXY UNKNOWNX\r\n',
  'PROXY TCP4 10.1.2.3 10.1.2.4 0 65535\r\n',
  'PROXY TCP4 10.1.2.3 10.1.2.4 01234 4321\r\n',
  'PROXY TCP4 010.1.2.3 10.1.2.4 1234 4321\r\n',
  'PROXY TCP4 10.1.2.3 10.1.2.4 1234 65536\r\n',
  'PROXY TCP4 10.1.2.3 10.1.2.4 1234 -1\r\n',
  'PROXY TCP4 10.1.2.3 10.1.2.4 1234\r\n',
  'PROXY TCP4 10.1.2.3 10.1.2.4 1234 4321 5\r\n',
  'PROXY TCP4  10.1.2.3 10.1.2.4 1234 4321\r\n',
  'PROXY TCP4 2001:db8::1 2001:db8::2 1234 4321\r\n',
  'PROXY TCP6 10.1.2.3 10.1.2.4 1234 4321\r\n',
  'PROXY TCP6 ::ffff:10.1.2.3 ::ffff:10.1.2.4 1234 4321\r\n',
  'PROXY TCP6 fe80::1%eth0 fe80::2%eth0 1234 4321\r\n',
  'PROXY TCP6 2001:DB8:0:0:0:0:0:1 2001:db8::2 1234 4321\r\n',
  'PROXY UDP4 10.1.2.3 10.1.2.4 1234 4321\r\n',
  'proxy TCP4 10.1.2.3 10.1.2.4 1234 4321\r\n',
  'PROXY TCP4 10.1.2.3 10.1.2.4 1234 4321\n',
  'PROXY TCP4 10.1.2.3 10.1.2.4 1234 4321\r',
  'PROXY\r\n',
  'PROXY \r\n',
  'PROXYTCP4 10.1.2.3 10.1.2.4 1234 4321\r\n',
  `PROXY TCP4 10.1.2.3 10.1.2.4 1234 4321${' '.repeat(100)}\r\n`,
  'PROX',
  SIGNATURE,
  v2(0x21, 0x21, MAPPED),
  v2(0x21, 0x12, IPV4),
  v2(0x21, 0x22, IPV6),
  v2(0x21, 0x31, 'a'.repeat(108).padEnd(216, 'b')),
  v2(0x21, 0x00, ''),
  v2(0x20, 0x11, IPV4),
  v2(0x20, 0x11, ''),
  v2(0x20, 0x00, '\x04\x00\x03abc'),
  v2(0x21, 0x11, IPV4.slice(1)),
  v2(0x22, 0x11, IPV4),
  v2(0x11, 0x11, IPV4),
  v2(0x21, 0x41, IPV4),
  v2(0x21, 0x13, IPV4),
  v2(0x21, 0x10, IPV4),
  v2(0x21, 0x01, IPV4),
  v2(0x21, 0x11, `${IPV4}\x04\x00\x09abc`),
  v2(0x21, 0x11, `${IPV4}\x04`),
  v2(0x21, 0x11, `${IPV4}\x04\x10\x00${'t'.repeat(4096)}`),
  v2(0x21, 0x11, `${IPV4}\x04\x0f\x00${'t'.repeat(0xf00)}`),
]

/** One, as latin1; sometimes two. @param {import('../random.mjs').Random} random */
export function proxyHeader(random) {
  const one = random.chance(0.5) ? random.pick(GOOD) : random.pick(ODD)
  return random.chance(0.05) ? one + random.pick(GOOD) : one
}
