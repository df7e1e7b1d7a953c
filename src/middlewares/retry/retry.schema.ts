import * as z from 'zod'
import { durationMs } from '../../schema/duration.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { duration, emptyable, flag, integer, texts } from '../../schema/scalars.ts'
import { prepareStatusRanges } from '../../schema/status-ranges.ts'
import type { RetryConfig } from './retry.ts'
import type { RetryBudgetConfig } from './retry-budget.ts'

const budgetOptions = emptyable(
  z
    .strictObject({
      percent: integer().optional().describe('Retries for a hundred requests. Default: 20.'),
      minPerSecond: integer().optional().describe('Retries in a second that need no requests. Default: 10.'),
    })
    .meta({ ours: true }),
)

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
          'Bytes of content kept for retries on a status; a larger request is not repeated for its status, on Workers not at all. -1: any.',
        ),
      status: texts().optional().describe('Statuses (`503`, `500-599`) after which a request is sent again.'),
      disableRetryOnNetworkError: flag().optional().describe('Do not send again what could not be sent to a server.'),
      retryNonIdempotentMethod: flag()
        .optional()
        .describe(
          'Send POST, PATCH and LOCK again too, after a status; on Workers whatever is not idempotent, also when nobody knows whether a server has had it.',
        ),
      budget: budgetOptions
        .optional()
        .describe('How many retries there may be in ten seconds, over all routers that name the middleware.'),
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
    budget,
  }): RetryConfig {
    if (disableRetryOnNetworkError && status.length === 0) {
      throw new PrepareError('retry middleware requires at least HTTP status codes or retry on TCP')
    }
    if (attempts <= 0) throw new PrepareError(`incorrect (or empty) value for attempt (${attempts})`)
    return {
      attempts,
      initialIntervalMs: Math.max(0, durationMs(initialInterval)),
      timeoutMs: Math.max(0, durationMs(timeout)),
      status: prepareStatusRanges(status, 'creating HTTP code ranges: '),
      maxRequestBodyBytes: maxRequestBodyBytes < 0 ? null : maxRequestBodyBytes,
      onNetworkError: !disableRetryOnNetworkError,
      nonIdempotent: retryNonIdempotentMethod,
      ...(budget === undefined ? {} : { budget: prepareBudget(budget) }),
    }
  },
})

function prepareBudget({ percent = 20, minPerSecond = 10 }: z.output<typeof budgetOptions>): RetryBudgetConfig {
  if (percent < 0 || percent > 100) throw new PrepareError(`budget.percent is not from 0 to 100: ${percent}`)
  if (minPerSecond < 0) throw new PrepareError(`negative value not valid for budget.minPerSecond: ${minPerSecond}`)
  return { percent, minPerSecond }
}
