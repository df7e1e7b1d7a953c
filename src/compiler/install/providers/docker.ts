import * as z from 'zod'
import { duration, emptyable, flag, text } from '../../../schema/scalars.ts'
import { defineProvider } from './definition.ts'
import {
  allowEmptyServices,
  constraints,
  defaultRule,
  exposedByDefault,
  onConflict,
  password,
  tls,
  username,
} from './options.ts'

const dockerFields = {
  exposedByDefault: exposedByDefault(),
  constraints: constraints(),
  allowEmptyServices: allowEmptyServices(),
  network: text().optional().describe('Network whose addresses are used.'),
  useBindPortIP: flag().optional().describe('Use published addresses and ports.'),
  watch: flag().default(true).describe('Follow changes.'),
  defaultRule: defaultRule(),
  onConflict: onConflict(),
  username: username(),
  password: password(),
  endpoint: text().default('unix:///var/run/docker.sock').describe('Address of the API.'),
  tls: tls(),
  httpClientTimeout: duration().optional().describe('Limit for a request to the API; 0: none.'),
}

const hostSchema = z.strictObject({
  endpoint: text().optional().meta({ ours: true }).describe('Address of the API of the engine.'),
  address: text()
    .optional()
    .meta({ ours: true })
    .describe('Address of its machine, where ports are published; by default that of `endpoint`.'),
  username: username().meta({ ours: true }),
  password: password().meta({ ours: true }),
  tls: tls().meta({ ours: true }),
})

/** Containers of Docker. */
export const dockerProvider = defineProvider({
  goName: 'Docker',
  schema: emptyable(
    z.strictObject({
      ...dockerFields,
      hosts: z
        .record(z.string(), hostSchema)
        .optional()
        .meta({ ours: true })
        .describe(
          'Further engines by name; what they run is reached by published ports, and is called `…@docker-NAME`.',
        ),
    }),
  )
    .optional()
    .describe('Containers of Docker.'),
})

/** Services of Docker Swarm. */
export const swarmProvider = defineProvider({
  goName: 'Swarm',
  schema: emptyable(
    z.strictObject({
      ...dockerFields,
      refreshSeconds: duration().default('15s').describe('Time between looks at changes.'),
    }),
  )
    .optional()
    .describe('Services of Docker Swarm.'),
})
