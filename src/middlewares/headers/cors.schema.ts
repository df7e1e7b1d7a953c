import { toFieldText } from '../../http/fields.ts'
import type { CorsConfig } from '../shared/cors.ts'
import { prepareResponseValue } from '../shared/field-option.schema.ts'
import { prepareRegexp } from '../shared/regexp-option.schema.ts'
import type { HeadersOptions } from './headers-options.schema.ts'

/** The CORS part of the options of `headers`; null when nothing of it is set. */
export function prepareCors(options: HeadersOptions): CorsConfig | null {
  const {
    accessControlAllowCredentials: allowCredentials = false,
    accessControlAllowHeaders: allowHeaders = [],
    accessControlAllowMethods: allowMethods = [],
    accessControlAllowOriginList: origins = [],
    accessControlAllowOriginListRegex: originRegexps = [],
    accessControlExposeHeaders: exposeHeaders = [],
    accessControlMaxAge: maxAge,
    addVaryHeader: addVary = false,
  } = options
  const lists = [allowHeaders, allowMethods, origins, originRegexps, exposeHeaders]
  if (!allowCredentials && !addVary && maxAge === undefined && lists.every((list) => list.length === 0)) return null
  // Browsers take `*` literally in answers to requests with credentials.
  const isWild = (list: readonly string[]): boolean => allowCredentials && list.includes('*')
  return {
    allowCredentials,
    allowHeaders: prepareResponseValue(allowHeaders.join(','), 'accessControlAllowHeaders'),
    echoHeaders: isWild(allowHeaders),
    allowMethods: prepareResponseValue(allowMethods.join(','), 'accessControlAllowMethods'),
    echoMethod: isWild(allowMethods),
    exposeHeaders: isWild(exposeHeaders)
      ? ''
      : prepareResponseValue(exposeHeaders.join(','), 'accessControlExposeHeaders'),
    origins: origins.map(toFieldText),
    originRegexps: originRegexps.map((source) => prepareRegexp(source, 'error occurred during origin parsing: ')),
    maxAge: maxAge === undefined ? '' : String(maxAge),
    addVary,
    isSilent: false,
  }
}
