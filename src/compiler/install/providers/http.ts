import * as z from 'zod'
import { duration, emptyable, integer, text, textMap } from '../../../schema/scalars.ts'
import { defineProvider } from './definition.ts'
import { tls } from './options.ts'

const http = z.strictObject({
  endpoint: text().optional().describe('URL of the configuration.'),
  pollInterval: duration().default('5s').describe('Time between requests.'),
  pollTimeout: duration().default('5s').describe('Limit for an answer.'),
  headers: textMap().optional().describe('Fields sent with the request.'),
  tls: tls(),
  maxResponseBodySize: integer().default(-1).describe('Bytes that an answer may have; -1: no limit.'),
})

/** Configuration that is fetched by HTTP. */
export const httpProvider = defineProvider({
  goName: 'HTTP',
  schema: emptyable(http).optional().describe('Configuration that is fetched by HTTP.'),
})
