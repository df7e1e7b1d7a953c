import * as z from 'zod'
import { hasControls } from '../../http/controls.ts'
import { toFieldText } from '../../http/fields.ts'
import { DEFAULT_SERVER_TLS } from '../../plan/tls.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { text, texts } from '../../schema/scalars.ts'
import { parseServerUrl } from '../../schema/server-url.ts'
import { authTransport } from '../shared/auth-transport.schema.ts'
import { prepareFieldName } from '../shared/field-option.schema.ts'
import { parseSnippet } from './parse-snippet.schema.ts'
import { planDirectives } from './plan-directives.schema.ts'
import type { SnippetAuthConfig, SnippetConfig } from './snippet.ts'
import type { Directive } from './snippet-plan.ts'

const authOptions = z.strictObject({
  address: text().optional().describe('URL that decides; variables of nginx count.'),
  method: text().optional().describe('Method of the question; GET by default.'),
  snippet: text().optional().describe('Directives of nginx for the question.'),
  authResponseHeaders: texts().optional().describe('Fields of the answer that the server gets.'),
  authSigninURL: text().optional().describe('Where a 401 leads.'),
})

/** Options of `snippet`, which only annotations of ingress-nginx make. */
export const snippetElement = defineElement({
  schema: z
    .strictObject({
      serverSnippet: text().optional().describe('Directives of nginx that come first.'),
      configurationSnippet: text().optional().describe('Directives of nginx that come after them.'),
      auth: authOptions.optional().describe('Another server decides whether a request may pass.'),
    })
    .describe('Directives of nginx, and another server that decides.'),
  prepare({ serverSnippet = '', configurationSnippet = '', auth }): SnippetConfig {
    if (serverSnippet === '' && configurationSnippet === '' && auth === undefined) {
      throw new PrepareError('at least one of serverSnippet, configurationSnippet or auth option must be provided')
    }
    const { address = '' } = auth ?? {}
    if (auth !== undefined && address === '') throw new PrepareError('address is required in auth configuration')
    return {
      server: planned(serverSnippet, 'server-snippet', 'server'),
      location: planned(configurationSnippet, 'configuration-snippet', 'location'),
      auth: auth === undefined ? null : prepareAuth(auth),
    }
  },
})

function planned(source: string, title: string, place: 'server' | 'location'): readonly Directive[] {
  if (source === '') return []
  const written = parseSnippet(source, title)
  try {
    return planDirectives(written, place)
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error
    throw new PrepareError(`building actions from ${title}: ${error.message}`, [], error.hint)
  }
}

/** Characters of the part of a URL that names the server. */
const ORIGIN = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/

function prepareAuth({
  address = '',
  method = '',
  snippet = '',
  authResponseHeaders = [],
  authSigninURL = '',
}: z.output<typeof authOptions>): SnippetAuthConfig {
  for (const [name, value] of [
    ['address', address],
    ['authSigninURL', authSigninURL],
  ] as const) {
    if (hasControls(value)) throw new PrepareError(`${name} holds a control character`)
  }
  if (method !== '' && !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) {
    throw new PrepareError(`invalid method ${JSON.stringify(method)}`)
  }
  const origin = ORIGIN.exec(address)?.[0] ?? ''
  return {
    address: toFieldText(address),
    // A server that variables name is known with each request.
    origin: origin.includes('$') ? null : originOf(origin),
    transport: authTransport(DEFAULT_SERVER_TLS),
    method: method || 'GET',
    directives: planned(snippet, 'auth-snippet', 'location'),
    responseFields: authResponseHeaders.map(prepareFieldName),
    signinUrl: toFieldText(authSigninURL),
  }
}

/** Null where Traefik, too, would only notice with the first request. */
function originOf(text: string): SnippetAuthConfig['origin'] {
  try {
    const { scheme, host, port } = parseServerUrl(text)
    return (scheme === 'http' || scheme === 'https') && host !== '' && port <= 65535 ? { scheme, host, port } : null
  } catch (error) {
    if (error instanceof PrepareError) return null
    throw error
  }
}
