import * as z from 'zod'
import type { PredicateLanguage } from '../../rules/predicate/parse.ts'
import { durationMs } from '../../schema/duration.ts'
import { defineElement } from '../../schema/element.ts'
import { duration, integer, text } from '../../schema/scalars.ts'
import { preparePredicate } from '../shared/predicate-option.schema.ts'
import type { CircuitBreakerConfig } from './circuit-breaker.ts'

const language: PredicateLanguage = {
  package: 'cbreaker',
  functions: {
    NetworkErrorRatio: { gives: 'float', takes: [] },
    ResponseCodeRatio: { gives: 'float', takes: ['int', 'int', 'int', 'int'] },
    LatencyAtQuantileMS: { gives: 'int', takes: ['float'] },
  },
}

/** Options of `circuitBreaker`. */
export const circuitBreakerElement = defineElement({
  schema: z
    .strictObject({
      expression: text()
        .optional()
        .describe(
          'When the circuit opens: a condition on `NetworkErrorRatio()`, `ResponseCodeRatio(from, to, dividedByFrom, dividedByTo)` and `LatencyAtQuantileMS(quantile)`.',
        ),
      checkPeriod: duration().default('100ms').describe('Least time between two evaluations of the condition.'),
      fallbackDuration: duration().default('10s').describe('Time in which every request is refused.'),
      recoveryDuration: duration().default('10s').describe('Time after that over which traffic comes back.'),
      responseCode: integer().default(503).describe('Status of refused requests.'),
    })
    .meta({ typeName: '*dynamic.CircuitBreaker' })
    .describe('Refuses requests for a while when a service fails.'),
  prepare({ expression = '', checkPeriod, fallbackDuration, recoveryDuration, responseCode }): CircuitBreakerConfig {
    return {
      expression: preparePredicate(expression, language),
      checkPeriodMs: positive(checkPeriod, '100ms'),
      fallbackDurationMs: positive(fallbackDuration, '10s'),
      recoveryDurationMs: positive(recoveryDuration, '10s'),
      responseCode: responseCode >= 200 && responseCode <= 999 ? responseCode : null,
    }
  },
})

/** Milliseconds; those that are not positive count as absent. */
const positive = (text: string, otherwise: string): number => {
  const ms = durationMs(text)
  return ms > 0 ? ms : durationMs(otherwise)
}
