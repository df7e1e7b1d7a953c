import * as z from 'zod'
import { statusText } from '../../http/status.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { emptyable, integer, texts } from '../../schema/scalars.ts'
import { checkRanges, ipStrategyOptions, prepareIpStrategy } from '../shared/ip-strategy.schema.ts'
import type { IpAllowListConfig } from './ip-allow-list.ts'

/** Options of `ipAllowList`. */
export const ipAllowListElement = defineElement({
  schema: z
    .strictObject({
      sourceRange: texts().optional().describe('Addresses and CIDR ranges that may pass.'),
      ipStrategy: emptyable(ipStrategyOptions)
        .optional()
        .describe('Which address is tested. Without it: the address of the peer.'),
      rejectStatusCode: emptyable(integer()).optional().describe('Status of a refusal. Default: 403.'),
    })
    .meta({ typeName: '*dynamic.IPAllowList' })
    .describe('Lets requests through by the address of their client.'),
  prepare({ sourceRange = [], ipStrategy, rejectStatusCode = 0 }): IpAllowListConfig {
    if (sourceRange.length === 0) throw new PrepareError('sourceRange is empty, IPAllowLister not created')
    const status = rejectStatusCode === 0 ? 403 : rejectStatusCode
    // Informational ones are no answer, and 499 has no phrase in Go.
    if (statusText(status) === '' || status < 200 || status === 499) {
      throw new PrepareError(`invalid HTTP status code ${status}`)
    }
    checkRanges(sourceRange, `cannot parse CIDRs [${sourceRange.join(' ')}]: `)
    return { sourceRange, ipStrategy: prepareIpStrategy(ipStrategy), rejectStatusCode: status }
  },
})
