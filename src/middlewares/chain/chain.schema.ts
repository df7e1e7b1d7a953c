import * as z from 'zod'
import { defineElement } from '../../schema/element.ts'
import { texts } from '../../schema/scalars.ts'
import type { ChainConfig } from './chain.ts'

/** Options of `chain`. */
export const chainElement = defineElement({
  schema: z
    .strictObject({
      middlewares: texts().optional().describe('Names of the members, the first one outermost.'),
    })
    .meta({ typeName: '*dynamic.Chain' })
    .describe('Stands for a list of other middlewares.'),
  prepare: ({ middlewares = [] }, scope): ChainConfig => ({
    middlewares: middlewares.map((name) => scope.qualify(name)),
  }),
})
