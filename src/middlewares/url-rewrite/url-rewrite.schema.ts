import * as z from 'zod'
import { defineElement } from '../../schema/element.ts'
import { text } from '../../schema/scalars.ts'
import { prepareGatewayHost, prepareGatewayPath } from '../shared/gateway-path.schema.ts'
import type { UrlRewriteConfig } from './url-rewrite.ts'

/** Options of `URLRewrite`, which only the Gateway API makes. */
export const URLRewriteElement = defineElement({
  schema: z
    .strictObject({
      hostname: text().optional().describe('Host that servers see.'),
      path: text().optional().describe('Path that replaces the path, or its prefix.'),
      pathPrefix: text().optional().describe('Prefix that `path` replaces. Without it: the whole path.'),
    })
    .describe('Rewrites host and path.'),
  prepare: ({ hostname, path, pathPrefix }): UrlRewriteConfig => ({
    hostname: prepareGatewayHost(hostname),
    path: prepareGatewayPath(path),
    pathPrefix: pathPrefix ?? null,
  }),
})
