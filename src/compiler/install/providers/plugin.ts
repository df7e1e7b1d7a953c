import * as z from 'zod'
import { defineProvider } from './definition.ts'

/** Provider plug-ins by name. */
export const pluginProvider = defineProvider({
  goName: null,
  schema: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .meta({ typeName: 'map[string]static.PluginConf' })
    .optional()
    .describe('Provider plug-ins by name.'),
})
