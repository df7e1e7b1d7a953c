import * as z from 'zod'
import { hasControls } from '../../http/controls.ts'
import { toFieldText } from '../../http/fields.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { text } from '../../schema/scalars.ts'
import type { AppRootConfig } from './app-root.ts'

/** Options of `appRoot`, which only annotations of ingress-nginx make. */
export const appRootElement = defineElement({
  schema: z
    .strictObject({ path: text().optional().describe('Path that the bare root leads to; variables of nginx count.') })
    .describe('Sends requests for the bare root to a path.'),
  prepare({ path = '' }): AppRootConfig {
    if (path === '') throw new PrepareError('path cannot be empty')
    if (!path.startsWith('/')) throw new PrepareError('path should start with /')
    if (hasControls(path)) throw new PrepareError('path holds a control character')
    return { path: toFieldText(path) }
  },
})
