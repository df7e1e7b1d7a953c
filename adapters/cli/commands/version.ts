import os from 'node:os'
import { CODENAME, TRAEFIK_VERSION, VERSION } from '../../../src/version.ts'

/** `signalbox version`: Traefik's five lines, and whose behaviour this is. */
export async function main(): Promise<number> {
  const rows = [
    ['Version', VERSION],
    ['Codename', CODENAME],
    ['Node version', process.versions.node],
    ['Behaves as', `Traefik ${TRAEFIK_VERSION}`],
    ['OS/Arch', `${os.platform()}/${os.arch()}`],
  ] as const
  process.stdout.write(`${rows.map(([label, value]) => `${`${label}:`.padEnd(14)}${value}`).join('\n')}\n`)
  return 0
}
