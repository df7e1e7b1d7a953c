import { defineMiddleware } from '../../contracts/kinds.ts'
import type { Fields } from '../../http/fields.ts'
import { andThen } from '../../http/maybe-promise.ts'

/** What a Gateway API route does to fields, in this order; names and values are field text. */
export interface HeaderModifierConfig {
  readonly set: readonly (readonly [name: string, value: string])[]
  readonly add: readonly (readonly [name: string, value: string])[]
  readonly remove: readonly string[]
}

/** Changes fields of requests (Traefik v3.7 `pkg/middlewares/gatewayapi/headermodifier`). */
export const requestHeaderModifier = defineMiddleware<HeaderModifierConfig>({
  isStateless: true,
  build: (config) => {
    const host = config.set.findLast(([name]) => isHost(name))?.[1]
    return (next) => (request, cx) => {
      modify(request.headers, config)
      if (host !== undefined) request.authority = host
      return next(request, cx)
    }
  },
})

/** Changes fields of responses. */
export const responseHeaderModifier = defineMiddleware<HeaderModifierConfig>({
  isStateless: true,
  build: (config) => (next) => (request, cx) =>
    andThen(next(request, cx), (response) => {
      if (response.status >= 200) modify(response.headers, config)
      return response
    }),
})

const isHost = (name: string): boolean => name.toLowerCase() === 'host'

function modify(fields: Fields, { set, add, remove }: HeaderModifierConfig): void {
  for (const [name, value] of set) if (!isHost(name)) fields.set(name, value)
  for (const [name, value] of add) if (!isHost(name)) fields.append(name, value)
  for (const name of remove) fields.delete(name)
}
