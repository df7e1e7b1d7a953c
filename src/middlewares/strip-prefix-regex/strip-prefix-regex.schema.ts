import * as z from 'zod'
import { defineElement } from '../../schema/element.ts'
import { texts } from '../../schema/scalars.ts'
import { prepareRegexp } from '../shared/regexp-option.schema.ts'
import type { StripPrefixRegexConfig } from './strip-prefix-regex.ts'

/** Options of `stripPrefixRegex`. */
export const stripPrefixRegexElement = defineElement({
  schema: z
    .strictObject({
      regex: texts()
        .optional()
        .describe('Expressions for prefixes of the decoded path; what the first one matches at its start is cut.'),
    })
    .meta({ typeName: '*dynamic.StripPrefixRegex' })
    .describe('Cuts a prefix given by a regular expression and announces it in `X-Forwarded-Prefix`.'),
  prepare: ({ regex = [] }): StripPrefixRegexConfig => ({ regex: regex.map((source) => prepareRegexp(source.trim())) }),
})
