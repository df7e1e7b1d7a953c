import * as z from 'zod'
import { hasControls } from '../../http/controls.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { text } from '../../schema/scalars.ts'
import { prepareRegexp } from '../shared/regexp-option.schema.ts'
import type { ReplacePathRegexConfig } from './replace-path-regex.ts'

/** Options of `replacePathRegex`. */
export const replacePathRegexElement = defineElement({
  schema: z
    .strictObject({
      regex: text().optional().describe('Expression that is looked for in the encoded path, without the query.'),
      replacement: text().optional().describe('What every match becomes; `$1` and `$name` insert groups.'),
    })
    .meta({ typeName: '*dynamic.ReplacePathRegex' })
    .describe('Rewrites the path by a regular expression and announces the old one in `X-Replaced-Path`.'),
  prepare({ regex = '', replacement = '' }): ReplacePathRegexConfig {
    const template = replacement.trim()
    if (hasControls(template)) throw new PrepareError('replacement holds a control character')
    const source = regex.trim()
    return { regex: prepareRegexp(source, `error compiling regular expression ${source}: `), replacement: template }
  },
})
