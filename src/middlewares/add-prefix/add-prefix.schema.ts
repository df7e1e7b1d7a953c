import * as z from 'zod'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { text } from '../../schema/scalars.ts'
import type { AddPrefixConfig } from './add-prefix.ts'

/** Options of `addPrefix`. */
export const addPrefixElement = defineElement({
  schema: z
    .strictObject({
      prefix: text()
        .optional()
        .describe('What is put before the path, as decoded text. A missing leading slash is added.'),
    })
    .meta({ typeName: '*dynamic.AddPrefix' })
    .describe('Puts a prefix before the path of the request.'),
  prepare({ prefix = '' }): AddPrefixConfig {
    if (prefix === '') throw new PrepareError('prefix cannot be empty')
    return { prefix }
  },
})
