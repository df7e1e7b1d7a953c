import * as z from 'zod'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { emptyable, texts } from '../../schema/scalars.ts'
import { checkRanges, ipStrategyOptions, prepareIpStrategy } from '../shared/ip-strategy.schema.ts'
import type { IpAllowListConfig } from './ip-allow-list.ts'

/** Options of `ipWhiteList`, which runs as `ipAllowList`. */
export const ipWhiteListElement = defineElement({
  schema: z
    .strictObject({
      sourceRange: texts().optional().describe('Addresses and CIDR ranges that may pass.'),
      ipStrategy: emptyable(ipStrategyOptions)
        .optional()
        .describe('Which address is tested. Without it: the address of the peer.'),
    })
    .meta({ typeName: '*dynamic.IPWhiteList' })
    .describe('Deprecated name of ipAllowList.'),
  prepare({ sourceRange = [], ipStrategy }): IpAllowListConfig {
    if (sourceRange.length === 0) throw new PrepareError('sourceRange is empty, IPWhiteLister not created')
    checkRanges(sourceRange, `cannot parse CIDR whitelist [${sourceRange.join(' ')}]: `)
    return { sourceRange, ipStrategy: prepareIpStrategy(ipStrategy), rejectStatusCode: 403 }
  },
})
