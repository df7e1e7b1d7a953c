/**
 * IP addresses and ranges as Go's `net` and `netip` read them: strict (no octal, no leading zeros, no short forms).
 * An IPv4-mapped IPv6 address is the IPv4 address it stands for; a zone is ignored in addresses of peers and refused
 * in configured ranges.
 */

/** 4 bytes (also for IPv4-mapped addresses) or 16 bytes; null when the text is no address. */
export function parseIp(text: string): Uint8Array | null {
  const length = read(text, true)
  return length === 0 ? null : scratch.slice(0, length)
}

/** A range of addresses: `bits` counts within `address`, whose host bits are zero. */
export interface IpRange {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array
  readonly bits: number
}

/** `10.0.0.0/8`, `fd00::/8`; null when malformed. An address alone is no range. */
export function parseCidr(text: string): IpRange | null {
  const slash = text.indexOf('/')
  if (slash === -1) return null
  const digits = text.slice(slash + 1)
  if (!/^[0-9]{1,8}$/.test(digits)) return null
  const host = text.slice(0, slash)
  const length = read(host, false)
  if (length === 0) return null
  const written = host.indexOf(':') === -1 ? 4 : 16
  const bits = Number(digits)
  if (bits > written * 8) return null
  if (length === written) return mask(scratch.slice(0, length), bits)
  // Written as IPv4-mapped: it stays an IPv4 range only while the whole mapping prefix is fixed.
  if (bits >= 96) return mask(scratch.slice(0, 4), bits - 96)
  const mapped = new Uint8Array(16)
  mapped.fill(0xff, 10, 12)
  mapped.set(scratch.subarray(0, 4), 12)
  return mask(mapped, bits)
}

/** Addresses that are in one of a list of ranges. */
export interface IpMatcher {
  /** False for a text that is no address. */
  contains(address: string): boolean
}

/**
 * Takes addresses and CIDR ranges; throws `Error` with Go's message `invalid CIDR address: X` for anything else.
 * The answer for the last address is kept: connections are long and middlewares ask again.
 */
export function createIpMatcher(ranges: readonly string[]): IpMatcher {
  const v4: IpRange[] = []
  const v6: IpRange[] = []
  for (const text of ranges) {
    const range = parseRange(text)
    if (range === null) throw new Error(`invalid CIDR address: ${text}`)
    ;(range.address.length === 4 ? v4 : v6).push(range)
  }
  let lastAddress = ''
  let lastAnswer = false
  return {
    contains(address) {
      if (address === lastAddress) return lastAnswer
      const length = read(address, true)
      lastAnswer = length !== 0 && anyCovers(length === 4 ? v4 : v6)
      lastAddress = address
      return lastAnswer
    },
  }
}

function parseRange(text: string): IpRange | null {
  const length = read(text, false)
  if (length !== 0) return { address: scratch.slice(0, length), bits: length * 8 }
  return parseCidr(text)
}

function mask(address: Uint8Array, bits: number): IpRange {
  for (let i = 0; i < address.length; i++) {
    const fixed = Math.min(8, Math.max(0, bits - i * 8))
    address[i] = address[i]! & (0xff00 >> fixed)
  }
  return { address, bits }
}

/** Whether a range holds the address in `scratch`. */
function anyCovers(ranges: readonly IpRange[]): boolean {
  for (const { address, bits } of ranges) {
    const whole = bits >> 3
    let i = 0
    while (i < whole && address[i] === scratch[i]) i++
    if (i < whole) continue
    if ((bits & 7) === 0 || ((address[i]! ^ scratch[i]!) & (0xff00 >> (bits & 7)) & 0xff) === 0) return true
  }
  return false
}

/** The address read last: 4 or 16 bytes of it count. One buffer, so that a look-up allocates nothing. */
const scratch = new Uint8Array(16)

/** Reads an address into `scratch`; its length in bytes, 0 when malformed. */
function read(text: string, zoneAllowed: boolean): 0 | 4 | 16 {
  if (text.length > 128) return 0
  let end = text.length
  if (text.indexOf(':') === -1) return readV4(text, 0, end, 0) ? 4 : 0
  const zone = text.indexOf('%')
  if (zone !== -1) {
    if (!zoneAllowed || zone === end - 1) return 0
    end = zone
  }
  if (!readV6(text, end)) return 0
  for (let i = 0; i < 12; i++) if (scratch[i] !== (i < 10 ? 0 : 0xff)) return 16
  scratch.copyWithin(0, 12)
  return 4
}

function readV4(text: string, start: number, end: number, at: number): boolean {
  let value = 0
  let digits = 0
  let fields = 0
  for (let i = start; i <= end; i++) {
    const code = i === end ? 46 : text.charCodeAt(i)
    if (code === 46) {
      if (digits === 0 || fields === 4) return false
      scratch[at + fields++] = value
      value = 0
      digits = 0
      continue
    }
    if (code < 48 || code > 57 || (digits > 0 && value === 0)) return false
    value = value * 10 + code - 48
    digits++
    if (value > 255) return false
  }
  return fields === 4
}

function readV6(text: string, end: number): boolean {
  let i = 0
  let at = 0
  let gap = -1
  if (text.startsWith('::')) {
    gap = 0
    i = 2
    if (i === end) {
      scratch.fill(0)
      return true
    }
  }
  while (at < 16) {
    const start = i
    let value = 0
    while (i < end && hexDigit(text.charCodeAt(i)) >= 0) value = value * 16 + hexDigit(text.charCodeAt(i++))
    if (i === start || i - start > 4) return false
    if (i < end && text.charCodeAt(i) === 46) {
      if ((gap === -1 && at !== 12) || at > 12 || !readV4(text, start, end, at)) return false
      at += 4
      i = end
      break
    }
    scratch[at] = value >> 8
    scratch[at + 1] = value & 0xff
    at += 2
    if (i === end) break
    if (text.charCodeAt(i) !== 58 || i + 1 === end) return false
    i++
    if (text.charCodeAt(i) === 58) {
      if (gap !== -1) return false
      gap = at
      i++
      if (i === end) break
    }
  }
  if (i !== end) return false
  if (at === 16) return gap === -1
  if (gap === -1) return false
  scratch.copyWithin(16 - (at - gap), gap, at)
  scratch.fill(0, gap, 16 - (at - gap))
  return true
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const letter = code | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
