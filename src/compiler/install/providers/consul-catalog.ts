import * as z from 'zod'
import { duration, emptyable, flag, text, texts } from '../../../schema/scalars.ts'
import { defineProvider } from './definition.ts'
import {
  constraints,
  defaultRule,
  exposedByDefault,
  namespaces,
  password,
  prefix,
  tls,
  token,
  username,
} from './options.ts'

const consulCatalog = z.strictObject({
  constraints: constraints(),
  endpoint: z
    .strictObject({
      address: text().optional().describe('Address of the server.'),
      scheme: text().optional().describe('Scheme of the address.'),
      datacenter: text().optional().describe('Data center; the one of the agent by default.'),
      token: token(),
      tls: tls(),
      httpAuth: z
        .strictObject({ username: username(), password: password() })
        .meta({ typeName: '*consulcatalog.EndpointHTTPAuthConfig' })
        .optional()
        .describe('User and password for the API.'),
      endpointWaitTime: duration().optional().describe('How long a watch waits.'),
    })
    .meta({ typeName: '*consulcatalog.EndpointConfig' })
    .prefault({})
    .describe('The server.'),
  prefix: prefix(),
  refreshInterval: duration().default('15s').describe('Time between looks at changes.'),
  requireConsistent: flag().optional().describe('Read consistently.'),
  stale: flag().optional().describe('Permit stale reads.'),
  cache: flag().optional().describe('Use the cache of the agent.'),
  exposedByDefault: exposedByDefault(),
  defaultRule: defaultRule(),
  connectAware: flag().optional().describe('Use Consul Connect.'),
  connectByDefault: flag().optional().describe('Take every service for a Connect service.'),
  serviceName: text().default('traefik').describe('Name of the proxy in Consul.'),
  watch: flag().optional().describe('Follow changes at once.'),
  strictChecks: texts().default(['passing', 'warning']).describe('States of checks that count as healthy.'),
  namespaces: namespaces(),
})

/** Services of Consul. */
export const consulCatalogProvider = defineProvider({
  goName: 'ConsulCatalog',
  schema: emptyable(consulCatalog).optional().describe('Services of Consul.'),
})
