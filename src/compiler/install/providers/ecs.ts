import * as z from 'zod'
import { emptyable, flag, integer, text, texts } from '../../../schema/scalars.ts'
import { defineProvider } from './definition.ts'
import { constraints, defaultRule, exposedByDefault } from './options.ts'

const ecs = z.strictObject({
  constraints: constraints(),
  exposedByDefault: exposedByDefault(),
  refreshSeconds: integer().default(15).describe('Seconds between looks at changes.'),
  defaultRule: defaultRule(),
  clusters: texts().default(['default']).describe('Clusters that are read.'),
  autoDiscoverClusters: flag().optional().describe('Read all clusters.'),
  healthyTasksOnly: flag().optional().describe('Use healthy tasks only.'),
  ecsAnywhere: flag().optional().describe('Use machines outside of the cloud too.'),
  region: text().optional().describe('Region; by default that of the machine.'),
  accessKeyID: text().optional().describe('Access key.'),
  secretAccessKey: text().optional().describe('Secret of the access key.'),
})

/** Tasks of Amazon ECS. */
export const ecsProvider = defineProvider({
  goName: 'Ecs',
  schema: emptyable(ecs).optional().describe('Tasks of Amazon ECS.'),
})
