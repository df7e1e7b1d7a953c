import * as z from 'zod'
import { duration, emptyable, flag, text } from '../../../schema/scalars.ts'
import { defineProvider } from './definition.ts'
import {
  allowEmptyServices,
  constraints,
  defaultRule,
  exposedByDefault,
  namespaces,
  prefix,
  throttleDuration,
  tls,
  token,
} from './options.ts'

const nomad = z.strictObject({
  defaultRule: defaultRule(),
  constraints: constraints(),
  endpoint: z
    .strictObject({
      address: text().default('http://127.0.0.1:4646').describe('Address of the server.'),
      region: text().optional().describe('Region; the one of the agent by default.'),
      token: token(),
      tls: tls(),
      endpointWaitTime: duration().optional().describe('How long a watch waits.'),
    })
    .meta({ typeName: '*nomad.EndpointConfig' })
    .prefault({})
    .describe('The server.'),
  prefix: prefix(),
  stale: flag().optional().describe('Permit stale reads.'),
  exposedByDefault: exposedByDefault(),
  refreshInterval: duration().default('15s').describe('Time between looks at changes.'),
  allowEmptyServices: allowEmptyServices(),
  watch: flag().optional().describe('Follow changes at once.'),
  throttleDuration: throttleDuration(),
  namespaces: namespaces(),
})

/** Services of Nomad. */
export const nomadProvider = defineProvider({
  goName: 'Nomad',
  schema: emptyable(nomad).optional().describe('Services of Nomad.'),
})
