import { runEdge } from '../edge/command.ts'
import { planFile } from '../plan-file.ts'

/** `signalbox edge …`: the proxy on Workers. */
export const main = (args: readonly string[]): Promise<number> =>
  runEdge(args, async (file, target) => planFile(file, { target, install: null }))
