import * as z from 'zod'
import { createIpMatcher } from '../../http/ip.ts'
import { PrepareError } from '../../schema/element.ts'
import { integer, texts } from '../../schema/scalars.ts'
import type { IpStrategyConfig } from './ip-strategy.ts'

/** `ipStrategy`, an option of several middlewares. */
export const ipStrategyOptions = z
  .strictObject({
    depth: integer()
      .optional()
      .describe('Takes that entry of `X-Forwarded-For`, counted from the right. Wins over excludedIPs.'),
    excludedIPs: texts()
      .optional()
      .describe(
        'Takes the first entry of `X-Forwarded-For` from the right that is in none of these addresses and ranges.',
      ),
    ipv6Subnet: integer()
      .optional()
      .describe('Number of leading bits of an IPv6 address that count, so that one subnet is one client.'),
  })
  .meta({ typeName: '*dynamic.IPStrategy' })

/**
 * Options become run-time configuration; absent ones `null`. Throws `PrepareError` with Traefik's texts behind
 * `context`.
 */
export function prepareIpStrategy(
  options: z.output<typeof ipStrategyOptions> | undefined,
  context = '',
): IpStrategyConfig | null {
  if (options === undefined) return null
  const { depth = 0, excludedIPs = [], ipv6Subnet = null } = options
  // With excludedIPs the subnet means nothing, and Traefik does not look at it.
  if (depth <= 0 && excludedIPs.length > 0) {
    checkRanges(excludedIPs, context)
    return { depth: 0, excludedIPs, ipv6Subnet: null }
  }
  if (ipv6Subnet !== null && (ipv6Subnet <= 0 || ipv6Subnet > 128)) {
    throw new PrepareError(
      `${context}invalid IPv6 subnet ${ipv6Subnet} value, should be greater to 0 and lower or equal to 128`,
    )
  }
  return { depth: Math.max(0, depth), excludedIPs: [], ipv6Subnet }
}

/** Throws `PrepareError` behind `context` for a list that holds anything but addresses and CIDR ranges. */
export function checkRanges(ranges: readonly string[], context = ''): void {
  try {
    createIpMatcher(ranges)
  } catch (error) {
    // Go prints the range that did not come to be as well.
    throw new PrepareError(`${context}parsing CIDR trusted IPs <nil>: ${(error as Error).message}`)
  }
}
