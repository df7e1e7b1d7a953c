import * as z from 'zod'
import type { PredicateLanguage } from '../../rules/predicate/parse.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { integer, text } from '../../schema/scalars.ts'
import { preparePredicate } from '../shared/predicate-option.schema.ts'
import type { BufferingConfig } from './buffering.ts'

const language: PredicateLanguage = {
  package: 'buffer',
  functions: {
    Attempts: { gives: 'int', takes: [] },
    ResponseCode: { gives: 'int', takes: [] },
    IsNetworkError: { gives: 'boolean', takes: [] },
    RequestMethod: { gives: 'string', takes: [] },
  },
}

/** Options of `buffering`. */
export const bufferingElement = defineElement({
  schema: z
    .strictObject({
      maxRequestBodyBytes: integer()
        .optional()
        .describe('Largest content of a request in bytes; a larger one is answered by 413. 0: no limit.'),
      memRequestBodyBytes: integer()
        .optional()
        .describe('Traefik moves the rest of larger requests to disk; here all of it stays in memory.'),
      maxResponseBodyBytes: integer()
        .optional()
        .describe('Largest content of a response in bytes; a larger one is answered by 500. 0: no limit.'),
      memResponseBodyBytes: integer()
        .optional()
        .describe('Traefik moves the rest of larger responses to disk; here all of it stays in memory.'),
      retryExpression: text()
        .optional()
        .describe(
          'When a request with content is sent again, at most ten times: a condition on `Attempts()`, `ResponseCode()`, `IsNetworkError()` and `RequestMethod()`.',
        ),
    })
    .meta({ typeName: '*dynamic.Buffering' })
    .describe('Reads requests and responses whole before they go on.'),
  prepare({
    maxRequestBodyBytes = 0,
    memRequestBodyBytes = 0,
    maxResponseBodyBytes = 0,
    memResponseBodyBytes = 0,
    retryExpression = '',
  }): BufferingConfig {
    checkSize('mem', memRequestBodyBytes)
    checkSize('max', maxRequestBodyBytes)
    checkSize('mem', memResponseBodyBytes)
    checkSize('max', maxResponseBodyBytes)
    return {
      maxRequestBodyBytes,
      maxResponseBodyBytes,
      retryExpression: retryExpression === '' ? null : preparePredicate(retryExpression, language),
    }
  },
})

function checkSize(what: 'mem' | 'max', bytes: number): void {
  if (bytes < 0) throw new PrepareError(`${what} bytes should be >= 0 got ${bytes}`)
}
