import * as z from 'zod'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { flag, text } from '../../schema/scalars.ts'
import type { RedirectSchemeConfig } from './redirect-scheme.ts'

/** Options of `redirectScheme`. */
export const redirectSchemeElement = defineElement({
  schema: z
    .strictObject({
      scheme: text().optional().describe('Scheme of the new URL.'),
      port: text().optional().describe('Port of the new URL; the default port of the scheme is not written.'),
      permanent: flag().optional().describe('Answer with 301 or 308 instead of 302 or 307.'),
      forcePermanentRedirect: flag()
        .optional()
        .meta({ ignoredIn: ['file', 'label', 'kv'] })
        .describe('Only providers say it: answer with 308 whatever the method.'),
    })
    .meta({ typeName: '*dynamic.RedirectScheme' })
    .describe('Redirects requests to another scheme or port.'),
  prepare({ scheme = '', port = '', permanent = false, forcePermanentRedirect = false }): RedirectSchemeConfig {
    if (scheme === '') throw new PrepareError('you must provide a target scheme')
    const isDefault = (scheme === 'http' && port === '80') || (scheme === 'https' && port === '443')
    return {
      scheme,
      port: port === '' || isDefault ? '' : `:${port}`,
      permanent,
      ...(forcePermanentRedirect ? { statusCode: 308 } : {}),
    }
  },
})
