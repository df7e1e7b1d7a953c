import * as z from 'zod'
import { defineElement } from '../../schema/element.ts'
import { emptyable, textMap } from '../../schema/scalars.ts'
import { answerOptions, prepareAnswer } from '../shared/static-answer.schema.ts'
import type { StaticAnswer } from '../shared/static-answer.ts'

/** Options of `respond`. */
export const respondElement = defineElement({
  schema: emptyable(
    z
      .strictObject({
        ...answerOptions,
        headers: textMap().optional().describe('Further fields of the answer, by name.'),
      })
      .meta({ ours: true })
      .describe('Answers every request by itself, always the same.'),
  ),
  prepare: ({ status = 200, body = '', contentType = '', headers = {} }): StaticAnswer =>
    prepareAnswer(status, body, contentType, headers),
})
