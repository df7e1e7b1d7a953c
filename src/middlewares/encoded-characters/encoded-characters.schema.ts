import * as z from 'zod'
import { defineElement } from '../../schema/element.ts'
import { flag } from '../../schema/scalars.ts'
import type { EncodedCharactersConfig } from './encoded-characters.ts'

/** The escapes that servers read in different ways, by the option that accepts each: here and on entry points. */
export const ESCAPES = {
  allowEncodedSlash: '%2F',
  allowEncodedBackSlash: '%5C',
  allowEncodedNullCharacter: '%00',
  allowEncodedSemicolon: '%3B',
  allowEncodedPercent: '%25',
  allowEncodedQuestionMark: '%3F',
  allowEncodedHash: '%23',
} as const

const accept = (sequence: string) => flag().optional().describe(`Accept \`${sequence}\` in paths.`)

/** Options of `encodedCharacters`. */
export const encodedCharactersElement = defineElement({
  schema: z
    .strictObject({
      allowEncodedSlash: accept('%2F'),
      allowEncodedBackSlash: accept('%5C'),
      allowEncodedNullCharacter: accept('%00'),
      allowEncodedSemicolon: accept('%3B'),
      allowEncodedPercent: accept('%25'),
      allowEncodedQuestionMark: accept('%3F'),
      allowEncodedHash: accept('%23'),
    })
    .meta({ typeName: '*dynamic.EncodedCharacters' })
    .describe('Refuses paths with encoded characters that servers read in different ways; each can be accepted.'),
  prepare: (options): EncodedCharactersConfig => ({
    denied: Object.entries(ESCAPES).flatMap(([name, sequence]) =>
      options[name as keyof typeof ESCAPES] === true ? [] : [sequence],
    ),
  }),
})
