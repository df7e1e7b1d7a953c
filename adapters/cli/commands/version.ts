import os from 'node:os'
import { CODENAME, TRAEFIK_VERSION, VERSION } from '../../../src/version.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  name: 'version',
  about: 'version and whose behaviour this is',
  example: 'version',
  details: 'Prints the version, and whose behaviour this is.',
  operands: [],
  flags: {},
  async run() {
    // Traefik's five lines.
    const rows = [
      ['Version', VERSION],
      ['Codename', CODENAME],
      ['Node version', process.versions.node],
      ['Behaves as', `Traefik ${TRAEFIK_VERSION}`],
      ['OS/Arch', `${os.platform()}/${os.arch()}`],
    ] as const
    return {
      json: {
        version: VERSION,
        codename: CODENAME,
        node: process.versions.node,
        behavesAs: `Traefik ${TRAEFIK_VERSION}`,
        os: os.platform(),
        arch: os.arch(),
      },
      text: `${rows.map(([label, value]) => `${`${label}:`.padEnd(14)}${value}`).join('\n')}\n`,
    }
  },
})
