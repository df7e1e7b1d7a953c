import * as z from 'zod'
import { durationMs } from '../schema/duration.ts'
import { defineElement, PrepareError } from '../schema/element.ts'
import { duration, flag, integer, texts } from '../schema/scalars.ts'
import type { RetryConfig } from './retry.ts'
import { prepareStatusRanges } from './status-ranges.schema.ts'

/** Options of `retry`. */
export const retryElement = defineElement({
  schema: z
    .strictObject({
      attempts: integer().optional().describe('How often a request is sent at most, the first time included.'),
      timeout: duration()
        .optional()
        .describe('Time since the first attempt after which an answer is delivered whatever it is.'),
      initialInterval: duration()
        .optional()
        .describe('First wait of the exponential back-off. Without it the request is sent again at once.'),
      maxRequestBodyBytes: integer()
        .default(2097152)
        .describe(
          'Bytes of content kept for retries on a status; a larger request is not repeated for its status. -1: any.',
        ),
      status: texts().optional().describe('Statuses (`503`, `500-599`) after which a request is sent again.'),
      disableRetryOnNetworkError: flag().optional().describe('Do not send again what could not be sent to a server.'),
      retryNonIdempotentMethod: flag().optional().describe('Send POST, PATCH and LOCK again too, after a status.'),
    })
    .meta({ typeName: '*dynamic.Retry' })
    .describe('Sends a request again when no server could be reached, or after certain statuses.'),
  prepare({
    attempts = 0,
    timeout = '0s',
    initialInterval = '0s',
    maxRequestBodyBytes,
    status = [],
    disableRetryOnNetworkError = false,
    retryNonIdempotentMethod = false,
  }): RetryConfig {
    if (attempts <= 0) throw new PrepareError(`incorrect (or empty) value for attempt (${attempts})`)
    if (disableRetryOnNetworkError && status.length === 0) {
      throw new PrepareError('retry middleware requires at least HTTP status codes or retry on TCP')
    }
    return {
      attempts,
      initialIntervalMs: Math.max(0, durationMs(initialInterval)),
      timeoutMs: Math.max(0, durationMs(timeout)),
      status: prepareStatusRanges(status, 'creating HTTP code ranges: '),
      maxRequestBodyBytes: maxRequestBodyBytes < 0 ? null : maxRequestBodyBytes,
      onNetworkError: !disableRetryOnNetworkError,
      nonIdempotent: retryNonIdempotentMethod,
    }
  },
})
