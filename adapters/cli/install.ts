import { readFileSync, statSync } from 'node:fs'
import type { InstallConfig } from '../../src/compiler/install/install.ts'
import { type LoadedInstall, loadInstall } from '../../src/compiler/install/load.ts'
import { isPutInByWorker } from '../../src/compiler/planning/collector.ts'
import type { Target } from '../../src/plan/plan.ts'
import { machineSecrets } from '../node/secrets.ts'

/**
 * The install configuration of this process: its arguments, its environment, this machine's files.
 * @param target whom it is for: on the edge the worker puts in what would be published otherwise
 */
export const loadInstallHere = (args: readonly string[], target: Target = 'node'): LoadedInstall =>
  loadInstall({
    ...(target === 'edge' ? { isLeft: isPutInByWorker } : {}),
    args,
    env: process.env,
    exists: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
    readFile: (path) => readFileSync(path, 'utf8'),
    secretOf: machineSecrets,
  })

/**
 * An install configuration for a platform that listens itself: what Traefik listens on where it is told nothing is not
 * in it.
 */
export const withoutDefaults = ({ install, written }: LoadedInstall): InstallConfig | null =>
  install !== null && written?.entryPoints === undefined ? { ...install, entryPoints: undefined } : install

/** Text of a file for a code frame, or null. */
export function sourceOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // A frame is an extra: the problem itself has been said.
    return null
  }
}
