import * as z from 'zod'
import { toFieldText } from '../../http/fields.ts'
import { queryEscape } from '../../http/query-escape.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { integer, text, texts } from '../../schema/scalars.ts'
import { prepareStatusRanges } from '../../schema/status-ranges.ts'
import { prepareFieldName, prepareFieldValue } from '../shared/field-option.schema.ts'
import type { ErrorsConfig } from './errors.ts'

/** Options of `errors`. */
export const errorsElement = defineElement({
  schema: z
    .strictObject({
      status: texts().optional().describe('Statuses (`404`, `500-599`) of answers that are replaced.'),
      statusRewrites: z
        .record(z.string(), integer())
        .optional()
        .describe('Status that the client gets instead, by status or range.'),
      service: text().optional().describe('Service that the page comes from.'),
      query: text()
        .optional()
        .describe(
          'Path and query of the page. `{status}`, `{originalStatus}` (before rewriting) and `{url}` (escaped) are filled in.',
        ),
      errorRequestHeaders: texts()
        .optional()
        .describe('Request fields that the service gets; without it all, credentials among them.'),
      nginxHeaders: z
        .record(z.string(), texts())
        .optional()
        .meta({ ignoredIn: ['file', 'label', 'kv'] })
        .describe(
          'Only providers say it: fields that the service gets, beside those that ingress-nginx sends; its status is kept.',
        ),
    })
    .meta({ typeName: '*dynamic.ErrorPage' })
    .describe('Replaces answers with certain statuses by pages of another service.'),
  prepare(
    { status = [], statusRewrites = {}, service = '', query = '', errorRequestHeaders, nginxHeaders },
    scope,
  ): ErrorsConfig {
    const ranges = prepareStatusRanges(status)
    const rewrites = afterService(scope.qualify(service), () =>
      Object.entries(statusRewrites).map(([range, code]) => ({
        range: prepareStatusRanges([range])[0]!,
        status: code,
      })),
    )
    return {
      status: ranges,
      statusRewrites: rewrites,
      service: scope.qualify(service),
      query: query === '' ? '' : `/${escapeOdd(query.replace(/^\//, ''))}`,
      requestFields: errorRequestHeaders?.map(prepareFieldName) ?? null,
      ...(nginxHeaders === undefined ? {} : { nginxFields: linesOf(nginxHeaders) }),
    }
  },
})

const linesOf = (headers: Readonly<Record<string, readonly string[]>>): string[] =>
  Object.entries(headers).flatMap(([name, values]) =>
    values.flatMap((value) => [prepareFieldName(name), prepareFieldValue(value, 'nginxHeaders')]),
  )

/** Traefik looks at the service before it looks at these. */
function afterService<T>(service: string, prepare: () => T): T {
  try {
    return prepare()
  } catch (error) {
    throw error instanceof PrepareError ? new PrepareError(error.message, [service]) : error
  }
}

/** What may not stand in a target as it is becomes escapes. */
const escapeOdd = (query: string): string =>
  toFieldText(query).replace(/[^\x21-\x7e]/g, (byte) => (byte === ' ' ? '%20' : queryEscape(byte)))
