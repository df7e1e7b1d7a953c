import * as z from 'zod'
import { hasControls } from '../../http/controls.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { text } from '../../schema/scalars.ts'
import { prepareRegexp } from '../shared/regexp-option.schema.ts'
import type { RewriteTargetConfig } from './rewrite-target.ts'

/** Options of `rewriteTarget`, which only annotations of ingress-nginx make. */
export const rewriteTargetElement = defineElement({
  schema: z
    .strictObject({
      regex: text()
        .optional()
        .describe('Expression that is looked for in the encoded path, whatever the case. Without it: the whole path.'),
      replacement: text()
        .optional()
        .describe('What every match becomes; `$1` inserts groups. An absolute URL: where the client is sent.'),
      xForwardedPrefix: text().optional().describe('`X-Forwarded-Prefix`; `$1` inserts groups.'),
    })
    .describe('Rewrites the path, or redirects, as `rewrite-target` of ingress-nginx.'),
  prepare({ regex = '', replacement = '', xForwardedPrefix = '' }): RewriteTargetConfig {
    if (replacement === '') throw new PrepareError('replacement cannot be empty')
    for (const [name, value] of [
      ['replacement', replacement],
      ['xForwardedPrefix', xForwardedPrefix],
    ] as const) {
      if (hasControls(value.trim())) throw new PrepareError(`${name} holds a control character`)
    }
    const isUrl = /^[A-Za-z][A-Za-z0-9+.-]*:/.test(replacement.trim())
    return {
      regex: regex === '' ? null : prepareExpression(regex.trim(), isUrl),
      replacement: replacement.trim(),
      isUrl,
      prefix: xForwardedPrefix,
    }
  },
})

/** An expression without groups takes the whole path where it leads to a URL: nothing is left to be put behind that. */
function prepareExpression(source: string, isUrl: boolean) {
  const plan = prepareRegexp(`(?i)${source}`, `compiling regular expression ${source}: `)
  if (!isUrl || plan.groups.length > 0) return plan
  return prepareRegexp(`(?i)${source}.*`, `compiling regular expression for absolute URL ${source}: `)
}
