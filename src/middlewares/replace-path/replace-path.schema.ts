import * as z from 'zod'
import { hasControls } from '../../http/controls.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { text } from '../../schema/scalars.ts'
import type { ReplacePathConfig } from './replace-path.ts'

/** Options of `replacePath`. */
export const replacePathElement = defineElement({
  schema: z
    .strictObject({ path: text().optional().describe('The new path, percent-encoded. Empty: the root.') })
    .meta({ typeName: '*dynamic.ReplacePath' })
    .describe('Replaces the path and announces the old one in `X-Replaced-Path`. The query stays.'),
  prepare({ path = '' }): ReplacePathConfig {
    if (hasControls(path)) throw new PrepareError(`path holds a control character: ${JSON.stringify(path)}`)
    return { path }
  },
})
