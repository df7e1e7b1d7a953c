import * as z from 'zod'
import { defineElement } from '../../schema/element.ts'
import { emptyable, flag } from '../../schema/scalars.ts'
import type { ContentTypeConfig } from './content-type.ts'

/** Options of `contentType`. */
export const contentTypeElement = defineElement({
  schema: emptyable(
    z.strictObject({
      autoDetect: flag().optional().describe('Deprecated. `false` makes the middleware do nothing.'),
    }),
  ).describe('Fills in a missing `Content-Type` by looking at the content.'),
  prepare: ({ autoDetect = true }): ContentTypeConfig => ({ autoDetect }),
})
