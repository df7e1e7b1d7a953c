import * as z from 'zod'
import { duration, emptyable, flag, text } from '../../../schema/scalars.ts'
import { defineProvider } from './definition.ts'
import { allowEmptyServices, constraints, defaultRule, exposedByDefault, password, tls, username } from './options.ts'

const dockerFields = {
  exposedByDefault: exposedByDefault(),
  constraints: constraints(),
  allowEmptyServices: allowEmptyServices(),
  network: text().optional().describe('Network whose addresses are used.'),
  useBindPortIP: flag().optional().describe('Use published addresses and ports.'),
  watch: flag().default(true).describe('Follow changes.'),
  defaultRule: defaultRule(),
  username: username(),
  password: password(),
  endpoint: text().default('unix:///var/run/docker.sock').describe('Address of the API.'),
  tls: tls(),
  httpClientTimeout: duration().optional().describe('Limit for a request to the API; 0: none.'),
}

/** Containers of Docker. */
export const dockerProvider = defineProvider({
  goName: 'Docker',
  schema: emptyable(z.strictObject(dockerFields)).optional().describe('Containers of Docker.'),
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
