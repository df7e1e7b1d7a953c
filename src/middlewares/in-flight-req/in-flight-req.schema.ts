import * as z from 'zod'
import { defineElement } from '../../schema/element.ts'
import { integer } from '../../schema/scalars.ts'
import { scopeOption, sharesState } from '../shared/scope-option.schema.ts'
import { prepareSource, sourceCriterionOptions } from '../shared/source-criterion.schema.ts'
import type { InFlightReqConfig } from './in-flight-req.ts'

/** Options of `inFlightReq`. */
export const inFlightReqElement = defineElement({
  schema: z
    .strictObject({
      amount: integer()
        .optional()
        .describe('Requests of one source that may be under way at the same time; 0 refuses all.'),
      sourceCriterion: sourceCriterionOptions
        .optional()
        .describe('Which requests are counted together. Without it: those to one host.'),
      scope: scopeOption(),
    })
    .meta({ typeName: '*dynamic.InFlightReq' })
    .describe('Limits how many requests are under way at the same time.'),
  prepare: ({ amount = 0, sourceCriterion, scope }): InFlightReqConfig => ({
    amount,
    shared: sharesState(scope),
    source: prepareSource(sourceCriterion, { by: 'host' }, 'error creating requests limiter: '),
  }),
})
