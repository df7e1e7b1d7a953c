import * as z from 'zod'
import { defineElement } from '../../schema/element.ts'
import { flag, integer, text } from '../../schema/scalars.ts'
import { prepareRegexp } from '../shared/regexp-option.schema.ts'
import type { RedirectRegexConfig } from './redirect-regex.ts'

/** Options of `redirectRegex`. */
export const redirectRegexElement = defineElement({
  schema: z
    .strictObject({
      regex: text().optional().describe('Expression that is looked for in the URL of the request, query included.'),
      replacement: text().optional().describe('The new URL; `$1` and `$name` insert groups.'),
      permanent: flag().optional().describe('Answer with 301 or 308 instead of 302 or 307.'),
      statusCode: integer()
        .optional()
        .meta({ ignoredIn: ['file', 'label', 'kv'] })
        .describe('Only providers say it: the status of the answer.'),
    })
    .meta({ typeName: '*dynamic.RedirectRegex' })
    .describe('Redirects requests whose URL matches a regular expression.'),
  prepare: ({ regex = '', replacement = '', permanent = false, statusCode }): RedirectRegexConfig => ({
    regex: prepareRegexp(regex),
    replacement,
    permanent,
    ...(statusCode === undefined ? {} : { statusCode }),
  }),
})
