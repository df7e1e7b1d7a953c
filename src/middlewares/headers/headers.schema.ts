import { defineElement, PrepareError } from '../../schema/element.ts'
import { prepareFieldEdits, prepareFieldValue, prepareResponseValue } from '../shared/field-option.schema.ts'
import { prepareCors } from './cors.schema.ts'
import type { HeadersConfig } from './headers.ts'
import { deprecatedFields, type HeadersOptions, headersOptions } from './headers-options.schema.ts'
import { prepareSecure } from './secure-headers.schema.ts'

/** Options of `headers`. */
export const headersElement = defineElement({
  schema: headersOptions,
  prepare(options): HeadersConfig {
    const { customRequestHeaders = {}, customResponseHeaders = {} } = options
    const cors = prepareCors(options)
    const secure = prepareSecure(options)
    const deprecated = Object.keys(deprecatedFields).filter((name) => isSet(options[name as keyof HeadersOptions]))
    const custom = Object.keys(customRequestHeaders).length + Object.keys(customResponseHeaders).length
    if (cors === null && secure === null && deprecated.length === 0 && custom === 0) {
      throw new PrepareError('headers configuration not valid')
    }
    const edits = prepareFieldEdits(customRequestHeaders, prepareFieldValue)
    const host = edits.findLast(({ name, value }) => name === 'Host' && value !== null)?.value ?? ''
    if (!/^[\x21-\x7e]*$/.test(host)) throw new PrepareError('invalid header field value for "Host"')
    return {
      requestFields: edits.filter(({ name }) => name !== 'Host'),
      host,
      omitForwardedFor: customRequestHeaders['X-Forwarded-For'] === '',
      responseFields: prepareFieldEdits(customResponseHeaders, prepareResponseValue),
      cors,
      secure,
      deprecated,
    }
  },
})

const isSet = (value: unknown): boolean => value !== undefined && value !== false && value !== ''
