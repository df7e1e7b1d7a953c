import * as z from 'zod'
import { emptyable, flag } from '../../../schema/scalars.ts'
import { defineProvider } from './definition.ts'

/** Configuration that is put by HTTP. */
export const restProvider = defineProvider({
  goName: 'Rest',
  schema: emptyable(
    z.strictObject({ insecure: flag().optional().describe('Serve it on the entry point `traefik`, to anyone.') }),
  )
    .optional()
    .describe('Configuration that is put by HTTP.'),
})
