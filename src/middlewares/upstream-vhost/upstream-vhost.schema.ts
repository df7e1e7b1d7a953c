import * as z from 'zod'
import { hasControls } from '../../http/controls.ts'
import { toFieldText } from '../../http/fields.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { text, textMap } from '../../schema/scalars.ts'
import type { UpstreamVHostConfig } from './upstream-vhost.ts'

/** Options of `upstreamVHost`, which only annotations of ingress-nginx make. */
export const upstreamVHostElement = defineElement({
  schema: z
    .strictObject({
      vHost: text().optional().describe('Host that servers see; variables of nginx count.'),
      vars: textMap().optional().describe('Values of further variables, with their `$`.'),
    })
    .describe('Changes the host that servers see.'),
  prepare({ vHost = '', vars = {} }): UpstreamVHostConfig {
    if (vHost === '') throw new PrepareError('vHost cannot be empty')
    if (hasControls(vHost)) throw new PrepareError('vHost holds a control character')
    return {
      vHost: toFieldText(vHost),
      vars: Object.entries(vars).map(([name, value]) => [name, toFieldText(value)] as const),
    }
  },
})
