import * as z from 'zod'
import { toFieldText } from '../../http/fields.ts'
import { defineElement } from '../../schema/element.ts'
import { flag, integer, texts } from '../../schema/scalars.ts'
import type { CorsConfig } from '../shared/cors.ts'
import { prepareResponseValue } from '../shared/field-option.schema.ts'
import { prepareRegexp } from '../shared/regexp-option.schema.ts'

/** Options of `cors`, which only the Gateway API makes. */
export const corsElement = defineElement({
  schema: z
    .strictObject({
      allowOrigins: texts().optional().describe('Origins that are allowed.'),
      allowOriginRegexps: texts().optional().describe('Expressions for origins that are allowed.'),
      allowCredentials: flag().optional().describe('Whether credentials may be sent.'),
      allowMethods: texts().optional().describe('Methods that are allowed; `*` is any.'),
      allowHeaders: texts().optional().describe('Fields of requests that are allowed; `*` is any.'),
      exposeHeaders: texts().optional().describe('Fields of answers that may be read; `*` is any.'),
      maxAge: integer().optional().describe('Seconds for which a preflight is good.'),
    })
    .describe('CORS: which pages of other origins may ask.'),
  prepare(options): CorsConfig {
    const { allowOrigins = [], allowOriginRegexps = [], allowCredentials = false, maxAge } = options
    const { allowMethods = [], allowHeaders = [], exposeHeaders = [] } = options
    // Browsers take `*` literally in answers to requests with credentials.
    const isWild = (list: readonly string[]): boolean => allowCredentials && list.includes('*')
    return {
      allowCredentials,
      allowHeaders: prepareResponseValue(allowHeaders.join(','), 'allowHeaders'),
      echoHeaders: isWild(allowHeaders),
      allowMethods: prepareResponseValue(allowMethods.join(','), 'allowMethods'),
      echoMethod: isWild(allowMethods),
      exposeHeaders: isWild(exposeHeaders) ? '' : prepareResponseValue(exposeHeaders.join(','), 'exposeHeaders'),
      origins: allowOrigins.map(toFieldText),
      originRegexps: allowOriginRegexps.map((source) =>
        prepareRegexp(source, 'error occurred during origin parsing: '),
      ),
      maxAge: maxAge === undefined ? '' : String(maxAge),
      addVary: true,
      isSilent: true,
    }
  },
})
