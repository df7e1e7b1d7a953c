import * as z from 'zod'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { integer, text } from '../../schema/scalars.ts'
import { prepareGatewayHost, prepareGatewayPath } from '../shared/gateway-path.schema.ts'
import type { RequestRedirectConfig } from './request-redirect.ts'

const STATUSES = [301, 302, 303, 307, 308]

/** Options of `requestRedirect`, which only the Gateway API makes. */
export const requestRedirectElement = defineElement({
  schema: z
    .strictObject({
      scheme: text().optional().describe('Scheme to go to. Without it: that of the connection.'),
      hostname: text().optional().describe('Host to go to. Without it: that of the request.'),
      port: text().optional().describe('Port to go to. Without it: that of the request.'),
      path: text().optional().describe('Path that replaces the path, or its prefix.'),
      pathPrefix: text().optional().describe('Prefix that `path` replaces. Without it: the whole path.'),
      statusCode: integer().optional().describe('301, 302, 303, 307 or 308. Default: 302.'),
    })
    .describe('Redirects every request.'),
  prepare({ scheme, hostname, port, path, pathPrefix, statusCode = 0 }): RequestRedirectConfig {
    const status = statusCode === 0 ? 302 : statusCode
    if (!STATUSES.includes(status)) throw new PrepareError(`unsupported status code: ${status}`)
    if (port !== undefined && !/^[0-9]{0,5}$/.test(port))
      throw new PrepareError(`invalid port: ${JSON.stringify(port)}`)
    return {
      scheme: scheme ?? null,
      hostname: prepareGatewayHost(hostname),
      port: port ?? null,
      path: prepareGatewayPath(path),
      pathPrefix: pathPrefix ?? null,
      statusCode: status,
    }
  },
})
