import { parseIp } from '../../../http/ip.ts'

/** One end of a connection; addresses without brackets and zone. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Both ends of a connection, as they are or as a PROXY header says. */
export interface Endpoints {
  readonly source: Endpoint
  readonly destination: Endpoint
}

/** A PROXY header as it was read. */
export interface ProxyHeader {
  /** Octets it takes. */
  readonly length: number
  /** Null: the peer speaks for itself (`UNKNOWN`, LOCAL); `unix`: for somebody without an address (a Unix socket). */
  readonly ends: Endpoints | null | 'unix'
}

/** The longest line of version 1, with its line break. */
const V1_LIMIT = 107
/** What follows the 16 fixed octets of version 2: addresses and type-length-values. */
const V2_LIMIT = 4096
const V2_SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a)
const V1_SIGNATURE = Uint8Array.of(0x50, 0x52, 0x4f, 0x58, 0x59)
const CR = 0x0d
const LF = 0x0a

/**
 * Looks for a PROXY header at the start of what a connection has sent so far (the PROXY protocol, versions 1 and 2,
 * §2). Strict. A line of version 1 has to be there as a whole once its first five octets are.
 */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader | 'more' | 'none' | 'malformed' {
  const v1 = startsLike(bytes, V1_SIGNATURE)
  if (v1 !== 'none') return v1 === 'more' ? 'more' : readV1(bytes)
  const v2 = startsLike(bytes, V2_SIGNATURE)
  if (v2 !== 'whole') return v2
  return readV2(bytes)
}

function startsLike(bytes: Uint8Array, signature: Uint8Array): 'more' | 'none' | 'whole' {
  const length = Math.min(bytes.length, signature.length)
  for (let i = 0; i < length; i++) if (bytes[i] !== signature[i]) return 'none'
  return length < signature.length ? 'more' : 'whole'
}

function readV1(bytes: Uint8Array): ProxyHeader | 'malformed' {
  const end = bytes.subarray(0, V1_LIMIT).indexOf(LF)
  if (end < 1 || bytes[end - 1] !== CR) return 'malformed'
  const words = latin1(bytes.subarray(0, end - 1)).split(' ')
  const length = end + 1
  if (words[0] !== 'PROXY') return 'malformed'
  if (words[1] === 'UNKNOWN') return { length, ends: null }
  const octets = words[1] === 'TCP4' ? 4 : words[1] === 'TCP6' ? 16 : 0
  if (octets === 0 || words.length !== 6) return 'malformed'
  const source = v1End(words[2]!, words[4]!, octets)
  const destination = v1End(words[3]!, words[5]!, octets)
  return source === null || destination === null ? 'malformed' : { length, ends: { source, destination } }
}

function v1End(address: string, port: string, octets: 4 | 16): Endpoint | null {
  if ((octets === 4 && address.includes(':')) || address.includes('%')) return null
  const bytes = parseIp(address)
  if (bytes === null || !/^(?:0|[1-9][0-9]{0,4})$/.test(port) || Number(port) > 65_535) return null
  return { address: formatIp(bytes), port: Number(port) }
}

function readV2(bytes: Uint8Array): ProxyHeader | 'more' | 'malformed' {
  if (bytes.length < 16) return 'more'
  const command = bytes[12]!
  const family = bytes[13]!
  const payload = (bytes[14]! << 8) | bytes[15]!
  const isLocal = command === 0x20
  if (!isLocal && command !== 0x21) return 'malformed'
  const needed = ADDRESS_OCTETS.get(family)
  if (needed === undefined || payload > V2_LIMIT || payload < needed) return 'malformed'
  if (family === 0 && !isLocal) return 'malformed'
  const length = 16 + payload
  if (bytes.length < length) return 'more'
  if (isLocal || family === 0) return { length, ends: null }
  if (needed > 36) return { length, ends: 'unix' }
  const size = needed === 12 ? 4 : 16
  const port = (at: number) => (bytes[at]! << 8) | bytes[at + 1]!
  const ports = 16 + 2 * size
  return {
    length,
    ends: {
      source: { address: formatIp(unmapped(bytes.subarray(16, 16 + size))), port: port(ports) },
      destination: { address: formatIp(unmapped(bytes.subarray(16 + size, ports))), port: port(ports + 2) },
    },
  }
}

/**
 * By the octet of family and protocol: UNSPEC, TCP and UDP over IPv4 and IPv6, streams and datagrams of Unix sockets.
 */
const ADDRESS_OCTETS: ReadonlyMap<number, number> = new Map([
  [0x00, 0],
  [0x11, 12],
  [0x12, 12],
  [0x21, 36],
  [0x22, 36],
  [0x31, 216],
  [0x32, 216],
])

/** The header to send to a server: `PROXY` command, TCP, no type-length-values. */
export function writeProxyHeader(version: 1 | 2, { source, destination }: Endpoints): Uint8Array {
  const from = parseIp(source.address) ?? new Uint8Array(4)
  const to = parseIp(destination.address) ?? new Uint8Array(4)
  const isV4 = from.length === 4 && to.length === 4
  if (version === 1) {
    const text = (bytes: Uint8Array) => (isV4 ? formatIp(bytes) : formatIp(mapped(bytes)))
    const family = isV4 ? 'TCP4' : 'TCP6'
    return ascii(`PROXY ${family} ${text(from)} ${text(to)} ${source.port} ${destination.port}\r\n`)
  }
  const size = isV4 ? 4 : 16
  const header = new Uint8Array(16 + 2 * size + 4)
  header.set(V2_SIGNATURE)
  header.set([0x21, isV4 ? 0x11 : 0x21, 0, 2 * size + 4], 12)
  header.set(isV4 ? from : mapped(from), 16)
  header.set(isV4 ? to : mapped(to), 16 + size)
  const ports = 16 + 2 * size
  header.set([source.port >> 8, source.port & 255, destination.port >> 8, destination.port & 255], ports)
  return header
}

/** An IPv4-mapped address is the IPv4 address it stands for. */
function unmapped(bytes: Uint8Array): Uint8Array {
  return isMapped(bytes) ? bytes.subarray(12) : bytes
}

const isMapped = (bytes: Uint8Array): boolean =>
  bytes.length === 16 && bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((octet) => octet === 0)

function mapped(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 16) return bytes
  const wide = new Uint8Array(16)
  wide.fill(0xff, 10, 12)
  wide.set(bytes, 12)
  return wide
}

/** The usual text of an address: IPv6 in lower case with its longest run of zeros left out (RFC 5952). */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (isMapped(bytes)) return `::ffff:${bytes.subarray(12).join('.')}`
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!)
  let start = 0
  let longest = 0
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > longest) {
      start = i
      longest = end - i
    }
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':')
  if (longest < 2) return text(groups)
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + longest))}`
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))
