import * as z from 'zod'
import { flag, integer, text, textMap, texts } from '../../schema/scalars.ts'

const customFields = {
  customRequestHeaders: textMap()
    .optional()
    .describe('Request fields to set, or with an empty value to delete. `Host` changes the Host of the request.'),
  customResponseHeaders: textMap().optional().describe('Response fields to set, or with an empty value to delete.'),
}

const corsFields = {
  accessControlAllowCredentials: flag().optional().describe('Allow requests with credentials.'),
  accessControlAllowHeaders: texts().optional().describe('Request fields that a preflight allows.'),
  accessControlAllowMethods: texts().optional().describe('Methods that a preflight allows.'),
  accessControlAllowOriginList: texts().optional().describe('Allowed origins, exact or `*` for all.'),
  accessControlAllowOriginListRegex: texts().optional().describe('Allowed origins as regular expressions.'),
  accessControlExposeHeaders: texts().optional().describe('Response fields that scripts may read.'),
  accessControlMaxAge: integer().optional().describe('Seconds for which a browser may keep the answer to a preflight.'),
  addVaryHeader: flag().optional().describe('Add `Origin` to the `Vary` field of responses.'),
}

const secureFields = {
  allowedHosts: texts().optional().describe('Hosts, with their port, that are served; others are refused with 500.'),
  hostsProxyHeaders: texts().optional().describe('Request fields whose value stands in for Host in that test.'),
  sslProxyHeaders: textMap().optional().describe('Request fields and values that mark a request as one over TLS.'),
  stsSeconds: integer().optional().describe('`max-age` of `Strict-Transport-Security`; 0: the field is not sent.'),
  stsIncludeSubdomains: flag().optional().describe('Add `includeSubDomains` to `Strict-Transport-Security`.'),
  stsPreload: flag().optional().describe('Add `preload` to `Strict-Transport-Security`.'),
  forceSTSHeader: flag().optional().describe('Send `Strict-Transport-Security` over plain HTTP too.'),
  frameDeny: flag().optional().describe('Send `X-Frame-Options: DENY`.'),
  customFrameOptionsValue: text().optional().describe('Value of `X-Frame-Options`; wins over frameDeny.'),
  contentTypeNosniff: flag().optional().describe('Send `X-Content-Type-Options: nosniff`.'),
  browserXssFilter: flag().optional().describe('Send `X-XSS-Protection: 1; mode=block`.'),
  customBrowserXSSValue: text().optional().describe('Value of `X-XSS-Protection`; wins over browserXssFilter.'),
  contentSecurityPolicy: text()
    .optional()
    .describe("Value of `Content-Security-Policy`; `$NONCE` becomes a new `'nonce-…'` in every answer."),
  contentSecurityPolicyReportOnly: text()
    .optional()
    .describe('Value of `Content-Security-Policy-Report-Only`, with `$NONCE` as above.'),
  publicKey: text().optional().describe('Value of `Public-Key-Pins`, sent over TLS.'),
  referrerPolicy: text().optional().describe('Value of `Referrer-Policy`.'),
  permissionsPolicy: text().optional().describe('Value of `Permissions-Policy`.'),
  isDevelopment: flag().optional().describe('Switch off allowed hosts, `Strict-Transport-Security` and key pins.'),
}

/** Options that are accepted and do nothing any more. */
export const deprecatedFields = {
  featurePolicy: text().optional().describe('Deprecated, without effect: use permissionsPolicy.'),
  sslRedirect: flag()
    .optional()
    .describe('Deprecated, without effect: use redirections of the entry point or redirectScheme.'),
  sslTemporaryRedirect: flag().optional().describe('Deprecated, without effect.'),
  sslHost: text().optional().describe('Deprecated, without effect: use redirectRegex.'),
  sslForceHost: flag().optional().describe('Deprecated, without effect: use redirectRegex.'),
}

/** Options of `headers`. */
export const headersOptions = z
  .strictObject({ ...customFields, ...corsFields, ...secureFields, ...deprecatedFields })
  .meta({ typeName: '*dynamic.Headers' })
  .describe('Sets and deletes fields of requests and responses, answers CORS preflights, sends security headers.')

/** What of the options `prepareCors` and `prepareSecure` take. */
export type HeadersOptions = z.output<typeof headersOptions>
