import * as z from 'zod'

/** Options of the HTTP middlewares that are accepted but not built yet; a table that shrinks as they are built. */

/** By name: plug-ins, each with its free options. */
export const pluginOptions = z
  .record(z.string(), z.record(z.string(), z.unknown()))
  .describe('Options of plug-ins by their name.')
