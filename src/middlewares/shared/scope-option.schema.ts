import { PrepareError } from '../../schema/element.ts'
import { text } from '../../schema/scalars.ts'

/** Whose state a middleware keeps: an option of ours. */
export const scopeOption = () =>
  text()
    .optional()
    .meta({ ours: true })
    .describe(
      '`router`: each router that names the middleware counts for itself (default); `middleware`: all together.',
    )

/** Whether all routers share the state. */
export function sharesState(scope: string | undefined): boolean {
  if (scope !== undefined && scope !== 'router' && scope !== 'middleware') {
    throw new PrepareError(`unsupported scope "${scope}": router or middleware`)
  }
  return scope === 'middleware'
}
