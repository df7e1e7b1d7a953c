import * as z from 'zod'
import { hasControls } from '../../http/controls.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { flag, texts } from '../../schema/scalars.ts'
import type { StripPrefixConfig } from './strip-prefix.ts'

/** Options of `stripPrefix`. */
export const stripPrefixElement = defineElement({
  schema: z
    .strictObject({
      prefixes: texts()
        .optional()
        .describe('Prefixes to cut, as decoded text; the first one that matches is cut. They need not end at a slash.'),
      forceSlash: flag()
        .optional()
        .describe('Deprecated. Makes the rest start with exactly one slash even where nothing is left.'),
    })
    .meta({ typeName: '*dynamic.StripPrefix' })
    .describe('Cuts a prefix from the path and announces it in `X-Forwarded-Prefix`.'),
  prepare({ prefixes = [], forceSlash = false }): StripPrefixConfig {
    const bad = prefixes.find(hasControls)
    if (bad !== undefined) throw new PrepareError(`prefix holds a control character: ${JSON.stringify(bad)}`)
    return { prefixes: prefixes.map((prefix) => prefix.trim()), forceSlash }
  },
})
