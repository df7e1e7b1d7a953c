import { defineMiddleware } from '../../contracts/kinds.ts'
import { Fields } from '../../http/fields.ts'
import { bareReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import { ProxyResponse } from '../../http/response.ts'
import { statusText } from '../../http/status.ts'
import { type GatewayPath, gatewayPathOf } from '../shared/gateway-path.ts'
import { parseRedirectUrl } from '../shared/redirect-url.ts'

/** Null: as in the request. */
export interface RequestRedirectConfig extends GatewayPath {
  readonly scheme: string | null
  readonly hostname: string | null
  readonly port: string | null
  readonly statusCode: number
}

/** Redirects every request of a Gateway API route (Traefik v3.7 `pkg/middlewares/gatewayapi/redirect`). */
export const requestRedirect = defineMiddleware<RequestRedirectConfig>({
  isStateless: true,
  build: (config) => () => (request) => {
    const { scheme, statusCode } = config
    const target = gatewayPathOf(request, config) + request.query
    const url = parseRedirectUrl(`${scheme ?? request.scheme}://${hostOf(request, config)}${target}`)
    if (url === null) return bareReply(500)
    return new ProxyResponse(statusCode, new Fields(['Location', url.text]), statusText(statusCode))
  },
})

function hostOf({ authority }: ProxyRequest, { hostname, port }: RequestRedirectConfig): string {
  const givenPort = /:([0-9]*)$/.exec(authority)?.[1]
  const givenHost = givenPort === undefined ? authority : authority.slice(0, -givenPort.length - 1)
  const chosen = hostname ?? givenHost
  const host = chosen.includes(':') && !chosen.startsWith('[') ? `[${chosen}]` : chosen
  const chosenPort = port ?? givenPort ?? ''
  return chosenPort === '' ? host : `${host}:${chosenPort}`
}
