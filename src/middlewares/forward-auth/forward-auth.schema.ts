import * as z from 'zod'
import { toFieldText } from '../../http/fields.ts'
import { encodedOf, viewOf } from '../../http/path.ts'

import { DEFAULT_SERVER_TLS } from '../../plan/tls.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { flag, integer, text, texts } from '../../schema/scalars.ts'
import { parseServerUrl } from '../../schema/server-url.ts'
import { authTransport } from '../shared/auth-transport.schema.ts'
import { prepareFieldName, prepareFieldValue } from '../shared/field-option.schema.ts'
import { prepareRegexp } from '../shared/regexp-option.schema.ts'
import { prepareTlsClient, tlsClientFields } from '../shared/tls-client-option.schema.ts'
import type { ForwardAuthConfig } from './forward-auth.ts'

const tlsOptions = z.strictObject({
  ...tlsClientFields,
  caOptional: flag().optional().describe('Removed in Traefik 3; without effect.'),
})

const TLS_ERROR = 'unable to create client TLS configuration: '

/** Options of `forwardAuth`. */
export const forwardAuthElement = defineElement({
  schema: z
    .strictObject({
      address: text().optional().describe('URL of the server that decides; it is asked for just this path.'),
      tls: tlsOptions.optional().describe('TLS to that server.'),
      trustForwardHeader: flag()
        .optional()
        .describe(
          '`true` passes `X-Forwarded-*` of the request on; `false` replaces them all; without it the main ones are replaced.',
        ),
      authResponseHeaders: texts()
        .optional()
        .describe('Fields of the answer that replace those of the request when it passes.'),
      authResponseHeadersRegex: text().optional().describe('The same for names that this expression matches.'),
      authRequestHeaders: texts().optional().describe('Request fields that the server gets. Without it: all.'),
      maxResponseBodySize: integer()
        .optional()
        .describe('Bytes that an answer may have; a larger one is a refusal with 401. Without it: no limit.'),
      addAuthCookiesToResponse: texts()
        .optional()
        .describe('Cookies of the answer that the client gets, in place of those of that name from the service.'),
      headerField: text().optional().describe('Field of the answer that names the user for the access log.'),
      forwardBody: flag().optional().describe('Send the content of the request too, which is read whole for it.'),
      maxBodySize: integer()
        .default(-1)
        .describe('Bytes of content with forwardBody; a larger request is refused with 401. -1: no limit.'),
      preserveLocationHeader: flag()
        .optional()
        .describe('Leave a relative `Location` of a refusal as it is, instead of resolving it against the address.'),
      preserveRequestMethod: flag().optional().describe('Ask by the method of the request instead of GET.'),
      authSigninURL: text().optional().describe('Where a client is redirected to when the server answers 401.'),
    })
    .meta({ typeName: '*dynamic.ForwardAuth' })
    .describe('Lets another server decide whether a request may pass.'),
  prepare(options, scope): ForwardAuthConfig {
    const { authResponseHeadersRegex: regex = '', maxBodySize, maxResponseBodySize = -1, headerField = '' } = options
    return {
      address: prepareAddress(options.address ?? ''),
      transport: authTransport(
        options.tls === undefined ? DEFAULT_SERVER_TLS : prepareTlsClient(options.tls, scope, TLS_ERROR),
      ),
      fields: {
        forwarded: options.trustForwardHeader === undefined ? 'keep' : options.trustForwardHeader ? 'trust' : 'drop',
        allowed: (options.authRequestHeaders ?? []).map((name) => name.toLowerCase()),
      },
      responseFields: (options.authResponseHeaders ?? []).map(prepareFieldName),
      responseFieldsRegex: regex === '' ? null : prepareRegexp(regex, `error compiling regular expression ${regex}: `),
      cookies: options.addAuthCookiesToResponse ?? [],
      forwardBody: options.forwardBody ?? false,
      maxBodySize: maxBodySize < 0 ? null : maxBodySize,
      maxResponseBodySize: maxResponseBodySize < 0 ? null : maxResponseBodySize,
      headerField,
      preserveLocationHeader: options.preserveLocationHeader ?? false,
      preserveRequestMethod: options.preserveRequestMethod ?? false,
      signinUrl: prepareFieldValue(options.authSigninURL ?? '', 'authSigninURL'),
    }
  },
})

/** Null where Traefik, too, would only notice with the first request. */
function prepareAddress(address: string): ForwardAuthConfig['address'] {
  let parts: ReturnType<typeof parseServerUrl>
  try {
    parts = parseServerUrl(address)
  } catch (error) {
    if (error instanceof PrepareError) return null
    throw error
  }
  const { scheme, host, port, authority, path } = parts
  if (port > 65535) return null
  if ((scheme !== 'http' && scheme !== 'https') || host === '') return null
  const query = /^[^?#]*(\?[^#]*)?/.exec(address)?.[1] ?? ''
  const target = (encodedOf(viewOf(path)) || '/') + toFieldText(query)
  return /^[\x21-\x7e]+$/.test(target + authority)
    ? { scheme, authority, target, hasUserInfo: /^[^/]*\/\/[^/?#]*@/.test(address), origin: { scheme, host, port } }
    : null
}
