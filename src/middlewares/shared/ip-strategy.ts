import { createIpMatcher, parseIp } from '../../http/ip.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'

/** Which address counts as the client's. */
export interface IpStrategyConfig {
  /** Entry of `X-Forwarded-For` from the right, counted from 1; 0: not by depth. */
  readonly depth: number
  /** Addresses and ranges skipped in `X-Forwarded-For`; empty: not by exclusion. */
  readonly excludedIPs: readonly string[]
  /** Bits of an IPv6 address that count, 1 to 128; null: all. */
  readonly ipv6Subnet: number | null
}

/** Picks an address, maybe with a port (`X-Forwarded-For` may hold one); empty when there is none. */
export type IpStrategy = (request: ProxyRequest, cx: RequestContext) => string

/** Traefik v3.7 `pkg/ip/strategy.go`: depth before exclusion, else the peer. `null`: the peer. */
export function createIpStrategy(config: IpStrategyConfig | null): IpStrategy {
  if (config === null) return peer
  const { depth, excludedIPs, ipv6Subnet } = config
  if (depth > 0) {
    if (ipv6Subnet === null) return (request) => entryAtDepth(request, depth)
    return (request) => ipv6Prefix(entryAtDepth(request, depth), ipv6Subnet)
  }
  if (excludedIPs.length > 0) {
    const excluded = createIpMatcher(excludedIPs)
    return (request) => {
      const entries = forwardedFor(request)
      for (let i = entries.length - 1; i >= 0; i--) {
        const entry = entries[i]!.trim()
        if (entry !== '' && !excluded.contains(entry)) return entry
      }
      return ''
    }
  }
  return ipv6Subnet === null ? peer : (_request, cx) => ipv6Prefix(cx.client.address, ipv6Subnet)
}

const peer: IpStrategy = (_request, cx) => cx.client.address

const forwardedFor = (request: ProxyRequest): string[] => (request.headers.first('x-forwarded-for') ?? '').split(',')

function entryAtDepth(request: ProxyRequest, depth: number): string {
  const entries = forwardedFor(request)
  return entries[entries.length - depth]?.trim() ?? ''
}

/** `host:port` and `[host]:port` without the port; everything else as it is (Go's `net.SplitHostPort`). */
export function withoutPort(address: string): string {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):[^:[\]]*$/.exec(address)
  return match === null ? address : (match[1] ?? match[2]!)
}

/** The first address of an IPv6 address's subnet; IPv4 addresses and other texts stay as they are. */
export function ipv6Prefix(address: string, bits: number): string {
  const bytes = parseIp(address)
  if (bytes === null || bytes.length !== 16) return address
  for (let i = 0; i < 16; i++) bytes[i] = bytes[i]! & (0xff00 >> Math.min(8, Math.max(0, bits - i * 8)))
  return formatIpv6(bytes)
}

/** RFC 5952 §4. */
function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(bytes[i]! * 256 + bytes[i + 1]!)
  let start = 0
  let length = 0
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > length) {
      start = i
      length = end - i
    }
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}
