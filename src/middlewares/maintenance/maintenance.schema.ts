import * as z from 'zod'
import { statusText } from '../../http/status.ts'
import { durationMs } from '../../schema/duration.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { duration, emptyable, flag, texts } from '../../schema/scalars.ts'
import { checkRanges, ipStrategyOptions, prepareIpStrategy } from '../shared/ip-strategy.schema.ts'
import { answerOptions, prepareAnswer } from '../shared/static-answer.schema.ts'
import type { MaintenanceConfig } from './maintenance.ts'

/** Options of `maintenance`. */
export const maintenanceElement = defineElement({
  schema: emptyable(
    z
      .strictObject({
        enabled: flag()
          .optional()
          .describe('Whether it is on, unless operators have switched it by hand. Default: true.'),
        ...answerOptions,
        retryAfter: duration().optional().describe('When clients may come back: `Retry-After`, in whole seconds.'),
        sourceRange: texts().optional().describe('Addresses and CIDR ranges of clients that get through all the same.'),
        ipStrategy: emptyable(ipStrategyOptions)
          .optional()
          .describe('Which address is tested. Without it: the address of the peer.'),
      })
      .meta({ ours: true })
      .describe('While it is on, answers every request by itself.'),
  ),
  prepare({
    enabled = true,
    status = 503,
    body = statusText(status),
    contentType = '',
    retryAfter = '0s',
    sourceRange = [],
    ipStrategy,
  }): MaintenanceConfig {
    const retryAfterMs = durationMs(retryAfter)
    if (retryAfterMs < 0) throw new PrepareError(`negative value not valid for retryAfter: ${retryAfter}`)
    checkRanges(sourceRange, `cannot parse CIDRs [${sourceRange.join(' ')}]: `)
    const headers = {
      'Cache-Control': 'no-store',
      ...(retryAfterMs === 0 ? {} : { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) }),
    }
    return {
      enabled,
      answer: prepareAnswer(status, body, contentType, headers),
      sourceRange,
      ipStrategy: prepareIpStrategy(ipStrategy),
    }
  },
})
